//! What is kept elsewhere is trimmed, and no more than that; and whatever happens meanwhile, what is
//! left is one stretch up to the log's end.

use crate::support::{FIRST, Records, Running, SECOND, open, open_after, options, record};
use std::ops::ControlFlow;
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Disk, FollowError, Follower, Log, Lsn, Prepared, Preparer, RealDisk, Trimmed, WalError, oldest};

const SEGMENT_BYTES: u64 = 64 << 10;

/// Over five segments and a prepared one, one record of 9,000 bytes a frame.
fn long_log(disk: &FaultyDisk) -> (Running, Records, Vec<Lsn>) {
    let mut running = open(disk).unwrap();
    let records: Records = (0..33).map(|index| record(index, 9000)).collect();
    let mut ends = Vec::new();
    for record in &records {
        running.append(std::slice::from_ref(record));
        ends.resize(running.log.active_segment() as usize, Lsn(0));
        ends[running.log.active_segment() as usize - 1] = running.log.last_lsn();
    }
    running.prepare();
    assert_eq!(ends.len(), 5);
    (running, records, ends)
}

fn segments(disk: &impl Disk) -> Vec<String> {
    let mut names = disk.list().unwrap();
    names.retain(|name| name != "next.tmp");
    names
}

fn file_bytes(disk: &FaultyDisk) -> u64 {
    disk.list().unwrap().iter().map(|name| disk.contents(name).len() as u64).sum()
}

#[test]
fn every_segment_that_is_kept_elsewhere_goes_and_no_other() {
    for below in 0..=34 {
        let disk = FaultyDisk::new();
        let (mut running, records, ends) = long_log(&disk);
        let before = file_bytes(&disk);
        let trimmed = running.log.trimmer().trim(Lsn(below), 0).unwrap();
        let gone = ends.iter().take(4).filter(|end| end.0 <= below).count();
        let oldest_left = if gone == 0 { Lsn(1) } else { ends[gone - 1].next() };
        let expected = Trimmed {
            segments: gone as u64,
            bytes: gone as u64 * SEGMENT_BYTES,
            kept_bytes: before - gone as u64 * SEGMENT_BYTES,
            oldest: oldest_left,
        };
        assert_eq!(trimmed, expected, "below {below}");
        assert_eq!(file_bytes(&disk), trimmed.kept_bytes);
        assert_eq!(oldest(&disk, &options()).unwrap(), oldest_left);

        running.append(&[record(99, 100)]);
        drop(running);
        disk.crash(below);
        assert_eq!(segments(&disk).len(), ends.len() - gone, "trimming is durable when it is told");
        let after = Lsn(below.min(33));
        let expected = [&records[after.0 as usize..], &[record(99, 100)]].concat();
        assert_eq!(open_after(&disk, after).unwrap().records, expected, "below {below}");
    }
}

#[test]
fn so_many_bytes_are_kept_whatever_is_kept_elsewhere() {
    for keep_bytes in (0..9 * SEGMENT_BYTES).step_by(SEGMENT_BYTES as usize / 4) {
        let disk = FaultyDisk::new();
        let (running, ..) = long_log(&disk);
        let before = file_bytes(&disk);
        let trimmed = running.log.trimmer().trim(Lsn(33), keep_bytes).unwrap();
        let spare = before.saturating_sub(keep_bytes) / SEGMENT_BYTES;
        assert_eq!(trimmed.segments, spare.min(4), "{keep_bytes} bytes");
        assert_eq!(trimmed.kept_bytes, file_bytes(&disk));
        assert!(trimmed.kept_bytes >= keep_bytes.min(before));
    }
}

#[test]
fn what_was_trimmed_is_not_trimmed_again_and_costs_no_sync() {
    let disk = FaultyDisk::new();
    let (running, _, ends) = long_log(&disk);
    let trimmer = running.log.trimmer();
    let first = trimmer.trim(ends[1], 0).unwrap();
    disk.fail(Call::SyncDir, 1, Fault::Io);
    let again = trimmer.trim(ends[1], 0).unwrap();
    assert_eq!(again, Trimmed { segments: 0, bytes: 0, ..first });
    assert_eq!(disk.faults_left(), 1);
}

#[test]
fn a_log_that_failed_is_left_as_it_is() {
    let disk = FaultyDisk::new();
    let (mut running, ..) = long_log(&disk);
    let trimmer = running.log.trimmer();
    disk.fail(Call::Sync, 1, Fault::Io);
    running.log.seal(1).unwrap_err();
    assert!(matches!(trimmer.trim(Lsn(33), 0), Err(WalError::Poisoned)));
    assert_eq!(segments(&disk).len(), 5);
}

/// Fails each call of a trimming in turn: nothing is lost, the log goes on, and so does the trimming.
#[test]
fn a_failure_while_trimming_is_told_and_ends_neither_the_log_nor_the_trimming() {
    let calls = [Call::List, Call::Open, Call::Len, Call::Read, Call::Remove, Call::SyncDir];
    for (call, fault) in calls.into_iter().flat_map(|call| [(call, Fault::Io), (call, Fault::NoSpace)]) {
        let mut struck = 0;
        for nth in 1.. {
            let disk = FaultyDisk::new();
            let (mut running, records, ends) = long_log(&disk);
            let trimmer = running.log.trimmer();
            disk.fail(call, nth, fault);
            let outcome = trimmer.trim(ends[2], 0);
            if disk.faults_left() == 1 {
                assert_eq!(outcome.unwrap().segments, 3);
                break;
            }
            struck += 1;
            assert!(matches!(outcome, Err(WalError::Io { .. })), "{call:?} {nth}: {outcome:?}");
            assert!(segments(&disk).len() >= 2);
            running.append(&[record(99, 30_000)]);
            assert_eq!(trimmer.trim(ends[2], 0).unwrap().oldest, ends[2].next());
            drop(running);
            disk.crash(nth);
            let expected = [&records[ends[2].0 as usize..], &[record(99, 30_000)]].concat();
            assert_eq!(open_after(&disk, ends[2]).unwrap().records, expected, "{call:?} {nth}");
        }
        assert!(struck > 0, "{call:?} is never called");
    }
}

/// The power is cut at each call in turn, and of the removals any number survives.
#[test]
fn a_power_cut_while_trimming_leaves_one_stretch_up_to_the_end() {
    let mut left = std::collections::BTreeSet::new();
    for (call, nth) in [(Call::Remove, 1), (Call::Remove, 2), (Call::Remove, 3), (Call::SyncDir, 1), (Call::SyncDir, 2)]
    {
        for seed in 0..40 {
            let disk = FaultyDisk::new();
            let (running, records, ends) = long_log(&disk);
            disk.fail(call, nth, Fault::Io);
            let outcome = running.log.trimmer().trim(ends[2], 0);
            assert_eq!(outcome.is_ok(), (call, nth) == (Call::SyncDir, 2));
            drop(running);
            disk.crash(seed);
            left.insert(segments(&disk).len());
            let running = open_after(&disk, ends[2]).unwrap();
            assert_eq!(running.records, records[ends[2].0 as usize..]);
            let kept_from = oldest(&disk, &options()).unwrap();
            let all = open_after(&disk, Lsn(kept_from.0 - 1)).unwrap();
            assert_eq!(all.records, records[kept_from.0 as usize - 1..], "{call:?} {nth}, seed {seed}");
        }
    }
    assert_eq!(left.into_iter().collect::<Vec<_>>(), [2, 3, 4, 5], "every number of removals was survived");
}

#[test]
fn the_segment_before_one_whose_name_is_not_yet_synced_stays() {
    let disk = FaultyDisk::new();
    let (mut running, records, ends) = long_log(&disk);
    let trimmer = running.log.trimmer();
    // The log has rolled as far as the new name, which a power cut may still take back.
    disk.rename("next.tmp", "0000000000000006.seg").unwrap();
    disk.install("0000000000000006.seg", &header_after(&disk, &mut running));
    let trimmed = trimmer.trim(Lsn(33), 0).unwrap();
    assert_eq!((trimmed.segments, trimmed.oldest), (4, ends[3].next()));
    disk.remove("0000000000000006.seg").unwrap();
    drop(running);
    disk.crash(0);
    assert_eq!(open_after(&disk, ends[3]).unwrap().records, records[ends[3].0 as usize..]);
}

/// A sixth segment that follows the log's end: a copy of the disk is made to roll.
fn header_after(disk: &FaultyDisk, running: &mut Running) -> Vec<u8> {
    let copy = FaultyDisk::new();
    for name in segments(disk).into_iter().take(5) {
        copy.install(&name, &disk.contents(&name));
    }
    let mut other = open(&copy).unwrap();
    assert_eq!(other.log.last_lsn(), running.log.last_lsn());
    while other.log.active_segment() == 5 {
        other.append(&[record(1, 30_000)]);
    }
    copy.contents("0000000000000006.seg")
}

#[test]
fn a_follower_of_what_was_trimmed_is_told_and_one_of_what_is_left_goes_on() {
    let disk = FaultyDisk::new();
    let (mut running, records, ends) = long_log(&disk);
    let durable = running.log.last_lsn();
    let mut one = |_, _: &[u8]| Ok(ControlFlow::Break(()));
    let mut in_the_first = Follower::after(Lsn(0), &options());
    in_the_first.read(&disk, durable, &mut one).unwrap();
    let mut in_the_third = Follower::after(ends[1], &options());
    in_the_third.read(&disk, durable, &mut one).unwrap();

    let trimmed = running.log.trimmer().trim(Lsn(ends[2].0 - 1), 0).unwrap();
    assert_eq!((trimmed.segments, trimmed.oldest), (2, ends[1].next()));
    for gone in [&mut in_the_first, &mut Follower::after(Lsn(ends[1].0 - 1), &options())] {
        let outcome = gone.read(&disk, durable, &mut one);
        assert!(matches!(outcome, Err(FollowError::Gone { oldest }) if oldest == trimmed.oldest), "{outcome:?}");
    }
    running.append(&[record(99, 10)]);
    let mut found = Vec::new();
    let mut take = |_, record: &[u8]| {
        found.push(record.to_vec());
        Ok(ControlFlow::Continue(()))
    };
    in_the_third.read(&disk, durable.next(), &mut take).unwrap();
    assert_eq!(found, [&records[ends[1].0 as usize + 1..], &[record(99, 10)]].concat());
}

/// Where it stands is removed, and nothing that it has not seen.
#[test]
fn a_follower_that_has_seen_all_of_what_was_trimmed_goes_on() {
    let disk = FaultyDisk::new();
    let (running, records, ends) = long_log(&disk);
    let durable = running.log.last_lsn();
    let mut follower = Follower::after(Lsn(0), &options());
    let mut ignore = |_, _: &[u8]| Ok(ControlFlow::Continue(()));
    follower.read(&disk, ends[1], &mut ignore).unwrap();
    let trimmed = running.log.trimmer().trim(ends[1], 0).unwrap();
    assert_eq!(trimmed.oldest, follower.seen().next());
    let mut rest = Vec::new();
    let mut take = |_, record: &[u8]| {
        rest.push(record.to_vec());
        Ok(ControlFlow::Continue(()))
    };
    follower.read(&disk, durable, &mut take).unwrap();
    assert_eq!(rest, records[ends[1].0 as usize..]);
}

/// The log is written, prepared, trimmed and followed by threads of their own.
#[test]
fn real_files_are_trimmed_while_they_are_written() {
    const RECORDS: u64 = 400;
    let directory = tempfile::tempdir().unwrap();
    let disk = || RealDisk::open(directory.path()).unwrap();
    let open = |after| Log::open(disk(), options(), after, &mut |_| Ok(()), &mut |_| {}).unwrap();
    let (mut log, mut preparer, _) = open(Lsn(0));
    let trimmer = log.trimmer();
    let trimmed = std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for lsn in 1..=RECORDS {
                write(&mut log, &mut preparer, lsn);
            }
        });
        let mut trimmed = 0;
        while !writer.is_finished() {
            let done = trimmer.trim(Lsn(RECORDS), 4 * SEGMENT_BYTES).unwrap();
            assert!(done.segments == 0 || done.kept_bytes >= 4 * SEGMENT_BYTES);
            trimmed += done.segments;
        }
        trimmed + trimmer.trim(Lsn(RECORDS), 0).unwrap().segments
    });
    assert!(trimmed > 20);
    assert_eq!(segments(&disk()).len(), 1);
    let (_, _, opened) = open(Lsn(RECORDS));
    assert_eq!((opened.last_lsn, opened.segments), (Lsn(RECORDS), 1));
}

fn write(log: &mut Log<RealDisk>, preparer: &mut Preparer<RealDisk>, lsn: u64) {
    while preparer.step().unwrap() == Prepared::Worked {}
    log.write(&mut crate::support::buffer(&[record(lsn, 4000)]), Lsn(lsn), lsn).unwrap();
    log.sync().unwrap();
}

#[test]
fn a_damaged_header_stops_the_trimming_before_it_removes_anything() {
    let disk = FaultyDisk::new();
    let (running, ..) = long_log(&disk);
    disk.flip(SECOND, 30, 1);
    let refused = running.log.trimmer().trim(Lsn(33), 0);
    assert!(matches!(&refused, Err(WalError::Damaged { file, .. }) if file == SECOND), "{refused:?}");
    assert!(segments(&disk).contains(&FIRST.to_owned()));
}
