//! The ledger: bounded stock buckets and the reservations that take from them, as pure arithmetic.
//!
//! [`decide`] looks at the books and a command and says what happens; [`Ledger::apply`] puts the
//! decided rows and cannot fail. Nothing here knows a clock, a thread, a file, HTTP or a shard:
//! time comes in as a value, and what spans several ledgers is reached through [`Books`].
#![forbid(unsafe_code)]

mod balance;
mod books;
mod command;
mod decide;
mod digest;
mod event;
mod fingerprint;
mod names;
mod outcome;
mod reservation;
mod state;
mod stock;
mod units;

pub use balance::{Imbalance, check_balances};
pub use books::Books;
pub use command::{Adjust, Command, Confirm, OnHand, Reserve, SetStock, Want};
pub use decide::{Decision, Policy, decide, view};
pub use event::{Adjustment, Event, EventKind, StockAfter};
pub use fingerprint::{ConfirmPrint, ReservePrint};
pub use names::{Channel, Customer, Location, NameError, Order, ReservationId, SaleId, Sku, Text};
pub use outcome::{Applied, Outcome, Refusal, Shortfall, StockRecord};
pub use reservation::{Line, Lines, Reservation, State};
pub use state::{Ledger, Totals};
pub use stock::{SkuStock, StockRow};
pub use units::{MAX_BUCKETS, MAX_LINES, MAX_LOCATIONS, MAX_QUANTITY, Millis, Quantity, QuantityError};
