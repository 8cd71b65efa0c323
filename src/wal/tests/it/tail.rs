//! A tail that a crash tore is cut off and counted, and nothing before it is touched.

use crate::support::{FIRST, Records, buffer, open, options, record};
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Log, Lsn, read};

/// One record a frame, of one sector, of several, and of one; where each frame ends.
fn sample() -> (Vec<u8>, Records, Vec<usize>) {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let records = vec![record(1, 300), record(2, 1200), record(3, 90)];
    let mut ends = Vec::new();
    for record in &records {
        running.append(std::slice::from_ref(record));
        ends.push(512 + running.log.bytes_written() as usize);
    }
    (disk.contents(FIRST), records, ends)
}

#[test]
fn a_file_cut_anywhere_keeps_the_frames_before_the_cut() {
    let (contents, records, ends) = sample();
    for length in 512..ends[2] + 600 {
        let disk = FaultyDisk::new();
        disk.install(FIRST, &contents[..length]);
        let whole = ends.iter().filter(|&&end| end <= length).count();
        let mut running = open(&disk).unwrap();
        assert_eq!(running.records, records[..whole], "cut to {length} bytes");
        running.append(&[record(9, 700)]);
        drop(running);
        let mut expected = records[..whole].to_vec();
        expected.push(record(9, 700));
        let running = open(&disk).unwrap();
        assert_eq!(running.records, expected, "cut to {length} bytes, then appended to");
        assert_eq!(running.opened.torn_bytes, 0);
    }
}

#[test]
fn a_file_cut_within_its_header_is_refused() {
    let (contents, ..) = sample();
    for length in 0..512 {
        let disk = FaultyDisk::new();
        disk.install(FIRST, &contents[..length]);
        let error = open(&disk).unwrap_err().to_string();
        assert!(error.contains(FIRST) && error.contains("at byte 0"), "{length}: {error}");
    }
}

#[test]
fn a_torn_tail_is_counted_and_zeroed_by_opening_and_left_alone_by_reading() {
    let (mut contents, records, ends) = sample();
    let last_start = ends[1];
    contents[last_start + 80] ^= 1;
    let disk = FaultyDisk::new();
    disk.install(FIRST, &contents);

    let opened = read(&disk, &options(), Lsn(0), &mut |_| Ok(()), &mut |_| {}).unwrap();
    assert_eq!((opened.last_lsn, opened.torn_bytes), (Lsn(2), 66 + 4 + 90));
    assert_eq!(disk.contents(FIRST), contents);

    let running = open(&disk).unwrap();
    assert_eq!(running.records, records[..2]);
    assert_eq!(running.opened.torn_bytes, 66 + 4 + 90);
    let repaired = disk.contents(FIRST);
    assert_eq!(repaired[..last_start], contents[..last_start]);
    assert!(repaired[last_start..].iter().all(|&byte| byte == 0));
    assert_eq!(open(&disk).unwrap().opened.torn_bytes, 0);
}

#[test]
fn the_remains_of_a_longer_torn_frame_do_not_outlive_a_shorter_one() {
    let (contents, ..) = sample();
    let disk = FaultyDisk::new();
    // The second frame loses its first sector, and with it its header; its others stay.
    let mut torn = contents[..1024].to_vec();
    torn.resize(1536, 0);
    torn.extend(&contents[1536..2560]);
    disk.install(FIRST, &torn);
    let mut running = open(&disk).unwrap();
    running.append(&[record(4, 20)]);
    running.append(&[record(5, 20)]);
    drop(running);
    assert_eq!(open(&disk).unwrap().records, [record(1, 300), record(4, 20), record(5, 20)]);
}

/// After a failed sync the kernel may call the lost bytes clean: they still read as sound after a
/// restart, no later sync writes them, and a power cut would leave a hole under acknowledged frames.
#[test]
fn a_frame_whose_sync_failed_is_written_again_before_anything_follows_it() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    running.append(&[record(1, 100)]);
    running.log.write(&mut buffer(&[record(2, 3000)]), Lsn(2), 0).unwrap();
    disk.fail(Call::Sync, 1, Fault::Io);
    running.log.sync().unwrap_err();
    drop(running);

    let mut running = open(&disk).unwrap();
    let mut expected = running.records.clone();
    running.append(&[record(3, 100)]);
    expected.push(record(3, 100));
    drop(running);
    disk.crash(0);
    assert_eq!(open(&disk).unwrap().records, expected);
}

#[test]
fn a_segment_that_a_crash_left_unfinished_is_removed() {
    let disk = FaultyDisk::new();
    open(&disk).unwrap().append(&[record(1, 10)]);
    disk.install("next.tmp", &[9; 4096]);
    disk.install("LOCK", b"1\n");
    let mut running = open(&disk).unwrap();
    for index in 0..20 {
        running.append(&[record(index, 9000)]);
    }
    drop(running);
    assert_eq!(open(&disk).unwrap().records.len(), 21);
    assert_eq!(disk.contents("LOCK"), b"1\n");
}

/// Otherwise a restart could show a record that a power cut then takes back.
#[test]
fn nothing_is_read_before_it_is_synced() {
    let disk = FaultyDisk::new();
    open(&disk).unwrap().append(&[record(1, 10)]);
    disk.fail(Call::Sync, 1, Fault::Io);
    let mut visited = 0;
    let mut visit = |_: &wal::Frame<'_>| {
        visited += 1;
        Ok(())
    };
    Log::open(disk.clone(), options(), Lsn(0), &mut visit, &mut |_| {}).unwrap_err();
    assert_eq!((visited, disk.faults_left()), (0, 0));
}

/// The new name is there after a restart, but not yet after a power cut.
#[test]
fn a_segment_whose_name_was_not_synced_keeps_it_once_it_is_opened() {
    for seed in 0..20 {
        let disk = FaultyDisk::new();
        let mut running = open(&disk).unwrap();
        running.append(&[record(1, 60_000)]);
        running.prepare();
        disk.fail(Call::SyncDir, 1, Fault::Io);
        running.log.write(&mut buffer(&[record(2, 9000)]), Lsn(2), 0).unwrap_err();
        drop(running);
        let mut running = open(&disk).unwrap();
        running.append(&[record(3, 100)]);
        assert_eq!(running.log.active_segment(), 2);
        drop(running);
        disk.crash(seed);
        assert_eq!(open(&disk).unwrap().records, [record(1, 60_000), record(3, 100)]);
    }
}
