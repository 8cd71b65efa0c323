//! Directories of stores, and what is left in one when the process dies.

use std::fs;
use std::path::Path;
use store::{Options, Store};
use tempfile::TempDir;

pub fn fresh() -> TempDir {
    tempfile::tempdir().expect("the system has room for temporary files")
}

/// Small enough that several fit beside each other.
pub fn options() -> Options {
    Options {
        cache_bytes: 1 << 20,
        memtable_bytes: 4 << 20,
        idempotency_window: ledger::Millis(90),
        ..Options::default()
    }
}

pub fn open(dir: &Path) -> Store {
    Store::open(dir, &options()).expect("the store opens")
}

/// What a process that is killed now leaves behind: its files as they are, without the flush that
/// closing them would bring.
pub fn killed(dir: &Path) -> TempDir {
    loop {
        let left = fresh();
        // Files vanish while compactions run: then what was copied does not fit together.
        if copy(dir, left.path()).is_ok() {
            return left;
        }
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut names: Vec<_> = fs::read_dir(from)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<_>>()?;
    // What names other files comes first: files that come later than it are in nobody's way.
    names.sort_by_key(|name| !(name == "CURRENT" || name.to_string_lossy().starts_with("MANIFEST")));
    names.iter().filter(|name| *name != "LOCK").try_for_each(|name| fs::copy(from.join(name), to.join(name)).map(drop))
}
