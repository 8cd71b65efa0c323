//! A follower of a log that is being written gets every durable record once, in order, from where it
//! asks on; it never sees what is not durable, and is told when what it needs is gone or damaged.

use crate::support::{FIRST, Records, Running, SECOND, buffer, open, options, record};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{
    Disk, FollowError, Follower, FrameBuffer, Log, Lsn, Options, Prepared, RealDisk, VisitError, WalError, oldest,
};

/// Everything after what the follower has seen, checked to be numbered without a gap.
fn rest(follower: &mut Follower, disk: &impl Disk, durable: Lsn) -> Result<Records, FollowError> {
    let mut found = Vec::new();
    let mut expected = follower.seen();
    follower.read(disk, durable, &mut |lsn, record| {
        expected = expected.next();
        assert_eq!(lsn, expected);
        found.push(record.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    assert_eq!(follower.seen(), expected);
    Ok(found)
}

/// Groups of one to four records, several segments of them, with a seal now and then.
fn long_log(disk: &FaultyDisk) -> (Running, Records) {
    let mut running = open(disk).unwrap();
    let mut records = Vec::new();
    for index in 0..60 {
        let group: Vec<_> = (0..=index % 4).map(|place| record(index * 4 + place, 3000)).collect();
        running.append(&group);
        records.extend(group);
        if index % 7 == 0 {
            running.log.seal(index).unwrap();
        }
    }
    assert!(running.log.active_segment() > 5);
    (running, records)
}

fn remove(disk: &FaultyDisk, segment: u64) {
    disk.remove(&format!("{segment:016x}.seg")).unwrap();
}

fn oldest_when_gone(outcome: Result<Records, FollowError>) -> Lsn {
    match outcome {
        Err(FollowError::Gone { oldest }) => oldest,
        other => panic!("not gone: {other:?}"),
    }
}

fn damage(outcome: Result<Records, FollowError>) -> (String, u64) {
    match outcome {
        Err(FollowError::Failed(WalError::Damaged { file, offset, .. })) => (file, offset),
        other => panic!("not damaged: {other:?}"),
    }
}

#[test]
fn what_becomes_durable_is_seen_at_once_over_seals_and_segments() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let mut follower = Follower::after(Lsn(0), &options());
    assert!(rest(&mut follower, &disk, Lsn(0)).unwrap().is_empty(), "an empty log has nothing");
    for index in 0..60 {
        let group: Vec<_> = (0..=index % 3).map(|place| record(index + place, 5000)).collect();
        running.append(&group);
        if index % 5 == 0 {
            running.log.seal(index).unwrap();
        }
        assert_eq!(rest(&mut follower, &disk, running.log.last_lsn()).unwrap(), group);
        assert!(rest(&mut follower, &disk, running.log.last_lsn()).unwrap().is_empty());
    }
    assert!(running.log.active_segment() > 5);
}

#[test]
fn a_follower_may_begin_after_any_record() {
    let disk = FaultyDisk::new();
    let (running, records) = long_log(&disk);
    let durable = running.log.last_lsn();
    for seen in 0..=records.len() {
        let mut follower = Follower::after(Lsn(seen as u64), &options());
        assert_eq!(rest(&mut follower, &disk, durable).unwrap(), records[seen..], "after {seen}");
    }
    assert_eq!(oldest(&disk, &options()).unwrap(), Lsn(1));
}

#[test]
fn who_has_enough_goes_on_with_the_next_record() {
    let disk = FaultyDisk::new();
    let (running, records) = long_log(&disk);
    for most in [1, 2, 3, 7] {
        let mut follower = Follower::after(Lsn(0), &options());
        let mut found = Vec::new();
        while follower.seen() < running.log.last_lsn() {
            let mut left = most;
            let mut take = |_, record: &[u8]| {
                found.push(record.to_vec());
                left -= 1;
                Ok(if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            };
            follower.read(&disk, running.log.last_lsn(), &mut take).unwrap();
        }
        assert_eq!(found, records, "{most} at a time");
    }
}

#[test]
fn what_is_not_durable_is_never_seen_nor_looked_at() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    running.append(&[record(1, 100)]);
    let mut follower = Follower::after(Lsn(0), &options());
    let mut late = Follower::after(Lsn(1), &options());
    running.log.write(&mut buffer(&[record(2, 40_000), record(3, 100)]), Lsn(2), 0).unwrap();
    assert_eq!(rest(&mut follower, &disk, Lsn(1)).unwrap(), [record(1, 100)]);
    // Half of the frame is on its way: it is neither news nor damage.
    disk.flip(FIRST, 1024 + 20_000, 0);
    assert!(rest(&mut follower, &disk, Lsn(1)).unwrap().is_empty());
    assert!(rest(&mut late, &disk, Lsn(1)).unwrap().is_empty());
    disk.flip(FIRST, 1024 + 20_000, 0);
    running.log.sync().unwrap();
    for follower in [&mut follower, &mut late] {
        assert_eq!(rest(follower, &disk, Lsn(3)).unwrap(), [record(2, 40_000), record(3, 100)]);
    }
}

#[test]
fn who_asks_for_less_than_is_kept_is_told_what_is() {
    let disk = FaultyDisk::new();
    let (mut running, records) = long_log(&disk);
    let durable = running.log.last_lsn();
    let mut in_the_first = Follower::after(Lsn(0), &options());
    let mut take = |_, _: &[u8]| Ok(ControlFlow::Break(()));
    in_the_first.read(&disk, durable, &mut take).unwrap();
    let mut at_the_tail = Follower::after(durable, &options());

    remove(&disk, 1);
    let kept = oldest(&disk, &options()).unwrap();
    assert!(kept > Lsn(2) && kept < durable);
    // Reads up to the end of its segment would still be served; there is no such segment any more.
    assert_eq!(oldest_when_gone(rest(&mut in_the_first, &disk, durable)), kept);
    for seen in 0..kept.0 - 1 {
        let outcome = rest(&mut Follower::after(Lsn(seen), &options()), &disk, durable);
        assert_eq!(oldest_when_gone(outcome), kept, "after {seen}");
    }
    let mut from_oldest = Follower::after(Lsn(kept.0 - 1), &options());
    assert_eq!(rest(&mut from_oldest, &disk, durable).unwrap(), records[kept.0 as usize - 1..]);

    running.append(&[record(0, 10)]);
    assert_eq!(rest(&mut at_the_tail, &disk, durable.next()).unwrap(), [record(0, 10)]);
}

#[test]
fn segments_removed_while_they_are_read_are_gone_and_a_hole_is_damage() {
    let disk = FaultyDisk::new();
    let (running, _) = long_log(&disk);
    let durable = running.log.last_lsn();
    let mut follower = Follower::after(Lsn(0), &options());
    let mut take = |lsn, _: &[u8]| {
        if lsn == Lsn(1) {
            remove(&disk, 1);
            remove(&disk, 2);
        }
        Ok(ControlFlow::Continue(()))
    };
    let outcome = follower.read(&disk, durable, &mut take);
    assert_eq!(oldest_when_gone(outcome.map(|()| Vec::new())), oldest(&disk, &options()).unwrap());
    assert!(follower.seen() > Lsn(1), "what was open was read to its end");

    let disk = FaultyDisk::new();
    long_log(&disk);
    remove(&disk, 2);
    assert_eq!(damage(rest(&mut Follower::after(Lsn(0), &options()), &disk, durable)).0, FIRST);
}

/// A full segment and two frames of the next; where each frame starts, and where the last one ends.
fn sample(disk: &FaultyDisk) -> (Running, Records, [Vec<usize>; 2]) {
    let mut running = open(disk).unwrap();
    let records = vec![record(1, 300), record(2, 700), record(3, 63_300), record(4, 700), record(5, 900)];
    for record in &records {
        running.append(std::slice::from_ref(record));
    }
    assert_eq!(running.log.active_segment(), 2);
    (running, records, [vec![512, 1024, 2048, 65_536], vec![512, 1536, 2560]])
}

#[test]
fn no_flipped_bit_below_the_mark_is_accepted() {
    let sound = FaultyDisk::new();
    let (running, records, starts) = sample(&sound);
    let durable = running.log.last_lsn();
    for (name, starts, before) in [(FIRST, &starts[0], 0), (SECOND, &starts[1], 3)] {
        for byte in (0..starts[starts.len() - 1]).filter(|byte| byte % 97 == 0 || byte % 512 < 70) {
            let disk = FaultyDisk::new();
            disk.install(FIRST, &sound.contents(FIRST));
            disk.install(SECOND, &sound.contents(SECOND));
            disk.flip(name, byte, (byte % 8) as u8);
            let mut found = Vec::new();
            let mut take = |_, record: &[u8]| {
                found.push(record.to_vec());
                Ok(ControlFlow::Continue(()))
            };
            let outcome = Follower::after(Lsn(0), &options()).read(&disk, durable, &mut take);
            let start = starts.iter().rposition(|&start| start <= byte);
            let expected = (name.to_owned(), start.map_or(0, |start| starts[start] as u64));
            assert_eq!(damage(outcome.map(|()| Vec::new())), expected, "byte {byte} of {name}");
            // Where to begin is looked for from the newest segment on.
            let sound = start.map_or(0, |start| before + start);
            assert!(found == records[..sound], "byte {byte} of {name}: {} records", found.len());
        }
    }
}

#[test]
fn a_mark_beyond_what_is_there_is_damage() {
    let disk = FaultyDisk::new();
    let (running, records, _) = sample(&disk);
    let durable = running.log.last_lsn();
    let beyond = rest(&mut Follower::after(durable, &options()), &disk, durable.next());
    assert_eq!(damage(beyond), (SECOND.to_owned(), 2560));
    // A segment of another history does not follow this one.
    let other = FaultyDisk::new();
    let mut another = open(&other).unwrap();
    another.append(&[record(8, 61_000)]);
    another.append(&[record(9, 4000)]);
    disk.install(SECOND, &other.contents(SECOND));
    assert_eq!(damage(rest(&mut Follower::after(Lsn(0), &options()), &disk, durable)).0, FIRST);
    remove(&disk, 2);
    let mut follower = Follower::after(Lsn(0), &options());
    assert_eq!(rest(&mut follower, &disk, Lsn(3)).unwrap(), records[..3]);
    assert_eq!(damage(rest(&mut follower, &disk, durable)).0, FIRST, "the last segment is never gone");
    assert!(oldest(&FaultyDisk::new(), &options()).is_err(), "there is no log");
}

#[test]
fn a_log_of_another_epoch_is_refused() {
    let disk = FaultyDisk::new();
    sample(&disk);
    let other = Options { epoch: options().epoch + 1, ..options() };
    assert_eq!(damage(rest(&mut Follower::after(Lsn(0), &other), &disk, Lsn(5))), (SECOND.to_owned(), 0));
}

#[test]
fn a_failed_call_loses_nothing_and_repeats_nothing() {
    for call in [Call::List, Call::Open, Call::Len, Call::Read] {
        let mut struck = 0;
        for nth in 1.. {
            let disk = FaultyDisk::new();
            let (running, records, _) = sample(&disk);
            disk.fail(call, nth, Fault::Io);
            let mut follower = Follower::after(Lsn(0), &options());
            let mut found = Vec::new();
            while follower.seen() < running.log.last_lsn() {
                let mut take = |_, record: &[u8]| {
                    found.push(record.to_vec());
                    Ok(ControlFlow::Continue(()))
                };
                match follower.read(&disk, running.log.last_lsn(), &mut take) {
                    Ok(()) => {}
                    Err(FollowError::Failed(WalError::Io { .. })) => struck += 1,
                    Err(other) => panic!("{call:?} {nth}: {other}"),
                }
            }
            assert_eq!(found, records, "{call:?} {nth}");
            if disk.faults_left() == 1 {
                break;
            }
        }
        assert!(struck > 0, "{call:?} is never called");
    }
}

#[test]
fn a_record_that_is_refused_comes_again() {
    let disk = FaultyDisk::new();
    let (running, records, _) = sample(&disk);
    let mut follower = Follower::after(Lsn(0), &options());
    let mut refuse = |lsn: Lsn, _: &[u8]| match lsn {
        Lsn(3) => Err(VisitError("not to my taste".to_owned())),
        _ => Ok(ControlFlow::Continue(())),
    };
    let error = follower.read(&disk, running.log.last_lsn(), &mut refuse).unwrap_err();
    assert!(error.to_string().ends_with("not to my taste"), "{error}");
    assert_eq!(follower.seen(), Lsn(2));
    assert_eq!(rest(&mut follower, &disk, running.log.last_lsn()).unwrap(), records[2..]);
}

/// Whoever asks for one record out of many thousand reads a few blocks, not the whole segment.
#[test]
fn a_place_is_found_by_halving() {
    let options = Options { segment_bytes: 32 << 20, ..options() };
    let disk = FaultyDisk::new();
    let (mut log, mut preparer, _) = Log::open(disk.clone(), options, Lsn(0), &mut |_| Ok(()), &mut |_| {}).unwrap();
    let frames = 12_000;
    for lsn in 1..=frames {
        while preparer.step().unwrap() == Prepared::Worked {}
        let mut frame = FrameBuffer::new();
        assert!(frame.push(&record(lsn, 20 + lsn as usize % 1500)));
        log.write(&mut frame, Lsn(lsn), lsn).unwrap();
        log.sync().unwrap();
    }
    assert_eq!(log.active_segment(), 1);
    for wanted in [1, 2, 77, 5_000, 6_001, 11_998, frames] {
        disk.fail(Call::Read, 40, Fault::Io);
        let mut follower = Follower::after(Lsn(wanted - 1), &options);
        let mut take = |lsn, found: &[u8]| {
            assert_eq!((lsn, found), (Lsn(wanted), &record(wanted, 20 + wanted as usize % 1500)[..]));
            Ok(ControlFlow::Break(()))
        };
        follower.read(&disk, Lsn(frames), &mut take).unwrap();
        assert_eq!(follower.seen(), Lsn(wanted));
        assert_eq!(disk.faults_left(), 1, "record {wanted} took more than 40 reads");
        disk.clear_faults();
    }
}

#[test]
fn a_follower_keeps_up_with_a_writer_on_real_files() {
    const RECORDS: u64 = 600;
    let directory = tempfile::tempdir().unwrap();
    let open = || RealDisk::open(directory.path()).unwrap();
    let (mut log, mut preparer, _) = Log::open(open(), options(), Lsn(0), &mut |_| Ok(()), &mut |_| {}).unwrap();
    let durable = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for lsn in 1..=RECORDS {
                while preparer.step().unwrap() == Prepared::Worked {}
                log.write(&mut buffer(&[record(lsn, 4000)]), Lsn(lsn), lsn).unwrap();
                log.sync().unwrap();
                durable.store(lsn, Ordering::SeqCst);
            }
        });
        let disk = open();
        let mut follower = Follower::after(Lsn(0), &options());
        let mut found = 0;
        while found < RECORDS {
            for seen in rest(&mut follower, &disk, Lsn(durable.load(Ordering::SeqCst))).unwrap() {
                found += 1;
                assert_eq!(seen, record(found, 4000));
            }
        }
    });
}
