//! The same log on the operating system's files, and the lock that keeps a second process out.

use crate::support::{options, record};
use wal::{DirectoryLock, Frame, FrameBuffer, Log, Lsn, Prepared, RealDisk, WalError, records};

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
