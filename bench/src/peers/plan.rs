//! What is measured, section by section: who, over how many connections, at which pace. Pure; it must not run anything.

use super::medians::{Median, find};
use super::subject::{
    BY_SKUS, HYPER_READ, HYPER_SOLD_OUT, POSTGRES_10_000, POSTGRES_HOT, PROXIES, REDIS, REDIS_EVERYSEC, RESERVERS,
    TIDEGATE, TIDEGATE_READ, TIDEGATE_SOLD_OUT, TIGERBEETLES,
};
use crate::load::Pace;

/// Connections that everybody is asked over in the closed loop.
pub const CONNECTIONS: [usize; 3] = [1, 64, 256];
/// Over so many it is Tidegate alone: with so many clients others are given a pool before them.
pub const MANY: usize = 1024;
/// What is compared over one number of connections only.
pub const SOME: usize = 64;
/// The most that everybody is asked over.
pub const MOST: usize = 256;
/// Of the rate that each reached in the closed loop, percent.
pub const OPEN_PERCENT: [u32; 4] = [25, 50, 75, 90];

/// A part of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Section {
    /// Durable reservations by the number of connections
    Reservations,
    /// Tidegate by the number of SKUs
    Skus,
    /// Refusals of a sold-out SKU and reads, against hyper alone
    Answers,
    /// Reservations at fixed rates
    Open,
    /// The gateway, nginx and `HAProxy`
    Proxies,
}

impl Section {
    /// Its name on the command line and in a file's.
    pub fn word(self) -> String {
        use clap::ValueEnum as _;
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Who may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Guest {
    /// Redis, in both its durabilities
    Redis,
    /// `PostgreSQL`, over one row and over many
    Postgres,
}

impl Guest {
    fn is(self, name: &str) -> bool {
        match self {
            Self::Redis => [REDIS, REDIS_EVERYSEC].contains(&name),
            Self::Postgres => [POSTGRES_HOT, POSTGRES_10_000].contains(&name),
        }
    }
}

/// One measurement of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Who.
    pub name: &'static str,
    /// Over how many connections.
    pub connections: usize,
    /// At which pace.
    pub pace: Pace,
}

/// What is to be measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The parts.
    pub sections: Vec<Section>,
    /// Who is left out.
    pub without: Vec<Guest>,
    /// Whether a million SKUs are tried, which takes a minute a round to lay in.
    pub million: bool,
    /// Whether `TigerBeetle` is there.
    pub tigerbeetle: bool,
}

impl Plan {
    /// Every section, and everybody.
    pub fn whole() -> Self {
        use clap::ValueEnum as _;
        Self { sections: Section::value_variants().to_vec(), without: Vec::new(), million: false, tigerbeetle: false }
    }

    /// Whether a part is left out.
    pub fn is_part(&self) -> bool {
        Self::whole().sections.iter().any(|section| !self.sections.contains(section))
    }

    /// The closed loop without proxies.
    pub fn closed(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        if self.has(Section::Reservations) || self.has(Section::Open) {
            cases.extend(CONNECTIONS.iter().flat_map(|connections| self.reservers(*connections)));
        }
        if self.has(Section::Reservations) {
            cases.push(closed(TIDEGATE, MANY));
            let tigerbeetles = TIGERBEETLES.iter().filter(|_| self.tigerbeetle);
            cases.extend(tigerbeetles.map(|(name, _, sessions)| closed(name, *sessions)));
        }
        if self.has(Section::Skus) {
            let numbers = BY_SKUS.iter().filter(|(skus, _)| self.million || *skus < 1_000_000);
            cases.extend(numbers.map(|(_, name)| closed(name, MOST)));
        }
        if self.has(Section::Answers) {
            let names = [TIDEGATE_SOLD_OUT, HYPER_SOLD_OUT, TIDEGATE_READ, HYPER_READ];
            cases.extend(names.map(|name| closed(name, SOME)));
        }
        distinct(cases)
    }

    /// The proxies, which run without the others.
    pub fn proxies(&self) -> Vec<Case> {
        if !self.has(Section::Proxies) {
            return Vec::new();
        }
        [1, SOME].iter().flat_map(|connections| PROXIES.map(|name| closed(name, *connections))).collect()
    }

    /// The open loop, at rates that come of what each reached in the closed loop, over as many connections as it reached that.
    pub fn open(&self, reached: &[Median]) -> Vec<Case> {
        if !self.has(Section::Open) {
            return Vec::new();
        }
        let open = |percent: u32| {
            self.reservers(MOST).filter_map(move |case| {
                let best = best(reached, case.name)?;
                let rate_per_s = (best.rate * f64::from(percent) / 100.0) as u32;
                Some(Case { pace: Pace::Open { rate_per_s: rate_per_s.max(1) }, connections: best.connections, ..case })
            })
        };
        OPEN_PERCENT.into_iter().flat_map(open).collect()
    }

    /// How many measurements a round has, of all sections together.
    pub fn measurements(&self) -> usize {
        let open = if self.has(Section::Open) { OPEN_PERCENT.len() * self.reservers(MOST).count() } else { 0 };
        self.closed().len() + self.proxies().len() + open
    }

    fn has(&self, section: Section) -> bool {
        self.sections.contains(&section)
    }

    fn reservers(&self, connections: usize) -> impl Iterator<Item = Case> {
        let is_here = |name: &&str| !self.without.iter().any(|guest| guest.is(name));
        RESERVERS.into_iter().filter(is_here).map(move |name| closed(name, connections))
    }
}

/// Where somebody was fastest in the closed loop.
fn best<'a>(reached: &'a [Median], name: &str) -> Option<&'a Median> {
    let all = CONNECTIONS.iter().filter_map(|connections| find(reached, name, *connections));
    all.max_by(|one, other| one.rate.total_cmp(&other.rate))
}

fn closed(name: &'static str, connections: usize) -> Case {
    Case { name, connections, pace: Pace::Closed }
}

fn distinct(cases: Vec<Case>) -> Vec<Case> {
    let mut distinct = Vec::with_capacity(cases.len());
    for case in cases {
        if !distinct.contains(&case) {
            distinct.push(case);
        }
    }
    distinct
}
