//! What may go wrong with the disk, drawn from the seed, and whether it has. It must not know what the
//! engine makes of it.

use fastrand::Rng;
use wal::faulty::{Call, Fault, FaultyDisk, Harm};
use wal::{Disk, DiskFile};

/// What is armed on a disk, for one life.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: usize,
    /// The process dies with the call that fails, whatever the engine would make of the error.
    is_deadly: bool,
    /// A call has failed in this life.
    pub has_failed: bool,
    astray: u64,
}

/// What the last step met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Struck {
    Nothing,
    /// A call failed.
    Failed,
    /// A call failed, and the process dies of it.
    Deadly,
    /// A write went elsewhere.
    Misdirected,
}

impl Faults {
    /// Makes some call to come fail.
    pub fn arm_failure(&mut self, disk: &FaultyDisk, random: &mut Rng) {
        let call = if random.bool() {
            [Call::Write, Call::Sync][random.usize(..2)]
        } else {
            Call::ALL[random.usize(..Call::ALL.len())]
        };
        let fault = if random.u8(..4) == 0 { Fault::NoSpace } else { Fault::Io };
        disk.fail(call, random.u64(1..=12), fault);
        self.is_deadly = random.u8(..3) > 0;
        self.armed += 1;
    }

    /// Makes some write to come go elsewhere.
    pub fn arm_misdirection(&mut self, disk: &FaultyDisk, random: &mut Rng) {
        disk.misdirect(random.u64(1..=6), random.u64(..));
        self.armed += 1;
    }

    pub fn is_armed(&self) -> bool {
        self.armed > 0
    }

    /// What has struck since this was asked last.
    pub fn struck(&mut self, disk: &FaultyDisk) -> Struck {
        let left = if self.armed == 0 { 0 } else { disk.faults_left() };
        if left == self.armed {
            return Struck::Nothing;
        }
        self.armed = left;
        let astray = disk.struck().get(&Harm::Misdirected).copied().unwrap_or_default();
        if astray > std::mem::replace(&mut self.astray, astray) {
            return Struck::Misdirected;
        }
        self.has_failed = true;
        if self.is_deadly { Struck::Deadly } else { Struck::Failed }
    }

    /// Nothing more goes wrong until something is armed anew.
    pub fn clear(&mut self, disk: &FaultyDisk) {
        disk.clear_faults();
        self.armed = 0;
    }

    /// Another process begins.
    pub fn next_life(&mut self, disk: &FaultyDisk) {
        self.clear(disk);
        self.has_failed = false;
    }
}

/// Bytes of all files. Only for a disk that nothing is armed on.
pub(crate) fn used_bytes(disk: &FaultyDisk) -> u64 {
    let names = disk.list().unwrap_or_default();
    names.iter().filter_map(|name| disk.open(name).and_then(|file| file.len()).ok()).sum()
}

/// The same files, durable, on another disk.
pub(crate) fn copy(disk: &FaultyDisk) -> FaultyDisk {
    let copy = FaultyDisk::new();
    for name in disk.list().unwrap_or_default() {
        copy.install(&name, &disk.contents(&name));
    }
    copy
}
