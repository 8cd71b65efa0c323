//! The frame buffer keeps to its limit, and a payload that is cut is noticed.

use crate::support::record;
use wal::{FRAME_HEADER_BYTES, FrameBuffer, MAX_FRAME_BYTES, records};

#[test]
fn a_full_frame_is_exactly_the_limit() {
    let mut frame = FrameBuffer::new();
    let longest = MAX_FRAME_BYTES - FRAME_HEADER_BYTES - 4;
    assert_eq!(frame.remaining(), longest);
    assert!(!frame.push(&record(1, longest + 1)));
    assert!(frame.is_empty());
    assert_eq!(frame.payload_len(), 0);
    assert!(frame.push(&record(1, longest)));
    assert_eq!(frame.remaining(), 0);
    assert!(!frame.push(&[]), "not even the length of an empty record fits");
    assert_eq!(frame.record_count(), 1);
    frame.clear();
    assert_eq!(frame.remaining(), longest);
    assert!(frame.is_empty());
}

#[test]
fn a_limit_is_rounded_down_to_whole_sectors() {
    let frame = FrameBuffer::with_limit(1500);
    assert_eq!(frame.remaining(), 1024 - FRAME_HEADER_BYTES - 4);
}

#[test]
fn a_payload_cut_anywhere_but_between_records_is_noticed() {
    let payload = [3, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0, 9];
    for length in 0..=payload.len() {
        let found: Vec<_> = records(&payload[..length]).collect();
        let whole = found.iter().filter(|record| record.is_ok()).count();
        let is_cut = ![0, 7, 12].contains(&length);
        assert_eq!(found.len(), whole + usize::from(is_cut), "of {length} bytes");
        assert_eq!(whole, usize::from(length >= 7) + usize::from(length >= 12));
    }
}
