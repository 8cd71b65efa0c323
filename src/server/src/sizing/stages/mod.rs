//! The stages of one reservation, each made ready to be run by itself and timed: by `make bench` and by
//! `tidegate bench-self`. It knows no statistics and prints nothing.

mod books;
mod disk;
mod text;
mod threads;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::ServerError;

pub use books::record_bytes;

/// Runs a stage so many times and says how long these took together; what only prepares them is not counted.
pub type Run = Box<dyn FnMut(u64) -> Result<Duration, ServerError>>;

/// A stage of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From the body's JSON to a command.
    Parse,
    /// From an idempotency key to an id (SHA-256).
    Hash,
    /// From method and path to an endpoint, and from the SKU to its shard.
    Route,
    /// Into a shard's queue, out of it on another thread, and back the same way.
    QueueHop,
    /// From a command to events, on the books.
    Decide,
    /// The events' rows into the books.
    Apply,
    /// Both, as a shard does them.
    DecideAndApply,
    /// From an event to the bytes of its record.
    Encode,
    /// A frame of 4 KiB into the segment's file.
    Write,
    /// `fdatasync` of that file after a frame of 4 KiB.
    Sync,
    /// A frame that takes up so many bytes, written and synced.
    Commit(usize),
    /// From the committer's bell to the I/O thread that sleeps.
    Wake,
    /// From a reservation to the answer with its headers and body.
    Serialise,
}

impl Stage {
    /// Those that one reservation passes, in this order.
    pub const OF_A_RESERVATION: [Self; 11] = [
        Self::Parse,
        Self::Hash,
        Self::Route,
        Self::QueueHop,
        Self::Decide,
        Self::Apply,
        Self::Encode,
        Self::Write,
        Self::Sync,
        Self::Wake,
        Self::Serialise,
    ];

    /// The word for tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Hash => "hash",
            Self::Route => "route",
            Self::QueueHop => "queue_hop",
            Self::Decide => "decide",
            Self::Apply => "apply",
            Self::DecideAndApply => "decide_and_apply",
            Self::Encode => "encode",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Commit(_) => "commit",
            Self::Wake => "wake",
            Self::Serialise => "serialise",
        }
    }

    /// Makes it ready for reservations of so many lines; what it writes goes into `directory`, which is its own.
    pub fn prepare(self, directory: &Path, lines: usize) -> Result<Run, ServerError> {
        match self {
            Self::Parse => Ok(text::parse(lines)),
            Self::Hash => Ok(text::hash()),
            Self::Route => Ok(text::route()),
            Self::QueueHop => threads::queue_hop(),
            Self::Decide => Ok(books::decide(lines)),
            Self::Apply => Ok(books::apply(lines)),
            Self::DecideAndApply => Ok(books::decide_and_apply(lines)),
            Self::Encode => Ok(books::encode(lines)),
            Self::Write => disk::write(directory),
            Self::Sync => disk::sync(directory),
            Self::Commit(bytes) => disk::commit(directory, bytes),
            Self::Wake => threads::wake(),
            Self::Serialise => Ok(text::serialise(lines)),
        }
    }
}

/// A stage that takes no preparing between two runs.
fn repeat(mut once: impl FnMut() + 'static) -> Run {
    Box::new(move |times| {
        let begun = Instant::now();
        (0..times).for_each(|_| once());
        Ok(begun.elapsed())
    })
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn every_stage_runs_for_one_line_and_for_the_most() {
        let dir = tempfile::tempdir().expect("a directory");
        let all = Stage::OF_A_RESERVATION.into_iter().chain([Stage::DecideAndApply, Stage::Commit(1 << 18)]);
        for (number, stage) in all.enumerate() {
            for lines in [1, ledger::MAX_LINES] {
                let own = dir.path().join(format!("{number}-{lines}"));
                let mut run = stage.prepare(&own, lines).expect("it is made ready");
                assert!(!run(100).expect("it runs").is_zero(), "{}", stage.word());
            }
        }
    }
}
