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
mod limits;
mod names;
mod outcome;
mod reservation;
mod rows;
mod sale;
mod settings;
mod state;
mod stock;
mod units;

pub use balance::{Imbalance, check_balances};
pub use books::Books;
pub use command::{Adjust, Command, Confirm, Fulfil, IfExpired, Mode, OnHand, Reserve, SetStock, Want, Wants};
pub use decide::{Decision, OnConfirm, Policy, decide, view, view_sale};
pub use digest::Digester;
pub use event::{Adjustment, Event, EventKind, SaleChange, SkuChange, StockAfter};
pub use fingerprint::{ConfirmPrint, FulfilPrint, ReservePrint};
pub use limits::{Limit, LimitAfter, LimitKey, Marks, Taken};
pub use names::{
    Channel, Customer, Location, MAX_IDENTIFIER_BYTES, MAX_TEXT_BYTES, NameError, Order, ReservationId, SaleId, Sku,
    Text,
};
pub use outcome::{Applied, Outcome, Refusal, Shortfall, StockRecord};
pub use reservation::{Line, Lines, Reservation, State};
pub use rows::{Owner, Row};
pub use sale::{Sale, SalePhase};
pub use settings::{ChannelQuota, Drop, SaleSettings, SkuSettings};
pub use state::{Ledger, Totals};
pub use stock::{SkuRules, SkuStock, StockRow};
pub use units::{
    MAX_BUCKETS, MAX_CHANNEL_QUOTAS, MAX_DROPS, MAX_LINES, MAX_LOCATIONS, MAX_QUANTITY, MAX_SALE_SKUS, Millis,
    Quantity, QuantityError, UNLIMITED,
};
