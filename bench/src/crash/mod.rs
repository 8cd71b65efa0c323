//! Kills the program that ships, again and again, under load: at random moments and at chosen calls to the system; and
//! checks after each restart that what was acknowledged is there and that nothing was sold twice. It speaks HTTP and
//! knows the contract only.

mod clients;
mod points;
mod program;
mod record;
mod report;
mod round;
mod shim;

pub use points::Point;
pub use report::Report;
pub use round::{Plan, run};
