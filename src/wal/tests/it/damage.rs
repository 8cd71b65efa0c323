//! Bytes that were acknowledged and are no more make the log refuse, by file and offset, untouched.

use crate::support::{FIRST, Records, SECOND, open, record};
use wal::faulty::FaultyDisk;
use wal::{Disk, WalError};

/// A full segment and the beginning of a second.
struct Sample {
    first: Vec<u8>,
    second: Vec<u8>,
    records: Records,
    /// Where the frames of each start, and where the last one ends.
    first_starts: Vec<usize>,
    second_starts: Vec<usize>,
}

fn sample(with_seal: bool) -> Sample {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let small = [record(1, 300), record(2, 700)];
    let large = record(3, 62_300);
    let more = [record(4, 700), record(5, 900)];
    running.append(&small[..1]);
    running.append(&small[1..]);
    running.log.seal(9).unwrap();
    running.append(std::slice::from_ref(&large));
    running.append(&more[..1]);
    running.append(&more[1..]);
    if with_seal {
        running.log.seal(99).unwrap();
    }
    assert_eq!(running.log.active_segment(), 2);
    let mut second_starts = vec![512, 1536, 2560];
    second_starts.extend(with_seal.then_some(3072));
    Sample {
        first: disk.contents(FIRST),
        second: disk.contents(SECOND),
        records: [&small[..], &[large], &more].concat(),
        first_starts: vec![512, 1024, 2048, 2560, 2560 + 62_464],
        second_starts,
    }
}

impl Sample {
    fn disk(&self) -> FaultyDisk {
        let disk = FaultyDisk::new();
        disk.install(FIRST, &self.first);
        disk.install(SECOND, &self.second);
        disk
    }

    /// Opens the log with one bit flipped: what it holds, or where it is said to be damaged.
    fn flipped(&self, name: &str, bit: usize) -> Result<(Records, u64), (String, u64)> {
        let disk = self.disk();
        disk.flip(name, bit / 8, (bit % 8) as u8);
        let before = [disk.contents(FIRST), disk.contents(SECOND)];
        match open(&disk) {
            Ok(running) => Ok((running.records, running.opened.torn_bytes)),
            Err(WalError::Damaged { file, offset, .. }) => {
                assert_eq!([disk.contents(FIRST), disk.contents(SECOND)], before);
                Err((file, offset))
            }
            Err(other) => panic!("bit {bit} of {name}: {other}"),
        }
    }
}

/// Every bit of headers and small frames, and a spread of those in the large frame and the zeros.
fn bits(contents: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let dense = 4096 * 8;
    (0..dense).chain((dense..contents.len() * 8).step_by(1009))
}

/// Where the frame, or the header, or the unused rest begins that holds the byte.
fn start_of(starts: &[usize], byte: usize) -> u64 {
    starts.iter().copied().filter(|&start| start <= byte).max().unwrap_or(0) as u64
}

/// All of them.
fn every_bit(contents: &[u8]) -> impl Iterator<Item = usize> + use<> {
    0..contents.len() * 8
}

/// Flips bits of a segment that has a successor: each is refused, by file and offset. How many.
fn flip_finished<I: Iterator<Item = usize>>(bits: impl Fn(&[u8]) -> I) -> usize {
    let sample = sample(true);
    let refused = bits(&sample.first).inspect(|bit| {
        let expected = (FIRST.to_owned(), start_of(&sample.first_starts, bit / 8));
        assert_eq!(sample.flipped(FIRST, *bit), Err(expected), "bit {bit}");
    });
    refused.count()
}

/// Flips bits of the last segment, with and without a seal at its end: each is refused, or all is recovered but for a
/// last frame that may never have been acknowledged. How many of each.
fn flip_last<I: Iterator<Item = usize>>(bits: impl Fn(&[u8]) -> I) -> (usize, usize) {
    let (mut refused, mut recovered) = (0, 0);
    for with_seal in [true, false] {
        let sample = sample(with_seal);
        let tail = sample.second_starts[sample.second_starts.len() - 1];
        let last = sample.second_starts[sample.second_starts.len() - 2];
        let without_last = sample.records.len() - usize::from(!with_seal);
        for bit in bits(&sample.second) {
            let found = sample.flipped(SECOND, bit);
            if bit / 8 < last {
                let expected = (SECOND.to_owned(), start_of(&sample.second_starts, bit / 8));
                assert_eq!(found, Err(expected), "bit {bit}");
                refused += 1;
                continue;
            }
            let (records, torn_bytes) = found.unwrap();
            let kept = if bit / 8 < tail { without_last } else { sample.records.len() };
            assert_eq!(records, sample.records[..kept], "bit {bit}");
            assert!(torn_bytes > 0, "bit {bit}");
            recovered += 1;
        }
    }
    (refused, recovered)
}

#[test]
fn no_flipped_bit_of_a_finished_segment_is_accepted() {
    println!("{} flips, each refused", flip_finished(bits));
}

#[test]
fn no_flipped_bit_of_the_last_segment_loses_more_than_its_last_frame() {
    let (refused, recovered) = flip_last(bits);
    println!("{refused} flips refused, {recovered} after the last acknowledged frame recovered");
}

/// `cargo test --release -p wal --test it -- --ignored --nocapture every_bit`
#[test]
#[ignore = "takes a minute; the tests above flip a selection"]
fn every_bit_of_both_segments_is_refused_or_recovered() {
    let finished = flip_finished(every_bit);
    let (refused, recovered) = flip_last(every_bit);
    println!("{} flips: {} refused, {recovered} recovered", finished + refused + recovered, finished + refused);
}

#[test]
fn a_sector_that_was_never_written_under_a_later_frame_is_damage() {
    let mut sample = sample(true);
    for sector in 1..5 {
        let whole = sample.second.clone();
        sample.second[sector * 512..][..512].fill(0);
        let error = open(&sample.disk()).unwrap_err();
        let start = start_of(&sample.second_starts, sector * 512);
        let is_named = matches!(
            &error,
            WalError::Damaged { file, offset, .. } if file == SECOND && *offset == start
        );
        assert!(is_named, "sector {sector}: {error}");
        sample.second = whole;
    }
}

/// The later frame is itself torn; that its header was written proves its predecessor acknowledged.
#[test]
fn the_header_of_a_torn_later_frame_is_proof_enough() {
    let mut sample = sample(false);
    let last = sample.second_starts[1];
    sample.second[last + 700] ^= 1;
    sample.second[600] ^= 1;
    let error = open(&sample.disk()).unwrap_err();
    assert!(matches!(error, WalError::Damaged { offset: 512, .. }), "{error}");
}

#[test]
fn a_segment_missing_between_others_is_named() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    for index in 0..40 {
        running.append(&[record(index, 4096)]);
    }
    drop(running);
    disk.remove(SECOND).unwrap();
    let error = open(&disk).unwrap_err();
    assert!(matches!(&error, WalError::Damaged { file, .. } if file == SECOND), "{error}");
}

/// The second segment of another log of the same shape: sound in itself, and not what follows.
#[test]
fn a_segment_of_another_history_is_refused() {
    let ours = sample(true);
    let other = FaultyDisk::new();
    let mut running = open(&other).unwrap();
    running.append(&[record(8, 61_000)]);
    running.append(&[record(9, 4000)]);
    drop(running);
    let disk = ours.disk();
    disk.install(SECOND, &other.contents(SECOND));
    let error = open(&disk).unwrap_err();
    assert!(matches!(&error, WalError::Damaged { file, .. } if file == FIRST), "{error}");
}

/// A frame copied over its successor is sound, but the chain says that it does not belong there.
#[test]
fn a_frame_in_another_ones_place_is_refused() {
    let mut sample = sample(true);
    let copied = sample.first[512..1024].to_vec();
    sample.first[2048..2560].copy_from_slice(&copied);
    let error = open(&sample.disk()).unwrap_err();
    assert!(matches!(error, WalError::Damaged { offset: 2048, .. }), "{error}");
}
