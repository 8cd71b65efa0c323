//! One process a data directory. It must not know what the directory holds.

use crate::WalError;
use crate::real::create_durably;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

const LOCK_FILE: &str = "LOCK";

/// Keeps every other process out of a directory until it is dropped, or the process ends.
#[derive(Debug)]
pub struct DirectoryLock {
    /// The operating system's lock lives as long as this handle.
    _file: File,
}

impl DirectoryLock {
    /// Locks `directory`, which is made where it is missing, and leaves this process's id in it.
    ///
    /// # Errors
    /// [`WalError::InUse`] names the process that holds it.
    pub fn acquire(directory: &Path) -> Result<Self, WalError> {
        let path = directory.join(LOCK_FILE);
        let failed = || WalError::io("lock", path.display().to_string());
        create_durably(directory).map_err(failed())?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(WalError::InUse { path, pid: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed()(source)),
        }
        write_own_pid(&mut file).map_err(failed())?;
        Ok(Self { _file: file })
    }
}

/// The holder may not have written its id yet: then nobody can be named.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_own_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}
