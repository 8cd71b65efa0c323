//! The materialised ledger and its history in `RocksDB`: what the log led to, so that recovery need
//! not read it all and a reservation is known long after its end. The only crate that names `RocksDB`.
//! It must not know HTTP, nor decide anything.
#![forbid(unsafe_code)]

mod apply;
mod backup;
mod check;
mod columns;
mod error;
mod forget;
mod keys;
mod load;
mod meta;
mod options;
mod reads;
mod rows;
mod status;
mod store;
mod view;

pub use check::Checked;
pub use engine::Lsn;
pub use error::{HistoryError, RecordsError, StoreError};
pub use options::Options;
pub use reads::LEAST_EXAMINED;
pub use reads::history::{HistoryEntry, HistoryPage, HistoryPlace, HistoryQuery, MAX_HISTORY_PAGE, Movement, StockAt};
pub use reads::reservations::{MAX_EXAMINED, MAX_PAGE, ReservationPage, ReservationQuery};
pub use status::{Stall, Status};
pub use store::Store;
