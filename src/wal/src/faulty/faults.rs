//! Faults that wait for their call, and a count of those that struck. It must not know what a call does.

use std::collections::BTreeMap;
use std::io;

/// The kinds of calls that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after the methods of the traits")]
pub enum Call {
    List,
    Create,
    Open,
    Rename,
    Remove,
    SyncDir,
    Read,
    Write,
    Sync,
    Len,
}

impl Call {
    /// Every kind, for tests that go through all of them.
    pub const ALL: [Self; 10] = [
        Self::List,
        Self::Create,
        Self::Open,
        Self::Rename,
        Self::Remove,
        Self::SyncDir,
        Self::Read,
        Self::Write,
        Self::Sync,
        Self::Len,
    ];
}

/// How a call fails. Half of a failed write is done; a failed sync drops what it should have kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// `EIO`.
    Io,
    /// `ENOSPC`.
    NoSpace,
}

impl Fault {
    pub(super) fn error(self) -> io::Error {
        match self {
            Self::Io => io::Error::other("injected I/O error"),
            Self::NoSpace => io::ErrorKind::StorageFull.into(),
        }
    }
}

/// What a disk did that it should not have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// A call failed as it was told to.
    Failed(Call, Fault),
    /// A write met the disk's capacity.
    Full,
    /// A write went to a wrong place and was called a success.
    Misdirected,
    /// A bit changed by itself.
    Flipped,
    /// The power was cut.
    PowerCut,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    failing: Vec<Waiting<(Call, Fault)>>,
    misdirected: Vec<Waiting<u64>>,
    struck: BTreeMap<Harm, u64>,
}

#[derive(Debug)]
struct Waiting<T> {
    calls_left: u64,
    what: T,
}

impl Faults {
    pub fn fail(&mut self, call: Call, nth: u64, fault: Fault) {
        self.failing.push(Waiting { calls_left: nth, what: (call, fault) });
    }

    pub fn misdirect(&mut self, nth: u64, offset: u64) {
        self.misdirected.push(Waiting { calls_left: nth, what: offset });
    }

    pub fn left(&self) -> usize {
        self.failing.len() + self.misdirected.len()
    }

    pub fn clear(&mut self) {
        self.failing.clear();
        self.misdirected.clear();
    }

    pub fn count(&mut self, harm: Harm) {
        *self.struck.entry(harm).or_default() += 1;
    }

    pub fn struck(&self) -> &BTreeMap<Harm, u64> {
        &self.struck
    }

    /// Counts a call; how it fails, if its time has come.
    pub fn strike(&mut self, call: Call) -> Option<Fault> {
        let (_, fault) = due(&mut self.failing, |(waiting, _)| *waiting == call)?;
        self.count(Harm::Failed(call, fault));
        Some(fault)
    }

    /// Counts a write; where it goes instead, if its time has come.
    pub fn lead_astray(&mut self) -> Option<u64> {
        let offset = due(&mut self.misdirected, |_| true)?;
        self.count(Harm::Misdirected);
        Some(offset)
    }
}

/// Counts a call for those that wait for one like it, and takes out one whose time has come.
fn due<T>(waiting: &mut Vec<Waiting<T>>, is_like_it: impl Fn(&T) -> bool) -> Option<T> {
    for one in waiting.iter_mut().filter(|one| is_like_it(&one.what)) {
        one.calls_left = one.calls_left.saturating_sub(1);
    }
    let index = waiting.iter().position(|one| is_like_it(&one.what) && one.calls_left == 0)?;
    Some(waiting.remove(index).what)
}
