//! Writes what the fuzzer begins with into `corpus/`: a record of every kind in both formats, segments and patches of them,
//! configurations and requests. `cargo run --manifest-path fuzz/Cargo.toml --example seeds`

mod http;

use std::fs;
use std::path::Path;
use wal::faulty::FaultyDisk;
use wal::{FrameBuffer, Log, Lsn, Options};

const GOLDEN: [(&str, &[u8]); 2] = [
    ("v1", include_bytes!("../../../src/engine/tests/golden/records-v1.bin")),
    ("v2", include_bytes!("../../../src/engine/tests/golden/records-v2.bin")),
];
const CONFIG: &str = include_str!("../../../config/tidegate.toml");

/// As the target `frames` reads its first byte.
const WHOLE: u8 = 0;
const PATCHES: u8 = 1;
const MENDED: u8 = 2;

/// Where fields lie, in bytes from the segment's start: those of its own header, then those of its first frame's.
const FIELDS: [(&str, u16, usize); 10] = [
    ("segment-version", 0, 8),
    ("segment-predecessor", 16, 14),
    ("segment-last-lsn", 24, 14),
    ("segment-frame-number", 32, 14),
    ("frame-version", 512, 8),
    ("frame-number", 528, 14),
    ("frame-first-lsn", 536, 10),
    ("frame-record-count", 544, 8),
    ("frame-payload-bytes", 552, 6),
    ("record-length", 576, 8),
];

fn write(target: &str, name: &str, bytes: &[u8]) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&directory).expect("writable");
    fs::write(directory.join(name), bytes).expect("writable");
}

fn records() {
    for (version, golden) in GOLDEN {
        for (index, record) in wal::records(golden).enumerate() {
            write("records", &format!("{version}-{index:02}"), record.expect("a whole record"));
        }
    }
}

/// A frame of each kind: one record, several, none (a seal), and one of two sectors.
fn segment() -> Vec<u8> {
    let disk = FaultyDisk::new();
    let options = Options { segment_bytes: 64 << 10, reserve_bytes: 0, ..Options::default() };
    let (mut log, ..) = Log::open(disk.clone(), options, Lsn(0), &mut |_| Ok(()), &mut |_| {}).expect("an empty disk");
    for (first, records) in [(1, vec![vec![1; 9]]), (2, vec![vec![2; 40], vec![], vec![3; 1]]), (5, vec![vec![4; 700]])]
    {
        let mut frame = FrameBuffer::new();
        assert!(records.iter().all(|record| frame.push(record)));
        log.write(&mut frame, Lsn(first), first).expect("there is room");
        log.sync().expect("a sound disk");
        log.seal(first).expect("a sound disk");
    }
    let mut segment = disk.contents("0000000000000001.seg");
    let end = segment.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    segment.truncate(end.next_multiple_of(512));
    segment
}

fn frames() {
    let segment = segment();
    write("frames", "segment", &[&[WHOLE], &segment[..]].concat());
    write("frames", "segment-cut", &[&[WHOLE], &segment[..segment.len() - 700]].concat());
    write("frames", "last-lsn", LAST_LSN);
    for (field, offset, length) in FIELDS {
        let [low, high] = (offset / 8).to_le_bytes();
        for (mode, kind) in [(PATCHES, "patched"), (MENDED, "mended")] {
            for value in [0, 1, 0xff] {
                let patch = [&[mode, low, high, length as u8][..], &vec![value; length]].concat();
                write("frames", &format!("{field}-{kind}-{value}"), &patch);
            }
        }
    }
}

/// A segment's header that says that the last record before it is the last that there can be.
const LAST_LSN: &[u8] = b"\x02\x03\x00\x0e\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff";

fn config() {
    let plain: String = CONFIG
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    write("config", "shipped", plain.as_bytes());
    let sections: Vec<&str> = plain.split("\n[").collect();
    for section in &sections[1..] {
        let name = section.split(']').next().unwrap_or_default();
        write("config", &format!("section-{name}"), format!("[{section}\n").as_bytes());
    }
    let variables =
        "[engine]\nshards = 1\n\0ENGINE__SHARDS=2\nLOG__SEGMENT_BYTES=8388608\nTELEMETRY__LOG_LEVEL=debug\n";
    write("config", "variables", variables.as_bytes());
    for (name, text) in [
        ("inline", "engine = { shards = 1, on_confirm = \"fulfil\" }\n"),
        ("dotted", "engine.shards = 1\nhttp.max_connections = 10\n"),
        ("misspelt", "[engin]\nshrads = 1\n"),
        ("too-large", "[engine]\nshards = 9223372036854775808\n"),
        ("not-a-section", "engine = 1\n"),
        ("dates-and-floats", "[log]\nsegment_bytes = 1e6\nreserve_bytes = 1979-05-27T07:32:00Z\n"),
    ] {
        write("config", name, text.as_bytes());
    }
    write("config", "not-text", b"[engine]\non_confirm = \"\xff\"\n");
}

fn main() {
    records();
    frames();
    config();
    http::http();
}
