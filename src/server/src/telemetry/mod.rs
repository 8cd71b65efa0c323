//! What the program tells about itself: metrics in the form of Prometheus, and its messages.
//! It knows no metric's meaning; names and meanings are listed in `docs/metrics.md`.

mod log;
mod registry;

pub use log::{LogLevel, set_up as set_up_log};
pub use registry::Registry;
