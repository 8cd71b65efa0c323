//! A sound log, written over at places: two readers agree on it and change nothing that they refuse. Where four bytes in a
//! row were written over, which no checksum of four bytes overlooks, what is read is a beginning of what was written; where
//! more were, a fuzzer may forge a frame. The bytes are patches: an offset of two bytes (times eight), a length of one, and
//! so many bytes; or the whole of them is the segment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use wal::faulty::FaultyDisk;
use wal::{FrameBuffer, Log, Lsn, Options};

const SEGMENT: &str = "0000000000000001.seg";

fn options() -> Options {
    Options { segment_bytes: 64 << 10, reserve_bytes: 0, prepare_step_bytes: 64 << 10, ..Options::default() }
}

/// A segment with forty frames of records that say their number.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let disk = FaultyDisk::new();
        let (mut log, mut preparer, _) =
            Log::open(disk.clone(), options(), Lsn(0), &mut |_| Ok(()), &mut |_| {}).expect("an empty disk");
        while preparer.step().expect("a sound disk") == wal::Prepared::Worked {}
        for first in (1..=80).step_by(2) {
            let mut frame = FrameBuffer::new();
            for lsn in [first, first + 1_u64] {
                assert!(frame.push(&lsn.to_le_bytes().repeat(1 + lsn as usize % 60)));
            }
            log.write(&mut frame, Lsn(first), first).expect("there is room");
            log.sync().expect("a sound disk");
        }
        disk.contents(SEGMENT)
    })
}

/// The one patch of at most four bytes, if that is all.
fn is_small(patches: &[u8]) -> bool {
    matches!(patches, [_, _, 1..=4, tail @ ..] if tail.len() <= 4)
}

fn patched(patches: &[u8]) -> Vec<u8> {
    let mut segment = sound().to_vec();
    let mut rest = patches;
    while let [low, high, length, tail @ ..] = rest {
        let at = usize::from(u16::from_le_bytes([*low, *high])) * 8 % segment.len();
        let bytes = &tail[..usize::from(*length).min(tail.len()).min(segment.len() - at)];
        segment[at..at + bytes.len()].copy_from_slice(bytes);
        rest = &tail[bytes.len()..];
    }
    segment
}

fuzz_target!(|bytes: &[u8]| {
    let Some((mode, bytes)) = bytes.split_first() else { return };
    let is_patch = mode % 8 != 0;
    let is_small = is_patch && is_small(bytes);
    let disk = FaultyDisk::new();
    disk.install(SEGMENT, &if is_patch { patched(bytes) } else { bytes.to_vec() });
    let mut next = 1;
    let mut visit = |frame: &wal::Frame<'_>| {
        for record in wal::records(frame.payload) {
            let record = record?;
            if is_small {
                assert_eq!(record.get(..8), Some(next.to_le_bytes().as_slice()), "record {next} is not what was written");
            }
            next += 1_u64;
        }
        Ok(())
    };
    let read = wal::read(&disk, &options(), Lsn(0), &mut visit, &mut |_| {});
    let before = disk.contents(SEGMENT);
    let opened = Log::open(disk.clone(), options(), Lsn(0), &mut |_| Ok(()), &mut |_| {});
    assert_eq!(read.is_ok(), opened.is_ok(), "the two readers agree");
    if opened.is_err() {
        assert_eq!(disk.contents(SEGMENT), before, "nothing was changed");
    }
});
