//! A disk in memory that does what disks do at their worst: loses and tears what was not synced,
//! refuses, fills up. It must not know what the log keeps on it.

use crate::{Disk, DiskFile};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

/// A disk in memory. Clones share the same bytes, so that a log can be opened again after its disk
/// was dropped.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

/// The kinds of calls that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `EIO`.
    Io,
    /// `ENOSPC`.
    NoSpace,
}

impl Fault {
    fn error(self) -> io::Error {
        match self {
            Self::Io => io::Error::other("injected I/O error"),
            Self::NoSpace => io::ErrorKind::StorageFull.into(),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// Names as the process sees them, and as a crash would leave them at worst.
    names: BTreeMap<String, u64>,
    synced_names: BTreeMap<String, u64>,
    /// What was done to the names since, in order.
    unsynced_names: Vec<NameChange>,
    files: BTreeMap<u64, Bytes>,
    next_file: u64,
    faults: Vec<Injected>,
    capacity_bytes: Option<u64>,
}

#[derive(Debug)]
enum NameChange {
    Set(String, u64),
    Rename(String, String),
    Remove(String),
}

#[derive(Debug)]
struct Injected {
    call: Call,
    calls_left: u64,
    fault: Fault,
}

/// A file's bytes as the process sees them, as a crash would leave them at worst, and the sectors in
/// which the two may differ.
#[derive(Debug, Default)]
struct Bytes {
    seen: Vec<u8>,
    synced: Vec<u8>,
    dirty: BTreeSet<usize>,
    /// Every failed sync. Each handle that was open then is told once.
    failed_syncs: Vec<Fault>,
}

impl FaultyDisk {
    /// An empty disk without faults or limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the `nth` call of this kind from now on fail, once; the next has 1.
    pub fn fail(&self, call: Call, nth: u64, fault: Fault) {
        self.lock().faults.push(Injected { call, calls_left: nth, fault });
    }

    /// How many injected faults have not struck yet.
    pub fn faults_left(&self) -> usize {
        self.lock().faults.len()
    }

    /// Forgets the injected faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
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
        let kept_changes = random.usize(..=state.unsynced_names.len());
        let changes: Vec<NameChange> = state.unsynced_names.drain(..).collect();
        for change in changes.into_iter().take(kept_changes) {
            change.apply(&mut state.synced_names);
        }
        state.names = state.synced_names.clone();
        // Files lose their old identity, so that handles from before the crash are dead.
        let mut survivors = BTreeMap::new();
        let names: Vec<String> = state.names.keys().cloned().collect();
        for name in names {
            let old = state.names[&name];
            let mut bytes = state.files.remove(&old).unwrap_or_default();
            bytes.crash(&mut random);
            let file = state.new_file();
            survivors.insert(file, bytes);
            state.names.insert(name, file);
        }
        state.files = survivors;
        state.synced_names = state.names.clone();
    }

    /// Flips one bit, as a failing medium would.
    ///
    /// # Panics
    /// If there is no such file or byte.
    pub fn flip(&self, name: &str, offset: usize, bit: u8) {
        self.with_bytes(name, |bytes| {
            bytes.seen[offset] ^= 1 << bit;
            bytes.synced[offset] ^= 1 << bit;
        });
    }

    /// The bytes of a file as a process sees them.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn contents(&self, name: &str) -> Vec<u8> {
        self.with_bytes(name, |bytes| bytes.seen.clone())
    }

    /// Puts a file there, durably, in place of what was there.
    pub fn install(&self, name: &str, contents: &[u8]) {
        let mut state = self.lock();
        let file = state.new_file();
        let (seen, synced) = (contents.to_vec(), contents.to_vec());
        state.files.insert(file, Bytes { seen, synced, ..Bytes::default() });
        state.names.insert(name.to_owned(), file);
        state.synced_names.insert(name.to_owned(), file);
    }

    fn with_bytes<T>(&self, name: &str, work: impl FnOnce(&mut Bytes) -> T) -> T {
        let mut state = self.lock();
        let file = state.names[name];
        work(state.files.entry(file).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Counts a call and fails it if its time has come.
    fn enter(&self, call: Call) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        match state.strike(call) {
            None => Ok(state),
            Some(fault) => Err(fault.error()),
        }
    }

    fn handle(&self, file: u64, state: &State) -> FaultyFile {
        let told = state.files[&file].failed_syncs.len();
        FaultyFile { disk: self.clone(), file, told: AtomicUsize::new(told) }
    }
}

impl State {
    fn strike(&mut self, call: Call) -> Option<Fault> {
        for injected in self.faults.iter_mut().filter(|injected| injected.call == call) {
            injected.calls_left = injected.calls_left.saturating_sub(1);
        }
        let due = |injected: &Injected| injected.call == call && injected.calls_left == 0;
        let index = self.faults.iter().position(due)?;
        Some(self.faults.remove(index).fault)
    }

    fn new_file(&mut self) -> u64 {
        self.next_file += 1;
        self.next_file
    }

    fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    fn file(&mut self, file: u64) -> io::Result<&mut Bytes> {
        self.files.get_mut(&file).ok_or_else(|| io::Error::other("opened before the crash"))
    }

    fn find(&self, name: &str) -> io::Result<u64> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn free_bytes(&self) -> u64 {
        let used: usize = self.names.values().map(|file| self.files[file].seen.len()).sum();
        self.capacity_bytes.map_or(u64::MAX, |capacity| capacity.saturating_sub(used as u64))
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, u64>) {
        match self {
            Self::Set(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl Bytes {
    fn write(&mut self, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(bytes);
        self.dirty.extend(offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES));
    }

    fn keep(&mut self, sector: usize) {
        let start = sector * SECTOR_BYTES;
        let end = (start + SECTOR_BYTES).min(self.seen.len());
        if self.synced.len() < end {
            self.synced.resize(end, 0);
        }
        self.synced[start..end].copy_from_slice(&self.seen[start..end]);
    }

    fn sync(&mut self) {
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector);
        }
    }

    /// How much survives is drawn too, so that all and nothing are as likely as anything between.
    fn crash(&mut self, random: &mut fastrand::Rng) {
        let kept_percent = random.u8(0..=4) * 25;
        for sector in std::mem::take(&mut self.dirty) {
            if random.u8(0..100) < kept_percent {
                self.keep(sector);
            }
        }
        self.seen = self.synced.clone();
    }
}

impl Disk for FaultyDisk {
    type File = FaultyFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.enter(Call::List)?.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<FaultyFile> {
        let mut state = self.enter(Call::Create)?;
        let file = state.new_file();
        state.files.insert(file, Bytes::default());
        state.change_names(NameChange::Set(name.to_owned(), file));
        Ok(self.handle(file, &state))
    }

    fn open(&self, name: &str) -> io::Result<FaultyFile> {
        let state = self.enter(Call::Open)?;
        state.find(name).map(|file| self.handle(file, &state))
    }

    fn open_to_read(&self, name: &str) -> io::Result<FaultyFile> {
        self.open(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.enter(Call::Rename)?;
        state.find(from)?;
        state.change_names(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.enter(Call::Remove)?;
        state.find(name)?;
        state.change_names(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.enter(Call::SyncDir)?;
        state.unsynced_names.clear();
        state.synced_names = state.names.clone();
        Ok(())
    }
}

/// An open file of a [`FaultyDisk`].
#[derive(Debug)]
pub struct FaultyFile {
    disk: FaultyDisk,
    file: u64,
    /// How many of the file's failed syncs this handle knows of.
    told: AtomicUsize,
}

impl DiskFile for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.enter(Call::Read)?;
        let seen = &state.file(self.file)?.seen;
        let from = (offset as usize).min(seen.len());
        let bytes = buffer.len().min(seen.len() - from);
        buffer[..bytes].copy_from_slice(&seen[from..from + bytes]);
        Ok(bytes)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        if let Some(fault) = state.strike(Call::Write) {
            state.file(self.file)?.write(&bytes[..bytes.len() / 2], offset as usize);
            return Err(fault.error());
        }
        let room = state.free_bytes();
        let file = state.file(self.file)?;
        let room_end = (file.seen.len() as u64).saturating_add(room);
        let fitting = room_end.saturating_sub(offset).min(bytes.len() as u64) as usize;
        file.write(&bytes[..fitting], offset as usize);
        if fitting < bytes.len() { Err(Fault::NoSpace.error()) } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let fault = state.strike(Call::Sync);
        let file = state.file(self.file)?;
        if let Some(fault) = fault {
            // As kernels do: what could not be written is called clean, and the next sync succeeds.
            file.dirty.clear();
            file.failed_syncs.push(fault);
        }
        let told = self.told.swap(file.failed_syncs.len(), Ordering::Relaxed);
        if let Some(fault) = file.failed_syncs[told..].last() {
            return Err(fault.error());
        }
        file.sync();
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.enter(Call::Len)?.file(self.file)?.seen.len() as u64)
    }
}
