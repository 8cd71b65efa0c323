//! The bytes of format version 1, spelt out: they stay readable for ever.

use crate::support::{FIRST, SECOND, open, options, record};
use std::ops::ControlFlow;
use wal::faulty::FaultyDisk;
use wal::{FRAME_HEADER_BYTES, FollowError, Follower, Lsn, MAX_FRAME_BYTES, WalError, read};

fn with_crc(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

fn segment_header(version: u16) -> Vec<u8> {
    let mut bytes = b"TGSG".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend([7, 0, 0, 0]); // partition
    bytes.extend([3, 0, 0, 0]); // epoch
    bytes.extend(1u64.to_le_bytes()); // segment
    bytes.extend([0; 8 + 8 + 8 + 4]); // predecessor: its id, last LSN, frame number and checksum
    bytes.resize(508, 0);
    with_crc(bytes)
}

fn frame(version: u16) -> Vec<u8> {
    frame_of(version, b"hello")
}

/// One frame of one record.
fn frame_of(version: u16, record: &[u8]) -> Vec<u8> {
    let mut payload = (record.len() as u32).to_le_bytes().to_vec();
    payload.extend(record);
    let payload_bytes = payload.len() as u32;
    payload.resize((66 + payload.len()).next_multiple_of(512) - 66, 0);
    let mut bytes = b"TGFR".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend([7, 0, 0, 0]); // partition
    bytes.extend([3, 0, 0, 0]); // epoch
    bytes.extend(1u64.to_le_bytes()); // segment
    bytes.extend(1u64.to_le_bytes()); // frame number
    bytes.extend(1u64.to_le_bytes()); // first LSN
    bytes.extend(1u32.to_le_bytes()); // records
    bytes.extend(payload_bytes.to_le_bytes());
    bytes.extend(0u32.to_le_bytes()); // the previous frame's checksum
    bytes.extend(1234u64.to_le_bytes()); // time
    bytes.extend(crc32c::crc32c(&payload).to_le_bytes());
    let mut bytes = with_crc(bytes);
    bytes.extend(payload);
    bytes
}

#[test]
fn version_1_is_written_as_documented() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let mut buffer = wal::FrameBuffer::new();
    assert!(buffer.push(b"hello"));
    running.log.write(&mut buffer, Lsn(1), 1234).unwrap();
    let written = disk.contents(FIRST);
    assert_eq!(written[..512], segment_header(1));
    assert_eq!(written[512..1024], frame(1));
    assert!(written[1024..].iter().all(|&byte| byte == 0));
}

#[test]
fn version_1_is_read_as_documented() {
    let disk = FaultyDisk::new();
    disk.install(FIRST, &[segment_header(1), frame(1)].concat());
    let running = open(&disk).unwrap();
    assert_eq!(running.records, [b"hello"]);
    assert_eq!(running.opened.last_time_ms, 1234);
}

#[test]
fn a_frame_above_the_limit_is_none_however_sound_it_looks() {
    let largest = MAX_FRAME_BYTES - FRAME_HEADER_BYTES - 4;
    for (bytes, found) in [(largest, 1), (largest + 1, 0)] {
        let disk = FaultyDisk::new();
        disk.install(FIRST, &[segment_header(1), frame_of(1, &record(1, bytes))].concat());
        let options = wal::Options { segment_bytes: 4 << 20, ..options() };
        let opened = read(&disk, &options, Lsn(0), &mut |_| Ok(()), &mut |_| {}).unwrap();
        assert_eq!(opened.frames, found, "a record of {bytes} bytes");
    }
}

#[test]
fn a_newer_version_is_refused_by_file_and_version() {
    let newer_segment = [segment_header(2), frame(2)].concat();
    let newer_frame = [segment_header(1), frame(2)].concat();
    for contents in [newer_segment, newer_frame] {
        let disk = FaultyDisk::new();
        disk.install(FIRST, &contents);
        let error = open(&disk).unwrap_err();
        let WalError::NewerFormat { file, found: 2, supported: 1 } = error else {
            panic!("{error}");
        };
        assert_eq!(file, FIRST);
        assert_eq!(disk.contents(FIRST), contents);
    }
}

/// Found by the fuzzer: the number after it was an overflow, which ended the process.
#[test]
fn a_number_that_nothing_can_follow_is_refused() {
    for field in [30..38, 38..46] {
        let mut header = segment_header(1);
        header.truncate(508);
        header[field].fill(0xff);
        let disk = FaultyDisk::new();
        disk.install(FIRST, &with_crc(header));
        let error = open(&disk).unwrap_err();
        assert!(matches!(error, WalError::Damaged { offset: 0, .. }), "{error}");
    }
}

/// Found by the fuzzer: whoever followed such a log read the frame again and again.
#[test]
fn a_frame_that_miscounts_its_records_is_refused() {
    for count in [0_u32, 2, u32::MAX] {
        let mut frame = frame(1);
        frame[38..42].copy_from_slice(&count.to_le_bytes());
        let header = with_crc(frame[..62].to_vec());
        frame[..66].copy_from_slice(&header);
        let disk = FaultyDisk::new();
        disk.install(FIRST, &[segment_header(1), frame].concat());
        let mut follower = Follower::after(Lsn(0), &options());
        let followed = follower.read(&disk, Lsn(2), &mut |_, _| Ok(ControlFlow::Continue(())));
        let is_damage = |error: &WalError| matches!(error, WalError::Damaged { offset: 512, .. });
        assert!(matches!(&followed, Err(FollowError::Failed(error)) if is_damage(error)), "{followed:?}");
        let error = open(&disk).unwrap_err();
        assert!(is_damage(&error), "{error}");
    }
}

#[test]
fn a_log_of_another_partition_or_epoch_is_refused() {
    let disk = FaultyDisk::new();
    open(&disk).unwrap().append(&[record(1, 10)]);
    let partition = wal::Options { partition: 8, ..options() };
    let epoch = wal::Options { epoch: 4, ..options() };
    for options in [partition, epoch] {
        let error = read(&disk, &options, Lsn(0), &mut |_| Ok(()), &mut |_| {}).unwrap_err();
        assert!(matches!(error, WalError::Damaged { offset: 0, .. }), "{error}");
    }
}

#[test]
fn a_segment_under_another_name_is_refused() {
    let disk = FaultyDisk::new();
    open(&disk).unwrap().append(&[record(1, 10)]);
    disk.install(SECOND, &disk.contents(FIRST));
    let error = open(&disk).unwrap_err();
    assert!(matches!(&error, WalError::Damaged { file, .. } if file == SECOND), "{error}");
}
