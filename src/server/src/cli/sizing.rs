//! The commands that answer how large: `bench-self` and `plan`, as clap reads them and as `--help` teaches them.
//! They know no formula.

use std::path::PathBuf;

use clap::Args;

use crate::error::ServerError;
use crate::sizing::{MOST_CORES, Target};

/// `tidegate bench-self`
#[derive(Debug, Args)]
#[command(after_help = BENCH_SELF_HELP)]
pub struct BenchSelf {
    /// A directory on the disk that the log will be on; what is written there is removed again.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Print JSON, for `tidegate plan --measured`.
    #[arg(long)]
    pub json: bool,
}

const BENCH_SELF_HELP: &str = "\
Times each stage of a reservation by itself, through the code that serves: bodies of 1 and 11 lines,
the real ledger, the real log. Let nothing else run meanwhile. Medians; a bar shows how far it is.
HTTP, the kernel and the store are not in it: load-test for these.

Examples:
  tidegate bench-self --dir /var/lib/tidegate
  tidegate bench-self --dir /var/lib/tidegate --json > machine.json

Exit codes: 0 measured, 2 bad usage, 4 the directory cannot be written to.";

/// `tidegate plan`
#[derive(Debug, Args)]
#[command(after_help = PLAN_HELP)]
pub struct Plan {
    /// Reservations a second at the peak; each is followed by a confirm or release.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub peak_rps: u64,
    /// Reservations a second in the mean of a day, for disk and what is remembered; the peak when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub mean_rps: Option<u64>,
    /// SKUs, each at one location.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub skus: u64,
    /// Seconds that a reservation is held. Confirmed ones that wait for their shipment come on top of what is planned.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    pub ttl: u64,
    /// Lines of a reservation.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub lines: u64,
    /// Seconds that history is kept.
    #[arg(long, value_name = "S", default_value_t = 2_592_000, value_parser = clap::value_parser!(u64).range(0..=315_360_000))]
    pub retention: u64,
    /// Cores of a node; those of the measured machine when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_CORES)))]
    pub cores: Option<u32>,
    /// What `tidegate bench-self --json` printed on the machine; when left out, this one is measured now.
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    pub measured: Option<PathBuf>,
    /// Where to measure the disk.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Plan {
    /// What is wanted of nodes, whatever these are.
    pub fn target(&self) -> Result<Target, ServerError> {
        let (peak, mean) = (self.peak_rps, self.mean_rps.unwrap_or(self.peak_rps));
        if mean > peak {
            return Err(ServerError::MeanOverPeak { mean, peak });
        }
        Ok(Target {
            peak_rps: peak as f64,
            mean_rps: mean as f64,
            skus: self.skus,
            ttl_s: self.ttl,
            lines: self.lines,
            retention_s: self.retention,
        })
    }
}

const PLAN_HELP: &str = "\
Prints TOML for the configuration, and as comments what the target takes of cores, disk and memory,
each figure marked `measured` or `extrapolated`. The formulae are in docs/performance.md, \"Sizing\".
It plans for a peak that lasts as long as a hold, and keeps three tenths of everything idle.

Examples:
  tidegate plan --peak-rps 5000 --mean-rps 50 --skus 20000 --ttl 600
  tidegate plan --peak-rps 5000 --mean-rps 50 --skus 20000 --ttl 600 --retention 604800
  tidegate plan --peak-rps 20000 --skus 100 --ttl 300 --lines 3 --cores 16 --measured machine.json
  tidegate plan --peak-rps 2000 --skus 50 --ttl 600 --dir /var/lib/tidegate > tidegate.toml

Exit codes: 0 planned, 1 one node cannot (it says how many can, and why), 2 bad usage or a file that
is no measurement, 4 the directory cannot be written to.";
