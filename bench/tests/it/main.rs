//! The integration tests of the bench crate, one module a subject. They need no server but their own stand-in.
#![forbid(unsafe_code)]

mod bare;
mod batch;
mod calendar;
mod generate;
mod identifier;
mod medians;
mod orders;
mod overload;
mod plan;
mod platform;
mod proxies;
mod replay;
mod stand_in;
mod stock;
mod whole_days;
mod wire;
