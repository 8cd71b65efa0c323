//! What a server costs by how much it keeps: memory, processor time a reservation, a wave of expiries, and what becomes of it
//! at its limits of memory. Real servers on loopback. It speaks HTTP and knows the contract only.

mod cost;
mod filled;
mod limits;
mod memory;
mod page;
mod results;
mod wave;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::calendar::today;
use crate::machine::Machine;

pub use cost::{Axis, Cost, Point};
pub use limits::Limit;
pub use memory::Memory;
pub use page::markdown;
pub use results::write;
pub use wave::{Latency, Wave};

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Memory of a SKU and of a live reservation
    Memory,
    /// Processor time a reservation by the number of SKUs
    Skus,
    /// The same by the number of live reservations
    Live,
    /// The same by the number of reservations that have ended
    History,
    /// Latencies while many holds expire in the same second
    Wave,
    /// What is answered where a limit of memory is reached
    Limits,
}

/// How much of everything.
#[derive(Debug, Clone)]
pub struct Size {
    /// SKUs, and as many live reservations, of which memory is measured.
    pub memory: u64,
    /// What processor time is compared over, the least first.
    pub steps: Vec<u64>,
    /// How often each server is asked, in turns.
    pub rounds: usize,
    /// Holds that expire in the same second.
    pub wave: u64,
    /// Where a limit is set, to be reached.
    pub limit: u64,
}

impl Size {
    /// Three orders of magnitude, and a million of everything.
    pub fn whole() -> Self {
        Self {
            memory: 1_000_000,
            steps: vec![1_000, 10_000, 100_000, 1_000_000],
            rounds: 5,
            wave: 1_000_000,
            limit: 10_000,
        }
    }

    /// A matter of two minutes; its figures say little.
    pub fn short() -> Self {
        Self { memory: 50_000, steps: vec![100, 10_000], rounds: 2, wave: 20_000, limit: 1_000 }
    }
}

/// Whom to measure, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program.
    pub tidegate: PathBuf,
    /// Data are written into temporary directories in here.
    pub work: PathBuf,
    /// How much.
    pub size: Size,
}

/// What was measured; what was not is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Processor time, each by something else.
    #[serde(default)]
    pub costs: Vec<Cost>,
    /// The wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<Wave>,
    /// The limits.
    #[serde(default)]
    pub limits: Vec<Limit>,
}

impl Curves {
    /// The page of what was measured today on this machine.
    pub fn page(&self) -> String {
        markdown(self, &today(), &Machine::read())
    }

    /// Puts what is newer in the place of what was there.
    pub fn absorb(&mut self, newer: Self) {
        self.memory = newer.memory.or(self.memory.take());
        self.wave = newer.wave.or(self.wave.take());
        if !newer.limits.is_empty() {
            self.limits = newer.limits;
        }
        self.costs.retain(|cost| newer.costs.iter().all(|newer| newer.by != cost.by));
        self.costs.extend(newer.costs);
        self.costs.sort_by_key(|cost| cost.by);
    }
}

/// Measures one part, and tells what it is at.
pub fn measure(part: Part, options: &Options, tell: &dyn Fn(&str)) -> Result<Curves, Error> {
    let by = |axis| cost::measure(axis, options, tell).map(|cost| Curves { costs: vec![cost], ..Curves::default() });
    match part {
        Part::Memory => {
            memory::measure(options, tell).map(|memory| Curves { memory: Some(memory), ..Curves::default() })
        }
        Part::Skus => by(Axis::Skus),
        Part::Live => by(Axis::Live),
        Part::History => by(Axis::History),
        Part::Wave => wave::measure(options, tell).map(|wave| Curves { wave: Some(wave), ..Curves::default() }),
        Part::Limits => limits::measure(options, tell).map(|limits| Curves { limits, ..Curves::default() }),
    }
}
