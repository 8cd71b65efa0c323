//! Events that the log has let go: a consumer is given them by the store and does not notice, neither
//! at the seam nor while the log is trimmed under it.

use serde_json::Value;

use crate::event_stream::{EventStream, cursor_of, lsn_of, poll_all};
use crate::program::wait_until;
use crate::shop::Shop;

/// The log is trimmed as soon as may be.
const FORGETFUL: &[(&str, &str)] = &[
    ("LOG__SEGMENT_BYTES", "4194304"),
    ("LOG__RESERVE_BYTES", "1048576"),
    ("LOG__RETENTION_BYTES", "0"),
    ("STORE__CHECKPOINT_INTERVAL_MS", "100"),
    // Some read nothing for as long as others read everything.
    ("HTTP__SEND_TIMEOUT_MS", "600000"),
];

/// So many changes are more than two segments.
const CHANGES: usize = 60_000;

fn change(shop: &mut Shop) {
    let changes = "{\"sku\":\"A\",\"delta\":1}\n".repeat(CHANGES);
    let headers = [("Content-Type", "application/x-ndjson")];
    let report = shop.client.request("POST", "/v1/stock/import", &headers, changes.as_bytes()).ok(200);
    assert_eq!(report["applied"], CHANGES);
}

fn wait_for_a_trim(shop: &Shop, beyond: u64) -> u64 {
    wait_until("the log was trimmed", || shop.metric("tidegate_log_oldest_lsn") > beyond);
    shop.metric("tidegate_log_oldest_lsn")
}

fn from_store(shop: &Shop) -> u64 {
    shop.metric("tidegate_store_read_seconds_count{read=\"events\"}")
}

#[track_caller]
fn follow_each_other(events: &[Value], first: u64, last: u64) {
    assert_eq!(events.len() as u64, last + 1 - first);
    assert!(events.iter().zip(first..).all(|(event, lsn)| lsn_of(event) == lsn), "one is missing or there twice");
}

#[test]
fn a_consumer_does_not_notice_that_the_log_was_trimmed() {
    let mut shop = Shop::open(FORGETFUL);
    shop.stock("A", 1);
    let (first, early) = poll_all(&mut shop.client, None, 1000);
    follow_each_other(&first, 1, 1);
    // It stands still somewhere in what is let go.
    let mut slow = EventStream::open(&shop.server, "", &[]).expect("a stream");
    follow_each_other(&slow.take(1), 1, 1);
    change(&mut shop);
    let last = CHANGES as u64 + 1;
    let oldest = wait_for_a_trim(&shop, 2);
    assert!(oldest > 10_000, "only {oldest} records were let go: this proves little");

    let (all, end) = poll_all(&mut shop.client, None, 1000);
    follow_each_other(&all, 1, last);
    assert!(from_store(&shop) > 0);
    let (rest, _) = poll_all(&mut shop.client, Some(&early), 1000);
    assert!(rest == all[1..], "a cursor is as good as when it was given");
    follow_each_other(&slow.take(CHANGES), 2, last);
    let mut stream = EventStream::open(&shop.server, "", &[]).expect("a stream");
    assert!(stream.take(all.len()) == all, "a stream is what polls are");

    // Around the seam, in pages that end before, at and after it.
    let oldest = oldest as usize;
    for seen in oldest - 4..oldest + 3 {
        let after = cursor_of(&all[seen - 1], "cursor");
        for limit in 1..6 {
            let page = shop.client.get(&format!("/v1/events?after={after}&limit={limit}")).ok(200);
            assert_eq!(page["events"], Value::from(&all[seen..seen + limit]), "after {seen}, {limit}");
        }
    }

    // All of them go on with what is new, and nobody has anything twice.
    shop.stock("A", 5);
    for stream in [&mut slow, &mut stream] {
        follow_each_other(&stream.take(1), last + 1, last + 1);
    }
    follow_each_other(&poll_all(&mut shop.client, Some(&end), 1000).0, last + 1, last + 1);
    drop((slow, stream));

    let mut shop = shop.crash();
    let (again, _) = poll_all(&mut shop.client, None, 1000);
    assert!(again[..all.len()] == all, "after a restart it is the same");
}

#[test]
fn a_consumer_follows_while_the_log_is_trimmed_under_it() {
    const ROUNDS: u64 = 4;
    let mut shop = Shop::open(FORGETFUL);
    shop.stock("A", 1);
    let mut oldest = 1;
    let mut streams: Vec<_> = (0..3).map(|_| EventStream::open(&shop.server, "", &[]).expect("a stream")).collect();
    let mut read = 0;
    for round in 1..=ROUNDS {
        change(&mut shop);
        let last = round * CHANGES as u64 + 1;
        // One reads all the time, one every other round, one at the end.
        for (every, stream) in [1, 2, ROUNDS].into_iter().zip(&mut streams) {
            if round % every == 0 {
                let from = (round - every) * CHANGES as u64 + if round == every { 1 } else { 2 };
                follow_each_other(&stream.take((last + 1 - from) as usize), from, last);
                read += 1;
            }
        }
        oldest = wait_for_a_trim(&shop, oldest);
    }
    assert_eq!(read, 7);
    assert!(from_store(&shop) > 0);
}
