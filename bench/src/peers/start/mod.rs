//! Starts those who are measured on free loopback ports, each with its data below one directory, and lays in their stock.
//! It must not measure.

mod hyper;
mod postgres;
mod proxies;
mod redis;
mod tidegate;
mod tigerbeetle;

use std::path::{Path, PathBuf};

use super::plan::Case;
use super::subject::Stage;
use crate::Error;

pub(super) use tigerbeetle::Client;
pub use tigerbeetle::Tigerbeetle;

/// The programs.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `tidegate`.
    pub tidegate: PathBuf,
    /// `bare_hyper`.
    pub bare_hyper: PathBuf,
    /// `redis-server`.
    pub redis: PathBuf,
    /// The directory of `postgres` and `initdb`; where Debian has them, or on the PATH, if nothing.
    pub postgres: Option<PathBuf>,
    /// `TigerBeetle`, where somebody has it.
    pub tigerbeetle: Option<Tigerbeetle>,
}

/// Who the cases ask for.
struct Wanted<'a>(&'a [Case]);

impl Wanted<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|case| case.name == name)
    }

    fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }
}

/// Starts everybody whom the cases ask for, and waits until all are ready and stocked.
pub(super) fn stage(programs: &Programs, cases: &[Case], work: &Path) -> Result<Stage, Error> {
    let wanted = Wanted(cases);
    let mut stage = Stage::default();
    tidegate::start(&mut stage, &wanted, &programs.tidegate, work)?;
    redis::start(&mut stage, &wanted, &programs.redis, work)?;
    postgres::start(&mut stage, &wanted, programs.postgres.as_deref(), work)?;
    if let Some(programs) = &programs.tigerbeetle {
        tigerbeetle::start(&mut stage, &wanted, programs, work)?;
    }
    proxies::start(&mut stage, &wanted, programs, work)?;
    for subject in stage.subjects() {
        subject.target.prepare(subject.address)?;
    }
    // The answers of Tidegate, once it has stock, are what the bare servers are to match.
    hyper::start(&mut stage, &wanted, &programs.bare_hyper, work)?;
    Ok(stage)
}
