//! What the log promises, over a disk that keeps no promise it need not keep.

mod after;
mod crash;
mod create;
mod damage;
mod faults;
mod faulty;
mod follow;
mod format;
mod frame;
#[path = "../../../../fuzz/inputs.rs"]
mod inputs;
mod real;
mod round_trip;
mod space;
mod spoilt;
mod support;
mod tail;
mod trim;
