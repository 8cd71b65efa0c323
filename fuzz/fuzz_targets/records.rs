//! Any bytes as a record: they are refused, or they are an event that is written and read back as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = engine::records::decode(bytes) else { return };
    let mut again = Vec::new();
    engine::records::encode(&event, &mut again);
    assert_eq!(engine::records::decode(&again).as_ref(), Ok(&event), "written and read back");
    // Its rows can be named without a look at anything else.
    for row in event.rows() {
        let _ = row.owner().name();
    }
});
