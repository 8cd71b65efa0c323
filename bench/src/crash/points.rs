//! Where the server is killed.

use std::fmt;

/// A moment at which the server ends without warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// Whenever it happens to be.
    Random,
    /// Before a write to the log.
    BeforeWrite,
    /// In the middle of a write to the log.
    InWrite,
    /// After a write to the log and before its sync.
    BeforeSync,
    /// After a sync of the log and before the answers.
    AfterSync,
    /// Before the next segment gets its name.
    BeforeRoll,
    /// After the next segment got its name.
    AfterRoll,
    /// Before a file of the store is synced: in the middle of a checkpoint.
    InCheckpoint,
    /// After a file of the store was synced.
    AfterStoreSync,
    /// Before the store gets a new file in place of an old one.
    BeforeStoreRename,
    /// Before a segment is removed.
    BeforeTrim,
    /// After a segment was removed.
    AfterTrim,
    /// In the middle of a backup, while it serves.
    InBackup,
    /// While the log is read at the start.
    InRecovery,
    /// While the log's tail is repaired at the start.
    InRepair,
    /// While the store is read at the start.
    InLoad,
}

impl Point {
    /// Every point, in the order in which rounds take them.
    pub const ALL: [Self; 16] = [
        Self::Random,
        Self::BeforeWrite,
        Self::InWrite,
        Self::BeforeSync,
        Self::AfterSync,
        Self::BeforeRoll,
        Self::AfterRoll,
        Self::InCheckpoint,
        Self::AfterStoreSync,
        Self::BeforeStoreRename,
        Self::BeforeTrim,
        Self::AfterTrim,
        Self::InBackup,
        Self::InRecovery,
        Self::InRepair,
        Self::InLoad,
    ];

    /// The call, the moment, and a part of the path, as the shim takes them; and up to how many such calls may go by.
    pub(super) fn call(self) -> Option<(&'static str, u64)> {
        Some(match self {
            Self::Random => return None,
            Self::BeforeWrite => ("write:before:.seg", 400),
            Self::InWrite => ("write:half:.seg", 400),
            Self::BeforeSync => ("sync:before:.seg", 400),
            Self::AfterSync => ("sync:after:.seg", 400),
            Self::BeforeRoll => ("rename:before:.seg", 1),
            Self::AfterRoll => ("rename:after:.seg", 1),
            Self::InCheckpoint => ("sync:before:/store/", 12),
            Self::AfterStoreSync => ("sync:after:/store/", 12),
            Self::BeforeStoreRename => ("rename:before:/store/", 1),
            Self::BeforeTrim => ("unlink:before:.seg", 1),
            Self::AfterTrim => ("unlink:after:.seg", 1),
            Self::InBackup => ("link:before:/backup-", 2),
            Self::InRecovery => ("read:before:.seg", 4),
            Self::InRepair => ("write:before:.seg", 2),
            Self::InLoad => ("read:before:/store/", 30),
        })
    }

    /// Whether it is met before the server is ready, or not at all.
    pub(super) fn is_at_the_start(self) -> bool {
        matches!(self, Self::InRecovery | Self::InRepair | Self::InLoad)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random => "at a random moment",
            Self::BeforeWrite => "before a write to the log",
            Self::InWrite => "in a write to the log",
            Self::BeforeSync => "after a write, before its sync",
            Self::AfterSync => "after a sync, before the answers",
            Self::BeforeRoll => "before a segment gets its name",
            Self::AfterRoll => "after a segment got its name",
            Self::InCheckpoint => "in a checkpoint, before a sync",
            Self::AfterStoreSync => "in a checkpoint, after a sync",
            Self::BeforeStoreRename => "in a checkpoint, before a rename",
            Self::BeforeTrim => "in a trim, before a removal",
            Self::AfterTrim => "in a trim, after a removal",
            Self::InBackup => "in a backup",
            Self::InRecovery => "in recovery, reading the log",
            Self::InRepair => "in recovery, repairing the tail",
            Self::InLoad => "in recovery, loading the store",
        })
    }
}
