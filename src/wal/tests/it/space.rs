//! A full disk is met while preparing, never while appending, and passes without a restart.

use crate::support::{Running, buffer, open, options, record};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Log, Lsn, Prepared, Preparer, WalError, WriteError};

/// Longer than any test takes: a wait that needs it has not been woken.
const FOREVER: Duration = Duration::from_secs(60);

fn try_append(log: &mut Log<FaultyDisk>, bytes: usize) -> Result<(), WriteError> {
    let first_lsn = log.last_lsn().next();
    log.write(&mut buffer(&[record(first_lsn.0, bytes)]), first_lsn, 0)?;
    log.sync()?;
    Ok(())
}

fn on_a_full_disk(disk: &FaultyDisk) -> Running {
    let mut running = open(disk).unwrap();
    disk.set_capacity(Some(70 << 10));
    assert_eq!(running.prepare(), Prepared::Full);
    running
}

#[test]
fn the_disk_fills_up_is_told_and_recovers_without_a_restart() {
    let disk = FaultyDisk::new();
    let mut running = on_a_full_disk(&disk);
    let space = running.log.space();
    assert!(!space.is_low(), "more than the reserve is left");

    let mut last_ahead = space.prepared_ahead_bytes();
    while !space.is_low() {
        try_append(&mut running.log, 2000).expect("above the reserve everything is written");
        assert!(space.prepared_ahead_bytes() < last_ahead);
        last_ahead = space.prepared_ahead_bytes();
        assert_eq!(running.prepare(), Prepared::Full);
    }
    assert!(last_ahead < options().reserve_bytes);
    let low_at = running.log.last_lsn();
    let refused = loop {
        if let Err(error) = try_append(&mut running.log, 2000) {
            break error;
        }
    };
    assert!(matches!(refused, WriteError::NoSpace), "{refused}");
    assert!(running.log.last_lsn() > low_at, "what settles is written on the reserve");
    assert!(!running.log.seal(0).unwrap() || space.prepared_ahead_bytes() < 2560);
    assert!(space.is_low());

    disk.set_capacity(None);
    assert_eq!(running.preparer.step().unwrap(), Prepared::Worked);
    assert!(!space.is_low(), "though less than the reserve is prepared yet");
    assert!(space.prepared_ahead_bytes() < options().reserve_bytes);
    assert!(running.log.wait_for_space(Duration::ZERO));
    try_append(&mut running.log, 2000).unwrap();
    let last_lsn = running.log.last_lsn();
    drop(running);
    assert_eq!(open(&disk).unwrap().opened.last_lsn, last_lsn);
}

#[test]
fn a_frame_refused_for_space_has_changed_nothing() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    try_append(&mut running.log, 60_000).unwrap();
    let before = disk.contents(crate::support::FIRST);
    let mut frame = buffer(&[record(2, 6000)]);
    for _ in 0..2 {
        let refused = running.log.write(&mut frame, Lsn(2), 0);
        assert!(matches!(refused, Err(WriteError::NoSpace)));
    }
    assert!(!running.log.wait_for_space(Duration::ZERO));
    assert_eq!(disk.contents(crate::support::FIRST), before);
    assert_eq!(running.log.last_lsn(), Lsn(1));
    running.prepare();
    running.log.write(&mut frame, Lsn(2), 0).unwrap();
    assert_eq!(running.log.active_segment(), 2);
}

#[test]
fn a_seal_without_space_is_left_out() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    // The whole segment but its header, in one frame.
    try_append(&mut running.log, (64 << 10) - 512 - 66 - 4).unwrap();
    assert_eq!(running.log.space().prepared_ahead_bytes(), 0);
    assert!(!running.log.seal(0).unwrap());
    running.prepare();
    assert!(running.log.seal(0).unwrap());
}

#[test]
fn a_segment_begun_with_unfinished_space_is_prepared_to_its_end() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    try_append(&mut running.log, 60_000).unwrap();
    // One step of the next segment is enough to roll onto it.
    assert_eq!(running.preparer.step().unwrap(), Prepared::Worked);
    try_append(&mut running.log, 10_000).unwrap();
    assert_eq!(running.log.active_segment(), 2);
    assert!(matches!(try_append(&mut running.log, 10_000), Err(WriteError::NoSpace)));
    assert_eq!(running.prepare(), Prepared::Idle);
    for index in 0..8 {
        running.append(&[record(index, 10_000)]);
    }
    assert_eq!(running.log.active_segment(), 3);
    drop(running);
    assert_eq!(open(&disk).unwrap().records.len(), 10);
}

#[test]
#[should_panic(expected = "exceeds a segment")]
fn a_frame_larger_than_a_segment_is_a_bug() {
    let mut running = open(&FaultyDisk::new()).unwrap();
    let mut frame = wal::FrameBuffer::new();
    assert!(frame.push(&record(1, 70_000)));
    let _ = running.log.write(&mut frame, Lsn(1), 0);
}

/// Drives a preparer until it is told to stop or fails.
fn prepare_until(preparer: &mut Preparer<FaultyDisk>, stop: &AtomicBool) -> Result<(), WalError> {
    while !stop.load(Ordering::Relaxed) {
        if preparer.step()? != Prepared::Worked {
            preparer.wait(Duration::from_millis(1));
        }
    }
    Ok(())
}

#[test]
fn a_committer_and_a_preparer_on_threads_of_their_own_keep_in_step() {
    let disk = FaultyDisk::new();
    let Running { mut log, mut preparer, .. } = open(&disk).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let prepared = scope.spawn(|| prepare_until(&mut preparer, &stop));
        while log.last_lsn() < Lsn(3000) {
            match try_append(&mut log, 3000) {
                Ok(()) => {}
                Err(WriteError::NoSpace) => assert!(log.wait_for_space(FOREVER)),
                Err(WriteError::Failed(error)) => panic!("{error}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
        prepared.join().expect("the preparer does not panic").unwrap();
    });
    drop((log, preparer));
    let running = open(&disk).unwrap();
    assert_eq!(running.records.len(), 3000);
    assert!(running.records.iter().zip(1..).all(|(found, lsn)| *found == record(lsn, 3000)));
}

/// The preparer works only when it is asked to, so that the committer has to wait every time.
#[test]
fn a_committer_that_waits_for_space_is_woken_when_there_is_some() {
    let Running { mut log, mut preparer, .. } = open(&FaultyDisk::new()).unwrap();
    let (ask, asked) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || asked.iter().all(|()| preparer.step().is_ok()));
        let mut waits = 0;
        while log.last_lsn() < Lsn(500) {
            match try_append(&mut log, 10_000) {
                Ok(()) => {}
                Err(WriteError::NoSpace) => {
                    waits += 1;
                    ask.send(()).expect("the preparer listens");
                    assert!(log.wait_for_space(FOREVER));
                }
                Err(WriteError::Failed(error)) => panic!("{error}"),
            }
        }
        assert!(waits > 100, "it waited only {waits} times");
        drop(ask);
    });
}

#[test]
fn a_committer_that_waits_for_space_is_woken_by_the_preparers_failure() {
    let disk = FaultyDisk::new();
    let Running { mut log, mut preparer, .. } = open(&disk).unwrap();
    try_append(&mut log, 60_000).unwrap();
    assert!(matches!(try_append(&mut log, 10_000), Err(WriteError::NoSpace)));
    disk.fail(Call::Write, 1, Fault::Io);
    thread::scope(|scope| {
        let failed = scope.spawn(move || preparer.step());
        assert!(!log.wait_for_space(FOREVER));
        let outcome = failed.join().expect("the preparer does not panic");
        assert!(matches!(outcome, Err(WalError::Io { .. })));
    });
    let refused = try_append(&mut log, 10_000);
    assert!(matches!(refused, Err(WriteError::Failed(WalError::Poisoned))));
}
