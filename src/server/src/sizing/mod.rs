//! How large: what the stages of a reservation cost on this machine, and what a target takes of machines at that.
//! It knows nothing of a running server.

mod bench_self;
mod measured;
mod model;
mod reference;
mod report;
mod sample;
#[doc(hidden)]
pub mod stages;

pub use bench_self::measure;
pub use measured::{ByLines, MOST_CORES, Measured};
pub use model::{Bound, Plan, Target, Unmet, plan};
pub use reference::{REFERENCE, Reference};
pub use report::{PlanReport, measured_table, plan_toml};

/// A machine of round figures, for tests that compute by hand.
#[cfg(test)]
fn sample_machine() -> Measured {
    let by_lines = |first_line, further_line| ByLines { first_line, further_line };
    Measured {
        format: Measured::FORMAT,
        cores: 4,
        sync_4k_p50_us: 100.0,
        sync_4k_p99_us: 300.0,
        sync_256k_p50_us: 358.048,
        hash_ns: 400.0,
        route_ns: 100.0,
        parse_ns: by_lines(1_500.0, 200.0),
        decide_and_apply_ns: by_lines(2_000.0, 800.0),
        encode_ns: by_lines(400.0, 100.0),
        serialise_ns: by_lines(600.0, 100.0),
        record_bytes: by_lines(246.0, 100.0),
    }
}
