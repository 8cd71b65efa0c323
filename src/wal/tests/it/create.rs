//! A log that begins after a record: made whole or not at all, and from then on a log like any other.

use crate::support::{FIRST, buffer, open, open_after, options, record};
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Disk, Follower, Identity, Log, Lsn, Options, Prepared, WalError, identity, oldest};

const BASE: Lsn = Lsn(1000);

fn append(disk: &FaultyDisk, options: Options, count: u64) -> Result<(), WalError> {
    let (mut log, mut preparer) = Log::create(disk.clone(), options, BASE)?;
    for index in 0..count {
        while preparer.step()? == Prepared::Worked {}
        log.write(&mut buffer(&[record(index, 9000)]), log.last_lsn().next(), index).expect("space is prepared");
        log.sync()?;
    }
    Ok(())
}

#[test]
fn records_are_numbered_from_the_one_after_the_base() {
    let disk = FaultyDisk::new();
    append(&disk, options(), 20).unwrap();
    disk.crash(0);
    for after in 1000..=1020 {
        let running = open_after(&disk, Lsn(after)).unwrap();
        let expected: Vec<_> = (after - 1000..20).map(|index| record(index, 9000)).collect();
        assert_eq!(running.records, expected, "after {after}");
        assert_eq!(running.log.last_lsn(), Lsn(1020));
    }
    assert_eq!(oldest(&disk, &options()).unwrap(), BASE.next());
    let mut first = None;
    let mut take = |lsn, _: &[u8]| {
        first.get_or_insert(lsn);
        Ok(std::ops::ControlFlow::Continue(()))
    };
    Follower::after(BASE, &options()).read(&disk, Lsn(1020), &mut take).unwrap();
    assert_eq!(first, Some(BASE.next()));
}

#[test]
fn it_is_refused_to_who_needs_more_or_keeps_more() {
    let disk = FaultyDisk::new();
    append(&disk, options(), 0).unwrap();
    let late = open(&disk).unwrap_err();
    assert!(matches!(late, WalError::BeginsLate { oldest: Lsn(1001), wanted: Lsn(1) }), "{late}");
    assert!(late.to_string().contains("record 1001"), "{late}");
    let early = open_after(&disk, Lsn(1001)).unwrap_err();
    assert!(matches!(early, WalError::EndsEarly { last: BASE, kept: Lsn(1001) }), "{early}");
    let mut running = open_after(&disk, BASE).unwrap();
    assert_eq!((running.opened.last_lsn, running.opened.segments), (BASE, 1));
    assert!(!running.log.seal(1).unwrap(), "an empty log needs no seal");
    running.append(&[record(7, 70)]);
    drop(running);
    assert_eq!(open_after(&disk, BASE).unwrap().records, [record(7, 70)]);
}

#[test]
fn it_is_made_in_the_epoch_that_is_asked_for() {
    let disk = FaultyDisk::new();
    append(&disk, Options { epoch: 9, ..options() }, 1).unwrap();
    assert_eq!(identity(&disk).unwrap(), Some(Identity { partition: options().partition, epoch: 9 }));
    assert!(matches!(open_after(&disk, BASE), Err(WalError::Damaged { offset: 0, .. })));
}

#[test]
fn a_log_that_is_there_is_never_replaced() {
    let disk = FaultyDisk::new();
    open(&disk).unwrap().append(&[record(1, 10)]);
    let before = (disk.list().unwrap(), disk.contents(FIRST));
    let refused = append(&disk, options(), 0).unwrap_err();
    assert!(matches!(&refused, WalError::Exists { file } if file == FIRST), "{refused}");
    assert_eq!((disk.list().unwrap(), disk.contents(FIRST)), before);
    let out_of_range = Options { segment_bytes: 1, ..options() };
    assert!(matches!(append(&FaultyDisk::new(), out_of_range, 0), Err(WalError::Option { .. })));
}

#[test]
fn what_an_unfinished_one_left_is_in_nobodys_way() {
    let disk = FaultyDisk::new();
    disk.install("next.tmp", &[9; 4096]);
    append(&disk, options(), 12).unwrap();
    disk.crash(3);
    assert_eq!(open_after(&disk, BASE).unwrap().records.len(), 12);
}

/// Each call fails in turn, and then the power is cut: there is no log, or an empty one after the base.
#[test]
fn a_failure_while_it_is_made_leaves_a_whole_log_or_none() {
    for (call, fault) in Call::ALL.into_iter().flat_map(|call| [(call, Fault::Io), (call, Fault::NoSpace)]) {
        for nth in 1.. {
            let disk = FaultyDisk::new();
            disk.fail(call, nth, fault);
            let outcome = append(&disk, options(), 0);
            if disk.faults_left() == 1 {
                outcome.unwrap();
                break;
            }
            assert!(matches!(outcome, Err(WalError::Io { .. })), "{call:?} {nth}: {outcome:?}");
            disk.crash(nth);
            match open_after(&disk, BASE) {
                Ok(running) => assert!(running.records.is_empty()),
                Err(error) => {
                    assert!(
                        matches!(error, WalError::EndsEarly { last: Lsn(0), kept: BASE }),
                        "{call:?} {nth}: {error}"
                    );
                    append(&disk, options(), 3).unwrap();
                    assert_eq!(open_after(&disk, BASE).unwrap().records.len(), 3);
                }
            }
        }
    }
}

/// A base is a record's number; a first segment that names a frame before its own is none of ours.
#[test]
fn a_first_segment_that_names_a_frame_before_it_is_refused() {
    let disk = FaultyDisk::new();
    append(&disk, options(), 0).unwrap();
    let sound = disk.contents(FIRST);
    // The predecessor's number, and its checksum.
    for field in [38, 46] {
        let mut forged = sound.clone();
        forged[field] = 1;
        let checksum = crc32c::crc32c(&forged[..508]);
        forged[508..512].copy_from_slice(&checksum.to_le_bytes());
        disk.install(FIRST, &forged);
        let error = open_after(&disk, BASE).unwrap_err().to_string();
        assert!(error.contains("the first segment names a predecessor"), "{error}");
    }
}
