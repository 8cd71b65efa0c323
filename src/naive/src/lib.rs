//! The rules told a second time, naively: lists, maps, loops and sums that a reader checks by eye,
//! random commands that meet their edges, and a world in which the ledger must agree with them.
//! Only tests and the soak may depend on this crate; it knows the ledger's names and commands,
//! and nothing of how the ledger does what it does.
#![forbid(unsafe_code)]

pub mod asks;
mod dice;
mod kinds;
mod model;
mod soak;
pub mod steps;
pub mod told;
mod world;

pub use kinds::kind;
pub use model::{Answer, Bucket, Campaign, Count, Hold, Model, Piece, Reply, Shelf};
pub use soak::soak;
pub use world::{World, from_now};
