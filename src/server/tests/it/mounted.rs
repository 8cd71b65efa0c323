//! Small file systems of a test's own, where this machine lets it mount some.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, gone when it is dropped.
pub struct Mounted {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl Mounted {
    /// Of so many bytes at most; nothing, and a word about it, where mounting is not allowed.
    pub fn new(mebibytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("mounted");
        fs::create_dir(&path).expect("it is new");
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { path, _dir: dir }),
            other => {
                eprintln!("skipped: a file system of a known size cannot be mounted here: {other:?}");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn make_read_only(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.path).status();
        assert!(done.expect("mount runs").success());
    }

    /// Takes all the space that is left, in a file that is gone with what this gives.
    pub fn fill(&self) -> Ballast {
        let path = self.path.join("ballast");
        // It ends with an error: that is what is wanted.
        let filled = Command::new("dd").args(["if=/dev/zero", "bs=64K"]).arg(format!("of={}", path.display())).output();
        assert!(!filled.expect("dd runs").status.success(), "the file system has no end");
        Ballast(path)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Whoever still has a file open there is a server that a failed test left behind.
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

/// What fills a file system.
pub struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.0).expect("it is there");
    }
}
