//! The disk's calls, each with what may become of it. It must not know when a fault is due.

use super::bytes::Bytes;
use super::faults::{Call, Fault, Harm};
use super::names::NameChange;
use super::{FaultyDisk, State};
use crate::{Disk, DiskFile};
use parking_lot::MutexGuard;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

impl FaultyDisk {
    /// Counts a call and fails it if its time has come.
    fn enter(&self, call: Call) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        match state.faults.strike(call) {
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
    fn file(&mut self, file: u64) -> io::Result<&mut Bytes> {
        self.files.get_mut(&file).ok_or_else(|| io::Error::other("opened before the crash"))
    }

    fn find(&self, name: &str) -> io::Result<u64> {
        self.names.find(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for FaultyDisk {
    type File = FaultyFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.enter(Call::List)?.names.list())
    }

    fn create(&self, name: &str) -> io::Result<FaultyFile> {
        let mut state = self.enter(Call::Create)?;
        let file = state.new_file(Bytes::default());
        state.names.change(NameChange::Set(name.to_owned(), file));
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
        state.names.change(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.enter(Call::Remove)?;
        state.find(name)?;
        state.names.change(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.enter(Call::SyncDir)?.names.sync();
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
        let seen = state.file(self.file)?.seen();
        let from = (offset as usize).min(seen.len());
        let bytes = buffer.len().min(seen.len() - from);
        buffer[..bytes].copy_from_slice(&seen[from..from + bytes]);
        Ok(bytes)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let astray = state.faults.lead_astray();
        let fault = state.faults.strike(Call::Write);
        let room = state.free_bytes();
        let file = state.file(self.file)?;
        if let Some(offset) = astray {
            file.write_astray(bytes, offset);
            return fault.map_or(Ok(()), |fault| Err(fault.error()));
        }
        if let Some(fault) = fault {
            file.write(&bytes[..bytes.len() / 2], offset as usize);
            return Err(fault.error());
        }
        let room_end = (file.seen().len() as u64).saturating_add(room);
        let fitting = room_end.saturating_sub(offset).min(bytes.len() as u64) as usize;
        file.write(&bytes[..fitting], offset as usize);
        if fitting < bytes.len() {
            state.faults.count(Harm::Full);
            return Err(Fault::NoSpace.error());
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let fault = state.faults.strike(Call::Sync);
        let file = state.file(self.file)?;
        if let Some(fault) = fault {
            file.fail_sync(fault);
        }
        let told = self.told.swap(file.failed_syncs.len(), Ordering::Relaxed);
        if let Some(fault) = file.failed_syncs[told..].last() {
            return Err(fault.error());
        }
        file.sync();
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.enter(Call::Len)?.file(self.file)?.seen().len() as u64)
    }
}
