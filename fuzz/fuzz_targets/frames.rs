//! A sound log, written over at places: two readers agree on it and change nothing that they refuse, what they take goes on,
//! and a follower finds all of it or says why not. The first byte says what the others are: a whole segment; or patches,
//! each an offset of two bytes (times eight), a length of one, and so many bytes. Patches may be mended: then all checksums
//! are right, and only what they cover is not. One patch of four bytes, which no checksum overlooks, leaves a beginning of
//! what was written; more may forge a frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;
use wal::faulty::FaultyDisk;
use wal::{FRAME_ALIGN, FRAME_HEADER_BYTES, Follower, FrameBuffer, Log, Lsn, Options, Prepared, Preparer, WalError};

const SEGMENT: &str = "0000000000000001.seg";

fn options() -> Options {
    Options { segment_bytes: 64 << 10, reserve_bytes: 0, prepare_step_bytes: 64 << 10, ..Options::default() }
}

/// A log that may be written, and what makes space for it.
type Opened = (Log<FaultyDisk>, Preparer<FaultyDisk>);

fn open(disk: &FaultyDisk) -> Result<Opened, WalError> {
    let (log, preparer, _) = Log::open(disk.clone(), options(), Lsn(0), &mut |_| Ok(()), &mut |_| {})?;
    Ok((log, preparer))
}

/// A record that says its number.
fn bytes_of(lsn: u64) -> Vec<u8> {
    lsn.to_le_bytes().repeat(1 + lsn as usize % 60)
}

fn append((log, preparer): &mut Opened, records: Range<u64>) {
    while preparer.step().expect("a sound disk") == Prepared::Worked {}
    let mut frame = FrameBuffer::with_limit(options().frame_limit_bytes());
    for lsn in records {
        assert!(frame.push(&bytes_of(lsn)));
    }
    let first = log.last_lsn().next();
    log.write(&mut frame, first, first.0).expect("there is room");
    log.sync().expect("a sound disk");
}

/// The beginning of a segment: nine frames of records that say their number, and some of the space prepared after them.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let disk = FaultyDisk::new();
        let mut opened = open(&disk).expect("an empty disk");
        for records in [1..2, 2..4, 4..9, 9..10, 10..30, 30..31, 31..34, 34..35, 35..37] {
            append(&mut opened, records);
        }
        let mut segment = disk.contents(SEGMENT);
        segment.truncate(16 << 10);
        segment
    })
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

/// Makes the checksums right of the segment's header and of every sector that looks like the beginning of a frame.
fn mend(segment: &mut [u8]) {
    let (header, frames) = segment.split_at_mut(FRAME_ALIGN);
    close(header);
    for sector in 0..frames.len() / FRAME_ALIGN {
        let (header, rest) = frames[sector * FRAME_ALIGN..].split_at_mut(FRAME_HEADER_BYTES);
        if !header.starts_with(b"TGFR") {
            continue;
        }
        let payload_bytes = u32::from_le_bytes(header[42..46].try_into().expect("four bytes")) as usize;
        let frame_bytes = FRAME_HEADER_BYTES.saturating_add(payload_bytes).next_multiple_of(FRAME_ALIGN);
        if let Some(payload) = rest.get(..frame_bytes - FRAME_HEADER_BYTES) {
            header[58..62].copy_from_slice(&crc32c::crc32c(payload).to_le_bytes());
        }
        close(header);
    }
}

fn close(block: &mut [u8]) {
    let (covered, checksum) = block.split_at_mut(block.len() - 4);
    checksum.copy_from_slice(&crc32c::crc32c(covered).to_le_bytes());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((mode, bytes)) = bytes.split_first() else { return };
    let segment = match mode % 3 {
        0 => bytes.to_vec(),
        1 => patched(bytes),
        _ => {
            let mut segment = patched(bytes);
            mend(&mut segment);
            segment
        }
    };
    let is_small = mode % 3 == 1 && matches!(bytes, [_, _, 1..=4, tail @ ..] if tail.len() <= 4);
    let disk = FaultyDisk::new();
    disk.install(SEGMENT, &segment);
    let (mut next, mut found) = (1, 0);
    let mut visit = |frame: &wal::Frame<'_>| {
        for record in wal::records(frame.payload) {
            let record = record?;
            assert!(!is_small || *record == bytes_of(next), "record {next} is not what was written");
            next += 1;
        }
        found = frame.last_lsn().0;
        Ok(())
    };
    // Whoever follows begins anywhere, and finds its place by halving.
    let mut follower = Follower::after(Lsn(u64::from(mode / 3) % 36), &options());
    let mut take = |lsn: Lsn, record: &[u8]| {
        assert!(!is_small || *record == bytes_of(lsn.0), "record {lsn} is not what was written");
        Ok(ControlFlow::Continue(()))
    };
    let followed = follower.read(&disk, Lsn(36), &mut take);
    assert!(followed.is_err() || follower.seen() == Lsn(36), "all of it, or an error");
    let read = wal::read(&disk, &options(), Lsn(0), &mut visit, &mut |_| {});
    assert_eq!(disk.contents(SEGMENT), segment, "who reads changes nothing");
    match (read, open(&disk)) {
        (Ok(read), Ok(mut opened)) => {
            assert_eq!((read.last_lsn, opened.0.last_lsn()), (Lsn(found), Lsn(found)), "the two readers agree");
            if *mode < 32 {
                append(&mut opened, 1..2);
            }
        }
        (Err(reading), Err(opening)) => {
            assert_eq!(reading.to_string(), opening.to_string(), "the two readers agree");
            assert_eq!(disk.contents(SEGMENT), segment, "nothing is changed of what is refused");
        }
        (read, opened) => panic!("the two readers disagree: {read:?}, {:?}", opened.err()),
    }
});
