//! Segments spoilt at random places: reading refuses and changes nothing, or it finds a beginning of what was written and the
//! log goes on from there. What `fuzz/fuzz_targets/frames.rs` looks for, on a stable toolchain and without looking at coverage.

use crate::inputs::{any_of, each, spoil};
use crate::support::{FIRST, Records, SECOND, open, options, record};
use fastrand::Rng;
use wal::faulty::FaultyDisk;
use wal::{Disk, Lsn, WalError, read, records};

/// A log of two segments with frames of all sizes and a seal; its records are those of `seed`.
struct Sample {
    segments: [Vec<u8>; 2],
    records: Records,
}

fn sample(seed: u64) -> Sample {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    let mut written = Vec::new();
    for (index, bytes) in [1, 300, 700, 1500, 60_000, 10, 900, 4000].into_iter().enumerate() {
        let frame = [record(seed + index as u64, bytes), record(seed + 100 + index as u64, 40)];
        running.append(&frame);
        written.extend(frame);
        if index == 3 {
            running.log.seal(9).unwrap();
        }
    }
    assert_eq!(running.log.active_segment(), 2);
    Sample { segments: [FIRST, SECOND].map(|name| disk.contents(name)), records: written }
}

/// One of the segments spoilt, now and then both, one gone, or the one in the other's place.
fn spoilt(rng: &mut Rng, sound: &Sample, foreign: &Sample) -> FaultyDisk {
    let mut segments = sound.segments.clone();
    let all = [&sound.segments[..], &foreign.segments].concat();
    for _ in 0..=rng.u8(..8) / 7 {
        let (segment, other) = (&mut segments[rng.usize(..2)], any_of(rng, &all));
        if rng.bool() {
            move_sectors(rng, segment, other);
        }
        if rng.bool() {
            spoil(rng, segment, other);
        }
    }
    let disk = FaultyDisk::new();
    let in_place = rng.u8(..20) > 0;
    for (name, segment) in if in_place { [FIRST, SECOND] } else { [SECOND, FIRST] }.into_iter().zip(&segments) {
        if rng.u8(..40) > 0 {
            disk.install(name, segment);
        }
    }
    disk
}

/// Whole sectors from elsewhere: sound frames where they do not belong.
fn move_sectors(rng: &mut Rng, segment: &mut [u8], other: &[u8]) {
    let sectors = segment.len().min(other.len()) / 512;
    if sectors == 0 {
        return;
    }
    let (from, to, count) = (rng.usize(..sectors), rng.usize(..sectors), 1 + rng.usize(..8));
    let bytes = 512 * count.min(sectors - from.max(to));
    segment[512 * to..][..bytes].copy_from_slice(&other[512 * from..][..bytes]);
}

fn contents(disk: &FaultyDisk) -> Vec<(String, Vec<u8>)> {
    let names = disk.list().expect("no fault is injected");
    names.into_iter().map(|name| (name.clone(), disk.contents(&name))).collect()
}

/// All records in it, by the reader that changes nothing.
fn looked_at(disk: &FaultyDisk) -> Result<Records, WalError> {
    let mut found = Vec::new();
    let mut visit = |frame: &wal::Frame<'_>| {
        for record in records(frame.payload) {
            found.push(record?.to_vec());
        }
        Ok(())
    };
    read(disk, &options(), Lsn(0), &mut visit, &mut |_| {})?;
    Ok(found)
}

#[test]
fn a_spoilt_log_is_refused_or_is_a_beginning_of_what_was_written() {
    let (sound, foreign) = (sample(1), sample(1000));
    let (mut refused, mut whole, mut shorter) = (0_u64, 0_u64, 0_u64);
    each(2_000, |rng| {
        let disk = spoilt(rng, &sound, &foreign);
        let before = contents(&disk);
        let looked_at = looked_at(&disk);
        assert_eq!(contents(&disk), before, "who reads changes nothing");
        let mut running = match (open(&disk), looked_at) {
            (Ok(running), Ok(found)) => {
                assert_eq!(running.records, found, "the two readers agree");
                running
            }
            (Err(opening), Err(reading)) => {
                assert_eq!(opening.to_string(), reading.to_string(), "the two readers agree");
                assert_eq!(contents(&disk), before, "nothing is changed of what is refused");
                refused += 1;
                return;
            }
            (opened, read) => panic!("the two readers disagree: {:?}, {:?}", opened.err(), read.err()),
        };
        assert!(sound.records.starts_with(&running.records), "only what was written");
        let is_whole = running.records.len() == sound.records.len();
        *if is_whole { &mut whole } else { &mut shorter } += 1;
        let next = record(7, 70);
        running.append(std::slice::from_ref(&next));
        let expected = [&running.records[..], &[next]].concat();
        drop(running);
        assert_eq!(open(&disk).unwrap().records, expected, "the log goes on");
    });
    println!("{refused} refused, {shorter} read without their torn tail, {whole} read whole");
}
