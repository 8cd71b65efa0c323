//! A disk in memory that does what disks do at their worst: loses and tears what was not synced,
//! refuses, fills up, writes elsewhere, forgets a bit. It must not know what the log keeps on it.

mod bytes;
mod faults;
mod io;
mod names;

pub use faults::{Call, Fault, Harm};
pub use io::FaultyFile;

use bytes::Bytes;
use faults::Faults;
use names::Names;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A disk in memory. Clones share the same bytes, so that a log can be opened again after its disk
/// was dropped.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    names: Names,
    files: BTreeMap<u64, Bytes>,
    next_file: u64,
    faults: Faults,
    capacity_bytes: Option<u64>,
}

impl FaultyDisk {
    /// An empty disk without faults or limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the `nth` call of this kind from now on fail, once; the next has 1.
    pub fn fail(&self, call: Call, nth: u64, fault: Fault) {
        self.lock().faults.fail(call, nth, fault);
    }

    /// Makes the `nth` write from now on go to another place of its file, once, and succeed; the next
    /// has 1. `offset` is rounded down to a sector and taken modulo the file's length, so that a
    /// random one will do; what would go beyond the file's end is lost.
    pub fn misdirect(&self, nth: u64, offset: u64) {
        self.lock().faults.misdirect(nth, offset);
    }

    /// How many injected faults have not struck yet.
    pub fn faults_left(&self) -> usize {
        self.lock().faults.left()
    }

    /// Forgets the injected faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// What this disk has done so far that it should not have done, and how often.
    pub fn struck(&self) -> BTreeMap<Harm, u64> {
        self.lock().faults.struck().clone()
    }

    /// Lets all files together hold so many bytes and no more; `None` lifts the limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity_bytes = bytes;
    }

    /// Cuts the power: of what was not synced a random choice of sectors survives, and of the changes
    /// to the directory a random prefix. Files opened before answer nothing but errors from now on.
    pub fn crash(&self, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut state = self.lock();
        state.faults.clear();
        state.faults.count(Harm::PowerCut);
        state.names.crash(&mut random);
        // Files lose their old identity, so that handles from before the crash are dead.
        let mut files = std::mem::take(&mut state.files);
        for name in state.names.list() {
            let old = state.names.find(&name).and_then(|file| files.remove(&file));
            let mut bytes = old.unwrap_or_default();
            bytes.crash(&mut random);
            state.put_durably(&name, bytes);
        }
    }

    /// Flips one bit, as a failing medium would.
    ///
    /// # Panics
    /// If there is no such file or byte.
    pub fn flip(&self, name: &str, offset: usize, bit: u8) {
        let mut state = self.lock();
        state.named(name).flip(offset, bit);
        state.faults.count(Harm::Flipped);
    }

    /// Flips a random bit that is durable as it is seen, and says where: the byte's offset and the
    /// bit. `None` if the file has no such byte.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn flip_any(&self, name: &str, seed: u64) -> Option<(usize, u8)> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut state = self.lock();
        let bytes = state.named(name);
        let offset = bytes.durable_byte(&mut random)?;
        let bit = random.u8(0..8);
        bytes.flip(offset, bit);
        state.faults.count(Harm::Flipped);
        Some((offset, bit))
    }

    /// The bytes of a file as a process sees them.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn contents(&self, name: &str) -> Vec<u8> {
        self.lock().named(name).seen().to_vec()
    }

    /// Puts a file there, durably, in place of what was there.
    pub fn install(&self, name: &str, contents: &[u8]) {
        self.lock().put_durably(name, Bytes::durable(contents));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn new_file(&mut self, bytes: Bytes) -> u64 {
        self.next_file += 1;
        self.files.insert(self.next_file, bytes);
        self.next_file
    }

    fn put_durably(&mut self, name: &str, bytes: Bytes) {
        let file = self.new_file(bytes);
        self.names.set_durably(name, file);
    }

    fn named(&mut self, name: &str) -> &mut Bytes {
        let file = self.names.find(name).and_then(|file| self.files.get_mut(&file));
        file.unwrap_or_else(|| panic!("the disk has no file {name}"))
    }

    /// How many bytes the files may still grow by.
    fn free_bytes(&self) -> u64 {
        let Some(capacity) = self.capacity_bytes else {
            return u64::MAX;
        };
        let used: usize = self.names.files().map(|file| self.files[&file].seen().len()).sum();
        capacity.saturating_sub(used as u64)
    }
}
