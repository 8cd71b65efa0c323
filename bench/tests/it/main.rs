//! The integration tests of the bench crate, one module a subject. They need no server but their own stand-in.
#![forbid(unsafe_code)]

mod bare;
mod batch;
mod calendar;
mod curves;
mod generate;
mod identifier;
mod medians;
mod open_loop;
mod orders;
mod overload;
mod peers;
mod plan;
mod platform;
mod processor;
mod readme;
mod replay;
mod schedule;
mod stand_in;
mod stock;
mod whole_days;
mod wire;
