//! What is written comes back: in order, whole, over segments and restarts.

use crate::support::{Running, buffer, open, options, record};
use wal::faulty::FaultyDisk;
use wal::{Lsn, Options, VisitError, WalError, read};

/// A log of 40 frames of one record of 4 KiB each, over several segments.
fn long_log(disk: &FaultyDisk) -> Running {
    let mut running = open(disk).unwrap();
    for index in 0..40 {
        running.append(&[record(index, 4096)]);
    }
    running
}

#[test]
fn an_empty_directory_is_an_empty_log() {
    let disk = FaultyDisk::new();
    let running = open(&disk).unwrap();
    assert_eq!(running.opened.last_lsn, Lsn(0));
    assert_eq!((running.opened.frames, running.opened.segments), (0, 1));
    let nothing = read(&FaultyDisk::new(), &options(), Lsn(0), &mut |_| Ok(()), &mut |_| {});
    assert_eq!(nothing.unwrap().segments, 0);
}

#[test]
fn records_come_back_over_several_segments_and_restarts() {
    let disk = FaultyDisk::new();
    let mut expected = Vec::new();
    for restart in 0..4 {
        let mut running = open(&disk).unwrap();
        assert_eq!(running.records, expected);
        for index in 0..25 {
            let sizes = [0, 1, 300 * index, 5000];
            let group: Vec<_> = sizes.iter().map(|&size| record(restart, size)).collect();
            running.append(&group);
            expected.extend(group);
        }
        assert_eq!(running.log.last_lsn(), Lsn(expected.len() as u64));
    }
    let running = open(&disk).unwrap();
    assert_eq!(running.records, expected);
    assert!(running.log.active_segment() > 4);
    assert_eq!(running.opened.segments, running.log.active_segment());
    assert_eq!(running.opened.last_time_ms, expected.len() as u64 - 3);
    assert_eq!(running.opened.torn_bytes, 0);
}

#[test]
fn the_buffer_keeps_its_records_when_written() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let mut frame = buffer(&[record(1, 100)]);
    let written = running.log.write(&mut frame, Lsn(1), 0).unwrap();
    running.log.sync().unwrap();
    assert_eq!((written.bytes, running.log.bytes_written()), (512, 512));
    assert_eq!((frame.record_count(), frame.payload_len()), (1, 104));
    assert!(frame.push(&record(2, 10)));
    running.log.write(&mut frame, Lsn(2), 0).unwrap();
    running.log.sync().unwrap();
    drop(running);
    let expected = [record(1, 100), record(1, 100), record(2, 10)];
    assert_eq!(open(&disk).unwrap().records, expected);
}

#[test]
fn a_seal_is_written_once_and_counts_for_the_time_only() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    assert!(!running.log.seal(5).unwrap(), "an empty log needs no seal");
    running.append(&[record(1, 10)]);
    assert!(running.log.seal(77).unwrap());
    assert!(!running.log.seal(78).unwrap(), "the last frame is a seal");
    drop(running);
    let mut running = open(&disk).unwrap();
    assert_eq!(running.opened.last_time_ms, 77);
    assert_eq!(running.opened.frames, 2);
    assert_eq!(running.records, [record(1, 10)]);
    assert!(!running.log.seal(79).unwrap(), "nor after a restart");
    running.append(&[record(2, 10)]);
    assert!(running.log.seal(80).unwrap());
}

#[test]
#[should_panic(expected = "after the sync of the one before")]
fn a_frame_before_the_sync_of_the_last_is_a_bug() {
    let mut running = open(&FaultyDisk::new()).unwrap();
    running.log.write(&mut buffer(&[record(1, 10)]), Lsn(1), 0).unwrap();
    let _ = running.log.write(&mut buffer(&[record(2, 10)]), Lsn(2), 0);
}

#[test]
#[should_panic(expected = "numbered without a gap")]
fn a_gap_in_the_numbers_is_a_bug() {
    let mut running = open(&FaultyDisk::new()).unwrap();
    let _ = running.log.write(&mut buffer(&[record(1, 10)]), Lsn(2), 0);
}

#[test]
fn reading_after_a_record_skips_what_ends_there() {
    let disk = FaultyDisk::new();
    drop(long_log(&disk));
    for after in [0, 1, 2, 13, 14, 15, 16, 17, 39, 40] {
        let mut visited = Vec::new();
        let mut visit = |frame: &wal::Frame<'_>| {
            visited.push(frame.first_lsn.0);
            Ok(())
        };
        let opened = read(&disk, &options(), Lsn(after), &mut visit, &mut |_| {}).unwrap();
        assert_eq!(visited, (after + 1..=40).collect::<Vec<_>>());
        assert_eq!(opened.last_lsn, Lsn(40));
    }
    let mut total_bytes = 0;
    let mut progress = |progress: wal::Progress| total_bytes = progress.total_bytes;
    read(&disk, &options(), Lsn(39), &mut |_| Ok(()), &mut progress).unwrap();
    assert_eq!(total_bytes, 65536, "only the segment that holds the record is read");
}

#[test]
fn progress_rises_to_the_total() {
    let disk = FaultyDisk::new();
    drop(long_log(&disk));
    let mut steps = Vec::new();
    read(&disk, &options(), Lsn(0), &mut |_| Ok(()), &mut |step| steps.push(step)).unwrap();
    assert!(steps.is_sorted_by_key(|step| step.read_bytes));
    let last = steps.last().unwrap();
    assert_eq!(last.read_bytes, last.total_bytes);
}

#[test]
fn a_visitor_that_refuses_ends_the_reading_and_is_quoted() {
    let disk = FaultyDisk::new();
    drop(long_log(&disk));
    let mut visited = 0;
    let mut visit = |_: &wal::Frame<'_>| {
        visited += 1;
        if visited == 2 { Err(VisitError("not to my taste".to_owned())) } else { Ok(()) }
    };
    let error = read(&disk, &options(), Lsn(0), &mut visit, &mut |_| {}).unwrap_err();
    assert!(matches!(error, WalError::Visit { offset: 5120, .. }), "{error}");
    assert!(error.to_string().ends_with("not to my taste"));
    assert_eq!(visited, 2);
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let refused = |options: Options| match options.validate() {
        Err(WalError::Option { option, .. }) => option,
        other => panic!("not refused: {other:?}"),
    };
    assert!(Options::default().validate().is_ok());
    assert!(Options { reserve_bytes: options().segment_bytes, ..options() }.validate().is_ok());
    assert_eq!(refused(Options { segment_bytes: 65535, ..options() }), "segment_bytes");
    assert_eq!(refused(Options { segment_bytes: 65537, ..options() }), "segment_bytes");
    assert_eq!(refused(Options { reserve_bytes: 65537, ..options() }), "reserve_bytes");
    assert_eq!(refused(Options { prepare_step_bytes: 0, ..options() }), "prepare_step_bytes");
    assert_eq!(refused(Options { prepare_step_bytes: 700, ..options() }), "prepare_step_bytes");
}
