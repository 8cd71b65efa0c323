//! The protocols between threads, one at a time, in every order and with every stale read that the
//! memory model allows, by loom. The engine's own files are included, over stand-ins that it sees into.
#![expect(dead_code, reason = "the engine's files are here whole; a model uses a part of each")]

#[path = "../../../src/claims.rs"]
mod claims;
#[path = "../../../src/commit.rs"]
mod commit;
#[path = "../../../src/lanes.rs"]
mod lanes;
#[path = "../../../src/port.rs"]
mod port;
#[path = "../../../src/request.rs"]
mod request;
#[path = "../../../src/routing.rs"]
mod routing;
mod sync;

mod completion;
mod directory;
mod explore;
mod group_commit;
mod turns;

pub use port::{Port, Ticket};
pub use request::{Answer, Lane, Request};
