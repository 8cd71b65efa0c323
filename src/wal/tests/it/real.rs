//! The same log on the operating system's files, and the lock that keeps a second process out.

use crate::support::{options, record};
use wal::{DirectoryLock, Disk, DiskFile, Frame, FrameBuffer, Log, Lsn, Prepared, RealDisk, WalError, records};

#[test]
fn a_log_on_real_files_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/log");
    let expected: Vec<_> = (0..30).map(|index| record(index, 5000)).collect();

    let disk = RealDisk::open(&path).unwrap();
    let (mut log, mut preparer, opened) = Log::open(disk, options(), Lsn(0), &mut |_| Ok(()), &mut |_| {}).unwrap();
    assert_eq!(opened.last_lsn, Lsn(0));
    let mut frame = FrameBuffer::new();
    for (record, lsn) in expected.iter().zip(1..) {
        while preparer.step().unwrap() == Prepared::Worked {}
        frame.clear();
        assert!(frame.push(record));
        log.write(&mut frame, Lsn(lsn), lsn).unwrap();
        log.sync().unwrap();
    }
    assert!(log.seal(31).unwrap());
    drop((log, preparer));

    let mut found = Vec::new();
    let mut visit = |frame: &Frame<'_>| {
        for record in records(frame.payload) {
            found.push(record?.to_vec());
        }
        Ok(())
    };
    let disk = RealDisk::open(&path).unwrap();
    let (log, _, opened) = Log::open(disk, options(), Lsn(0), &mut visit, &mut |_| {}).unwrap();
    assert_eq!(found, expected);
    assert_eq!((opened.last_lsn, opened.last_time_ms, opened.frames), (Lsn(30), 31, 31));
    assert_eq!(log.active_segment(), opened.segments);
    assert!(opened.segments > 2);
}

#[test]
fn a_second_lock_is_refused_and_names_the_holder() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let held = DirectoryLock::acquire(&path).unwrap();
    let error = DirectoryLock::acquire(&path).unwrap_err();
    let own = std::process::id();
    assert!(matches!(error, WalError::InUse { pid: Some(pid), .. } if pid == own), "{error}");
    assert!(error.to_string().contains(&format!("process {own}")), "{error}");
    drop(held);
    DirectoryLock::acquire(&path).unwrap();
}

#[test]
fn a_lock_left_by_a_process_that_is_gone_does_not_hold() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("LOCK"), "4294967294\n").unwrap();
    DirectoryLock::acquire(directory.path()).unwrap();
    let text = std::fs::read_to_string(directory.path().join("LOCK")).unwrap();
    assert_eq!(text.trim(), std::process::id().to_string());
}

#[test]
fn a_directory_that_cannot_be_made_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a name that no file system takes ".repeat(10));
    let error = RealDisk::open(&path).unwrap_err();
    assert!(matches!(error, WalError::Io { attempted: "create the directory", .. }), "{error}");
}

#[test]
fn a_read_that_fails_is_told_and_one_beyond_the_end_gets_what_there_is() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("folder")).unwrap();
    let disk = RealDisk::open(directory.path()).unwrap();
    let mut buffer = [0; 8];
    assert!(disk.open_to_read("folder").unwrap().read_at(&mut buffer, 0).is_err());
    let file = disk.create("file").unwrap();
    file.write_at(b"abcdef", 0).unwrap();
    assert_eq!((file.len().unwrap(), file.read_at(&mut buffer, 4).unwrap()), (6, 2));
    assert_eq!(buffer[..2], *b"ef");
    assert_eq!(disk.create("file").unwrap().len().unwrap(), 0, "one that exists is emptied");
}

#[test]
fn files_are_listed_renamed_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let disk = RealDisk::open(directory.path()).unwrap();
    disk.create("one").unwrap();
    disk.create("two").unwrap();
    disk.rename("one", "three").unwrap();
    disk.remove("two").unwrap();
    disk.sync_dir().unwrap();
    assert_eq!(disk.list().unwrap(), ["three"]);
    assert!(disk.open("one").is_err() && disk.open("three").is_ok());
}
