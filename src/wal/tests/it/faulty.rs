//! The disk that tests rely on does what it says: what it takes back, what it keeps, what it counts.

use crate::support::{FIRST, SECOND, open, open_after, record};
use std::collections::BTreeSet;
use wal::faulty::{Call, Fault, FaultyDisk, Harm};
use wal::{Disk, DiskFile, Lsn, WalError};

/// A durable file of `sectors` sectors of ones, and a handle of it.
fn file(sectors: usize) -> (FaultyDisk, <FaultyDisk as Disk>::File) {
    let disk = FaultyDisk::new();
    disk.install("f", &vec![1; sectors * 512]);
    let file = disk.open("f").unwrap();
    (disk, file)
}

/// The sectors in which the file does not hold ones, and what the first of them holds.
fn changed(disk: &FaultyDisk) -> Vec<(usize, u8)> {
    let contents = disk.contents("f");
    contents.chunks(512).enumerate().filter(|(_, sector)| sector[0] != 1).map(|(at, sector)| (at, sector[0])).collect()
}

#[test]
fn of_what_was_not_synced_any_choice_of_sectors_survives_a_power_cut() {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let (disk, file) = file(4);
        file.write_at(&[2; 1024], 512).unwrap();
        file.sync_data().unwrap();
        file.write_at(&[3; 1024], 1024).unwrap();
        file.write_at(&[4; 512], 1024).unwrap();
        disk.crash(seed);
        let found = changed(&disk);
        assert_eq!(disk.contents("f").len(), 2048);
        assert_eq!(found[0], (1, 2), "what was synced stays");
        assert!(file.len().is_err(), "handles from before are dead");
        seen.insert(found[1..].to_vec());
    }
    let expected = [vec![(2, 2)], vec![(2, 2), (3, 3)], vec![(2, 4)], vec![(2, 4), (3, 3)]];
    assert_eq!(seen, expected.into_iter().collect());
}

#[test]
fn a_file_that_grew_is_cut_back_to_what_survived() {
    let mut lengths = BTreeSet::new();
    for seed in 0..200 {
        let (disk, file) = file(1);
        file.write_at(&[2; 700], 700).unwrap();
        disk.crash(seed);
        let contents = disk.contents("f");
        lengths.insert(contents.len());
        assert!(contents[..512].iter().all(|&byte| byte == 1));
        assert!(contents.iter().skip(512).take(188).all(|&byte| byte == 0), "a hole reads as zeros");
    }
    assert_eq!(lengths, BTreeSet::from([512, 1024, 1400]));
}

#[test]
fn what_a_failed_sync_dropped_is_seen_until_the_power_is_cut() {
    for seed in 0..20 {
        let (disk, file) = file(3);
        file.write_at(&[2; 512], 512).unwrap();
        disk.fail(Call::Sync, 1, Fault::Io);
        file.sync_data().unwrap_err();
        file.write_at(&[3; 512], 1024).unwrap();
        file.sync_data().unwrap();
        assert_eq!(changed(&disk), [(1, 2), (2, 3)]);
        disk.crash(seed);
        assert_eq!(changed(&disk), [(2, 3)], "seed {seed}");
    }
}

#[test]
fn a_misdirected_write_succeeds_and_lands_on_another_sector_of_the_file() {
    // 515 lies in sector 1; sector 5 of a file of 4 is sector 1 again; what leaves the end is lost.
    for (offset, landed) in [(512, 1..3), (515, 1..3), (5 * 512, 1..3), (3 * 512, 3..4), (u64::MAX, 3..4)] {
        let (disk, file) = file(4);
        disk.misdirect(2, offset);
        file.write_at(&[2; 512], 0).unwrap();
        assert_eq!(disk.faults_left(), 1);
        file.write_at(&[3; 1024], 0).unwrap();
        let expected: Vec<_> = [(0, 2)].into_iter().chain(landed.map(|sector| (sector, 3))).collect();
        assert_eq!(changed(&disk), expected, "to {offset}");
        assert_eq!(disk.contents("f").len(), 2048);
        file.sync_data().unwrap();
        disk.crash(0);
        assert_eq!(changed(&disk), expected);
    }
}

#[test]
fn a_random_flip_strikes_a_durable_byte_and_survives_power_cuts() {
    let mut struck = BTreeSet::new();
    for seed in 0..200 {
        let (disk, file) = file(3);
        file.write_at(&[2; 512], 512).unwrap();
        file.write_at(&[2; 512], 3 * 512).unwrap();
        let before = disk.contents("f");
        let (offset, bit) = disk.flip_any("f", seed).unwrap();
        struck.insert(offset / 512);
        disk.crash(seed);
        assert_eq!(disk.contents("f")[offset], before[offset] ^ (1 << bit));
        disk.flip("f", offset, bit);
        assert_eq!(disk.contents("f")[offset], before[offset], "told where, one can mend it");
    }
    assert_eq!(struck, BTreeSet::from([0, 2]));
    let disk = FaultyDisk::new();
    disk.create("f").unwrap().write_at(&[1; 512], 0).unwrap();
    assert_eq!(disk.flip_any("f", 1), None, "nothing of the file is durable");
}

/// A write that went astray is found by the frame that follows it, wherever it went.
#[test]
fn the_log_refuses_what_a_misdirected_frame_left() {
    for sector in 0..128 {
        let disk = FaultyDisk::new();
        let mut running = open(&disk).unwrap();
        for index in 0..3 {
            running.append(&[record(index, 1000)]);
        }
        running.prepare();
        disk.misdirect(1, sector * 512);
        running.append(&[record(3, 1000)]);
        running.append(&[record(4, 1000)]);
        assert_eq!(disk.struck()[&Harm::Misdirected], 1);
        drop(running);
        // The frame's own place: it did not go astray.
        if sector == 1 + 3 * 3 {
            assert_eq!(open(&disk).unwrap().records.len(), 5);
            continue;
        }
        let error = open(&disk).unwrap_err();
        assert!(matches!(error, WalError::Damaged { .. }), "sector {sector}: {error}");
    }
}

/// A flip in a segment that all is kept of elsewhere harms nobody; any other is refused or in the tail.
#[test]
fn the_log_is_opened_or_refused_after_any_flip() {
    let sound = FaultyDisk::new();
    let mut running = open(&sound).unwrap();
    for index in 0..10 {
        running.append(&[record(index, 9000)]);
    }
    assert_eq!(running.log.active_segment(), 2);
    for (seed, name) in (0..200).flat_map(|seed| [(seed, FIRST), (seed, SECOND)]) {
        let disk = FaultyDisk::new();
        disk.install(FIRST, &sound.contents(FIRST));
        disk.install(SECOND, &sound.contents(SECOND));
        let (offset, _) = disk.flip_any(name, seed).unwrap();
        match open_after(&disk, Lsn(7)) {
            Ok(running) if name == FIRST => assert!(offset >= 512 && running.records.len() == 3),
            Ok(running) => assert!(running.opened.torn_bytes > 0 && running.records.len() >= 2),
            Err(error) => assert!(matches!(error, WalError::Damaged { .. }), "{error}"),
        }
    }
}

#[test]
fn what_struck_is_counted_by_kind() {
    let (disk, file) = file(2);
    assert!(disk.struck().is_empty());
    disk.fail(Call::Sync, 1, Fault::Io);
    disk.fail(Call::Sync, 2, Fault::Io);
    disk.fail(Call::Write, 2, Fault::NoSpace);
    disk.misdirect(1, 512);
    file.write_at(&[2; 512], 0).unwrap();
    file.write_at(&[2; 512], 0).unwrap_err();
    file.sync_data().unwrap_err();
    file.sync_data().unwrap_err();
    disk.set_capacity(Some(1024));
    file.write_at(&[2; 512], 1024).unwrap_err();
    disk.flip("f", 0, 0);
    disk.fail(Call::Read, 1, Fault::Io);
    disk.crash(1);
    assert_eq!(disk.faults_left(), 0, "what had not struck never will");
    let expected = [
        (Harm::Failed(Call::Write, Fault::NoSpace), 1),
        (Harm::Failed(Call::Sync, Fault::Io), 2),
        (Harm::Full, 1),
        (Harm::Misdirected, 1),
        (Harm::Flipped, 1),
        (Harm::PowerCut, 1),
    ];
    assert_eq!(disk.struck().into_iter().collect::<Vec<_>>(), expected);
}
