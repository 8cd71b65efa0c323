//! Whoever keeps the first records elsewhere opens the log after them: it need not reach back farther,
//! but it must hold all that comes after, and it must reach as far as they do.

use crate::support::{FIRST, Records, SECOND, THIRD, open, open_after, options, record};
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Disk, Identity, Lsn, Options, WalError, identity, oldest, read};

/// 40 records of 4 KiB, one a frame, over three segments; the last record of each.
fn long_log() -> (FaultyDisk, Records, [Lsn; 3]) {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let records: Records = (0..40).map(|index| record(index, 4096)).collect();
    let mut ends = [Lsn(0); 3];
    for record in &records {
        running.append(std::slice::from_ref(record));
        ends[running.log.active_segment() as usize - 1] = running.log.last_lsn();
    }
    assert!(Lsn(0) < ends[0] && ends[0] < ends[1] && ends[1] < ends[2]);
    (disk, records, ends)
}

fn without(disk: &FaultyDisk, names: &[&str]) -> FaultyDisk {
    let partial = FaultyDisk::new();
    for name in [FIRST, SECOND, THIRD].into_iter().filter(|name| !names.contains(name)) {
        partial.install(name, &disk.contents(name));
    }
    partial
}

fn all_contents(disk: &FaultyDisk) -> Vec<(String, Vec<u8>)> {
    disk.list().unwrap().into_iter().map(|name| (name.clone(), disk.contents(&name))).collect()
}

#[test]
fn what_comes_after_is_visited_and_what_ends_there_is_not_read() {
    let (disk, records, ends) = long_log();
    for after in 0..=40 {
        let running = open_after(&disk, Lsn(after)).unwrap();
        assert_eq!(running.records, records[after as usize..], "after {after}");
        assert_eq!(running.log.last_lsn(), Lsn(40));
        // A record may also begin the segment that is read first.
        let skipped = ends.iter().take(2).filter(|end| end.0 <= after).count();
        let mut total_bytes = 0;
        read(&disk, &options(), Lsn(after), &mut |_| Ok(()), &mut |step| total_bytes = step.total_bytes).unwrap();
        assert_eq!(total_bytes, (3 - skipped as u64) * 65_536, "after {after}");
    }
}

#[test]
fn segments_that_ended_by_then_may_be_missing() {
    let (disk, records, ends) = long_log();
    for (missing, names) in [(1, &[FIRST][..]), (2, &[FIRST, SECOND])] {
        let kept = ends[missing - 1];
        for after in 0..=40 {
            let partial = without(&disk, names);
            let before = all_contents(&partial);
            match open_after(&partial, Lsn(after)) {
                Ok(running) => {
                    assert!(after >= kept.0, "after {after}");
                    assert_eq!(running.records, records[after as usize..]);
                    assert_eq!(running.opened.segments, 3 - missing as u64);
                }
                Err(WalError::BeginsLate { oldest, wanted }) => {
                    assert!(after < kept.0, "after {after}");
                    assert_eq!((oldest, wanted), (kept.next(), Lsn(after + 1)));
                    assert_eq!(all_contents(&partial), before, "nothing was changed");
                }
                Err(other) => panic!("after {after}: {other}"),
            }
        }
        assert_eq!(oldest(&without(&disk, names), &options()).unwrap(), kept.next());
    }
}

#[test]
fn what_is_appended_to_a_shortened_log_comes_back() {
    let (disk, records, ends) = long_log();
    let partial = without(&disk, &[FIRST, SECOND]);
    let mut expected = records[ends[1].0 as usize..].to_vec();
    for restart in 0..3 {
        let mut running = open_after(&partial, ends[1]).unwrap();
        assert_eq!(running.records, expected);
        for index in 0..10 {
            running.append(&[record(100 * restart + index, 9000)]);
            expected.push(record(100 * restart + index, 9000));
        }
        assert!(running.log.seal(1).unwrap());
    }
    partial.crash(1);
    assert_eq!(open_after(&partial, ends[1]).unwrap().records, expected);
}

#[test]
fn a_segment_missing_after_the_first_that_is_there_is_damage() {
    let (disk, ..) = long_log();
    for after in [0, 40] {
        let error = open_after(&without(&disk, &[SECOND]), Lsn(after)).unwrap_err();
        assert!(matches!(&error, WalError::Damaged { file, .. } if file == SECOND), "{error}");
    }
}

#[test]
fn a_log_that_ends_before_what_is_kept_elsewhere_is_refused_and_left_alone() {
    let (disk, _, ends) = long_log();
    for (missing, last) in [(&[][..], ends[2]), (&[THIRD], ends[1]), (&[SECOND, THIRD], ends[0])] {
        let partial = without(&disk, missing);
        partial.install("next.tmp", &[9; 4096]);
        let before = all_contents(&partial);
        let error = open_after(&partial, last.next()).unwrap_err();
        let is_named =
            matches!(&error, WalError::EndsEarly { last: found, kept } if (*found, *kept) == (last, last.next()));
        assert!(is_named, "{error}");
        let read = read(&partial, &options(), Lsn(99), &mut |_| Ok(()), &mut |_| {});
        assert!(matches!(read, Err(WalError::EndsEarly { kept: Lsn(99), .. })), "{read:?}");
        assert_eq!(all_contents(&partial), before, "nothing was changed");
    }
}

/// The last frame was acknowledged, as the records kept elsewhere prove, and is not sound any more.
#[test]
fn a_torn_tail_that_was_kept_elsewhere_is_not_cut_off() {
    let (disk, ..) = long_log();
    let tail = disk.contents(THIRD).iter().rposition(|&byte| byte != 0).unwrap();
    disk.flip(THIRD, tail, 0);
    let before = all_contents(&disk);
    let error = open_after(&disk, Lsn(40)).unwrap_err();
    assert!(matches!(error, WalError::EndsEarly { last: Lsn(39), kept: Lsn(40) }), "{error}");
    assert_eq!(all_contents(&disk), before);
    assert_eq!(open_after(&disk, Lsn(39)).unwrap().opened.torn_bytes, 66 + 4 + 4096);
}

#[test]
fn an_empty_directory_does_not_become_a_log_that_forgot_everything() {
    let disk = FaultyDisk::new();
    let error = open_after(&disk, Lsn(1)).unwrap_err();
    assert!(matches!(error, WalError::EndsEarly { last: Lsn(0), kept: Lsn(1) }), "{error}");
    assert!(disk.list().unwrap().is_empty());
    assert!(open(&disk).is_ok());
}

#[test]
fn the_errors_say_what_is_there_what_is_needed_and_what_to_do() {
    let (disk, _, ends) = long_log();
    let missing = open(&without(&disk, &[FIRST])).unwrap_err().to_string();
    let begin = format!("the log begins with record {}, but records from 1 on are needed: restore", ends[0].next());
    assert!(missing.starts_with(&begin), "{missing}");
    let short = open_after(&disk, Lsn(77)).unwrap_err().to_string();
    assert!(
        short.starts_with("the log ends at record 40, before record 77 that was already kept elsewhere"),
        "{short}"
    );
}

#[test]
fn whose_log_it_is_can_be_asked_of_the_disk() {
    let disk = FaultyDisk::new();
    assert_eq!(identity(&disk).unwrap(), None);
    assert!(disk.list().unwrap().is_empty());
    let (disk, ..) = long_log();
    let ours = Some(Identity { partition: options().partition, epoch: options().epoch });
    assert_eq!(identity(&disk).unwrap(), ours);
    assert_eq!(identity(&without(&disk, &[FIRST, SECOND])).unwrap(), ours, "the newest is enough");
    let other = Options { epoch: options().epoch + 1, ..options() };
    let refused = read(&disk, &other, Lsn(40), &mut |_| Ok(()), &mut |_| {});
    assert!(matches!(refused, Err(WalError::Damaged { .. })), "{refused:?}");
    disk.fail(Call::Read, 1, Fault::Io);
    assert!(matches!(identity(&disk), Err(WalError::Io { .. })));
    disk.flip(THIRD, 9, 0);
    assert!(matches!(identity(&disk), Err(WalError::Damaged { file, .. }) if file == THIRD));
}
