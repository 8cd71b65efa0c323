//! Records of both formats whose bytes were spoilt: each is refused, or it is a whole event that is written and read back as
//! itself. What `fuzz/fuzz_targets/records.rs` looks for, on a stable toolchain and without looking at coverage.

use crate::inputs::{any_of, each, spoil};
use engine::records::{RecordError, decode, encode};

const GOLDEN: [&[u8]; 2] = [include_bytes!("../golden/records-v1.bin"), include_bytes!("../golden/records-v2.bin")];

#[test]
fn a_spoilt_record_is_refused_or_is_another_event() {
    let sound: Vec<&[u8]> =
        GOLDEN.iter().flat_map(|file| wal::records(file)).map(|record| record.expect("a whole record")).collect();
    let (mut read, mut malformed, mut out_of_range) = (0_u64, 0_u64, 0_u64);
    each(50_000, |rng| {
        let mut bytes = (*any_of(rng, &sound)).to_vec();
        let version = bytes[0];
        let other = *any_of(rng, &sound);
        spoil(rng, &mut bytes, other);
        // Another version is refused at once: most are to get further.
        if let Some(first) = bytes.first_mut().filter(|_| rng.u8(..16) > 0) {
            *first = version;
        }
        match decode(&bytes) {
            Ok(event) => {
                let mut again = Vec::new();
                encode(&event, &mut again);
                assert_eq!(decode(&again).as_ref(), Ok(&event), "written and read back");
                assert!(event.rows().all(|row| !row.owner().name().is_empty()), "its rows can be named");
                read += 1;
            }
            Err(RecordError::Field(_)) => out_of_range += 1,
            Err(_) => malformed += 1,
        }
    });
    println!("{read} read as another event, {malformed} malformed, {out_of_range} out of range");
}
