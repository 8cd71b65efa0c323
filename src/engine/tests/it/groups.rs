//! Group commit: all that arrived meanwhile is one frame, and no frame is larger than a frame.

use crate::asks::{reserve, stock};
use crate::shop::{Shop, options};
use engine::Lsn;
use wal::faulty::FaultyDisk;

/// Records and payload bytes of every frame on a disk.
fn frames(disk: &FaultyDisk, log: &wal::Options) -> Vec<(u32, usize)> {
    let mut frames = Vec::new();
    let mut visit = |frame: &wal::Frame<'_>| {
        frames.push((frame.record_count, frame.payload.len()));
        Ok(())
    };
    wal::read(disk, log, Lsn(0), &mut visit, &mut |_| {}).expect("the log is sound");
    frames
}

#[test]
fn many_requests_become_one_frame() {
    let options = options(2);
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 1_000));
    let tickets: Vec<u32> = (0..300).map(|n| shop.submit(reserve(&format!("r-{n}"), &[("a", 1)]))).collect();
    assert_eq!(shop.commit(), [300]);
    for ticket in tickets {
        assert_eq!(shop.told(ticket).as_deref(), Some("reserved"));
    }
    let records: Vec<u32> = frames(&shop.disk, &options.log).iter().map(|(records, _)| *records).collect();
    assert_eq!(records, [1, 300]);
}

#[test]
fn a_group_never_exceeds_a_frame() {
    let mut options = options(2);
    options.log.segment_bytes = 64 << 10;
    options.log.reserve_bytes = 16 << 10;
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 10_000));
    for n in 0..2_000 {
        shop.submit(reserve(&format!("r-{n}"), &[("a", 1)]));
    }
    let groups = shop.commit();
    assert!(groups.len() > 4, "{groups:?}");
    assert_eq!(groups.iter().sum::<u32>(), 2_000);
    let most = options.log.frame_limit_bytes();
    assert!(frames(&shop.disk, &options.log).iter().all(|(_, bytes)| *bytes <= most));
    let digest = shop.engine.digest();
    assert_eq!(shop.reopen(&options).engine.digest(), digest);
}

/// The rest of a segment and the prepared part of the next are two pieces: a frame that fits neither
/// would wait for ever.
#[test]
fn full_frames_always_find_prepared_space_in_small_segments() {
    for segment_kib in [64, 128, 256] {
        let mut options = options(1);
        options.log.segment_bytes = segment_kib << 10;
        options.log.prepare_step_bytes = 16 << 10;
        let mut shop = Shop::new(&options);
        shop.tell(stock("a", 100_000));
        for n in 0..6_000 {
            shop.submit(reserve(&format!("r-{n}"), &[("a", 1)]));
            if n % 700 == 0 {
                shop.commit();
            }
        }
        shop.commit();
        assert_eq!(shop.engine.durable_mark(), Lsn(6_001));
    }
}
