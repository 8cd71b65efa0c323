//! What the engine promises, told from outside: it is stepped by hand over a disk in memory, or
//! driven by threads, and asked through its ports like any server would.

mod agreement;
mod asks;
mod callers;
mod carts;
mod clock;
mod clockwork;
mod copies;
mod crashes;
mod events;
mod expiry;
mod failing_disk;
mod forgetting;
mod gates;
mod groups;
mod idempotency;
#[path = "../../../../fuzz/inputs.rs"]
mod inputs;
mod limits;
mod listening;
mod projection;
mod records;
mod recovery;
mod shop;
mod spoilt;
mod threads;
mod upkeep;
