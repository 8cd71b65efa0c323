//! Lives of the real engine, ledger and log on a disk in memory that does its worst: single-threaded,
//! everything drawn from a seed, so that a seed that breaks a promise breaks it again exactly. Who
//! judges are the clients, by what they were told and by plain sums; it must not know how the engine
//! does what it does.
#![forbid(unsafe_code)]

mod audit;
mod broken;
mod catalogue;
mod clients;
mod clock;
mod ends;
mod faults;
mod life;
mod play;
mod probes;
mod report;
mod rig;
mod settings;
mod starts;
mod steps;
mod trace;
mod world;

pub use broken::Broken;
pub use play::{Failure, Plan, play};
pub use report::{Count, Report};
pub use rig::{Rig, Sound};
