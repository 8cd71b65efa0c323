//! What a run did, counted: operations, how lives ended, what went wrong with the disk, what was found.

use std::collections::BTreeMap;
use std::fmt;
use wal::faulty::{Fault, Harm};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is in words below")]
pub enum Count {
    Seeds,
    Worlds,
    Operations,
    Retries,
    Acknowledged,
    Refused,
    Replayed,
    Unavailable,
    Unanswered,
    PowerCuts,
    Kills,
    IoCrashes,
    CleanStops,
    FailedStarts,
    Starts,
    TornTails,
    Checkpoints,
    TrimmedSegments,
    RecordsAudited,
    DigestsCompared,
    RecoveredTwice,
    ProjectionErrors,
    ProjectionsDeleted,
    ProjectionsRebuilt,
    ProjectionsRefused,
    FullDisks,
    ClockJumps,
    FlipProbes,
    FlipsHarmless,
    FlipsRefused,
    FlipsInLastGroup,
    Misdirected,
    MisdirectedHarmless,
    MisdirectedRefused,
    MisdirectedUnproven,
    RestChecks,
    RowsRead,
}

impl Count {
    /// In words, for a table and as a key.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Seeds => "seeds",
            Self::Worlds => "worlds",
            Self::Operations => "operations",
            Self::Retries => "operations that were retries",
            Self::Acknowledged => "answers acknowledged",
            Self::Refused => "answers that refused",
            Self::Replayed => "answers that replayed",
            Self::Unavailable => "answers that were unavailable",
            Self::Unanswered => "requests never answered",
            Self::PowerCuts => "power cuts between steps",
            Self::Kills => "kills between steps",
            Self::IoCrashes => "crashes at a failed call",
            Self::CleanStops => "clean stops",
            Self::FailedStarts => "starts that a failed call ended",
            Self::Starts => "starts",
            Self::TornTails => "torn tails cut off",
            Self::Checkpoints => "checkpoints",
            Self::TrimmedSegments => "segments trimmed",
            Self::RecordsAudited => "records audited",
            Self::DigestsCompared => "recovered digests compared",
            Self::RecoveredTwice => "recoveries done twice",
            Self::ProjectionErrors => "spells of a failing projection",
            Self::ProjectionsDeleted => "projections deleted",
            Self::ProjectionsRebuilt => "projections rebuilt from the log",
            Self::ProjectionsRefused => "projections refused: the log begins late",
            Self::FullDisks => "spells of a full disk",
            Self::ClockJumps => "jumps of the wall clock",
            Self::FlipProbes => "bits flipped before a start",
            Self::FlipsHarmless => "flips: everything recovered",
            Self::FlipsRefused => "flips: refused, file and offset named",
            Self::FlipsInLastGroup => "flips: in the last group before a crash, unsealed",
            Self::Misdirected => "writes misdirected",
            Self::MisdirectedHarmless => "misdirected: starts with everything recovered",
            Self::MisdirectedRefused => "misdirected: refused, file and offset named",
            Self::MisdirectedUnproven => "misdirected: nothing written after it",
            Self::RestChecks => "checks at rest",
            Self::RowsRead => "rows read back and judged",
        }
    }
}

/// The counts of one seed, or of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    counts: BTreeMap<Count, u64>,
    harms: BTreeMap<Harm, u64>,
    /// Two runs of a seed did the same if this is the same.
    pub trace: u64,
}

impl Report {
    pub(crate) fn add(&mut self, count: Count, more: u64) {
        *self.counts.entry(count).or_default() += more;
    }

    pub(crate) fn one(&mut self, count: Count) {
        self.add(count, 1);
    }

    pub(crate) fn add_harms(&mut self, harms: BTreeMap<Harm, u64>) {
        for (harm, times) in harms {
            *self.harms.entry(harm).or_default() += times;
        }
    }

    /// How often.
    pub fn get(&self, count: Count) -> u64 {
        self.counts.get(&count).copied().unwrap_or_default()
    }

    /// Ends of lives that nobody had asked for.
    pub fn crashes(&self) -> u64 {
        self.get(Count::PowerCuts) + self.get(Count::Kills) + self.get(Count::IoCrashes)
    }

    /// Both together.
    pub fn merge(&mut self, other: Self) {
        for (count, more) in other.counts {
            self.add(count, more);
        }
        self.add_harms(other.harms);
        self.trace = self.trace.wrapping_add(other.trace);
    }

    /// Every count with its words, the crashes summed, then what the disk did.
    fn lines(&self) -> Vec<(String, u64)> {
        let counts = self.counts.iter().map(|(count, times)| (count.words().to_owned(), *times));
        let crashes = ("crashes in all".to_owned(), self.crashes());
        let harms = self.harms.iter().map(|(harm, times)| (in_words(*harm), *times));
        counts.chain([crashes]).chain(harms).collect()
    }

    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        let fields: Vec<_> = self.lines().into_iter().map(|(words, times)| format!("\"{words}\":{times}")).collect();
        format!("{{{},\"trace\":\"{:016x}\"}}", fields.join(","), self.trace)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (words, times) in self.lines() {
            writeln!(f, "{words:<52}{times:>14}")?;
        }
        Ok(())
    }
}

fn in_words(harm: Harm) -> String {
    match harm {
        Harm::Failed(call, fault) => {
            let error = match fault {
                Fault::Io => "EIO",
                Fault::NoSpace => "ENOSPC",
            };
            format!("disk: {error} from {call:?}").to_lowercase().replace(&error.to_lowercase(), error)
        }
        Harm::Full => "disk: writes that met its capacity".to_owned(),
        Harm::Misdirected => "disk: writes led astray".to_owned(),
        Harm::Flipped => "disk: bits flipped".to_owned(),
        Harm::PowerCut => "disk: power cuts".to_owned(),
    }
}
