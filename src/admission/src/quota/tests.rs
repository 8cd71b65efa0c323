//! Quotas by recorded arrivals, and the table under a flood of made-up clients.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

fn quota(rate_per_s: u32, burst: u32) -> Quota {
    Quota { rate_per_s: NonZeroU32::new(rate_per_s).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

fn client(number: u32) -> Client {
    Client::at(Ipv4Addr::from_bits(number).into())
}

/// How many of the requests at these times are allowed.
fn allowed(quota: Quota, times: impl Iterator<Item = Nanos>) -> u32 {
    let quotas = Quotas::new(8, [1, 2]);
    times.map(|now| u32::from(quotas.take(quota, client(1), now).is_allowed)).sum()
}

#[test]
fn a_burst_is_allowed_and_then_the_rate() {
    let quotas = Quotas::new(8, [1, 2]);
    let quota = quota(10, 3);
    let take = |ms| quotas.take(quota, client(1), Nanos::from_millis(ms));
    let full = Verdict { is_allowed: true, remaining: 2, reset: Nanos::from_millis(100), retry_after: Nanos(0) };
    assert_eq!(take(1_000), full);
    assert_eq!(take(1_000).remaining, 1);
    let last = take(1_000);
    assert_eq!((last.is_allowed, last.remaining, last.retry_after), (true, 0, Nanos::from_millis(100)));
    let refused = take(1_030);
    assert_eq!((refused.is_allowed, refused.remaining), (false, 0));
    assert_eq!((refused.reset, refused.retry_after), (Nanos::from_millis(270), Nanos::from_millis(70)));
    assert!(take(1_100).is_allowed, "one has come back");
    assert!(!take(1_101).is_allowed, "and refusals cost nothing, but it has been used");
    assert_eq!(take(9_000).remaining, 2, "after a pause the burst is there again, and no more");
}

#[test]
fn a_greedy_client_gets_its_rate_and_no_more() {
    let times = (0..100_000).map(|step| Nanos(step * 100_000));
    assert_eq!(allowed(quota(50, 20), times), 20 + 499);
}

#[test]
fn who_owes_much_by_an_old_quota_owes_no_more_than_the_new_one_allows() {
    let quotas = Quotas::new(8, [1, 2]);
    let take = |quota, ms| quotas.take(quota, client(1), Nanos::from_millis(ms));
    while take(quota(1, 600), 0).is_allowed {}
    assert!(!take(quota(100, 200), 0).is_allowed);
    assert!(take(quota(100, 200), 10).is_allowed, "one of a hundred a second has come back");
    assert!(!take(quota(100, 200), 11).is_allowed);
    assert_eq!(take(quota(100, 200), 2_011).remaining, 199);
}

#[test]
fn the_others_do_not_notice() {
    let quotas = Quotas::new(1_024, [1, 2]);
    let mut refused = 0;
    for step in 0..100_000u64 {
        let now = Nanos(step * 100_000);
        quotas.take(quota(10, 10), client(0), now);
        if step % 100 == 0 {
            let verdict = quotas.take(quota(10, 10), client(1 + (step / 100 % 100) as u32), now);
            refused += u32::from(!verdict.is_allowed);
        }
    }
    assert_eq!(refused, 0);
}

#[test]
fn a_million_made_up_clients_take_no_more_memory_and_free_no_debtor() {
    let quotas = Quotas::new(8_192, [1, 2]);
    let bytes = quotas.bytes();
    assert!(bytes <= 8_192 * 40, "{bytes}");
    let quota = quota(1, 50);
    let greedy = client(u32::MAX);
    let start = Nanos::from_secs(1);
    while quotas.take(quota, greedy, start).is_allowed {}
    let mut allowed = 0;
    for made_up in 0..1_000_000u32 {
        quotas.take(quota, client(made_up), start);
        if made_up % 1_000 == 0 {
            allowed += u32::from(quotas.take(quota, greedy, start).is_allowed);
        }
    }
    assert_eq!(allowed, 0, "its debt is remembered");
    assert_eq!(quotas.bytes(), bytes);
    assert!(quotas.top(10_000_000, start).len() <= 8_192);
}

fn ask(quotas: &Quotas, number: u32, now: Nanos) {
    quotas.take(quota(5, 5), client(number), now);
}

#[test]
fn the_busiest_are_listed_and_forgotten() {
    let quotas = Quotas::new(4_096, [1, 2]);
    let now = Nanos::from_secs(20);
    for number in 0..3_000 {
        (0..=number % 50).for_each(|_| ask(&quotas, number, now));
    }
    (0..777).for_each(|_| ask(&quotas, 9_999, now));
    let top = quotas.top(3, now);
    assert_eq!(top[0], Busy { client: client(9_999), requests: 777 });
    assert_eq!((top[1].client, top[1].requests), (client(49), 50));
    assert_eq!(quotas.top(1, Nanos::from_secs(35))[0].requests, 388, "half after ten seconds");
    assert_eq!(quotas.top(3, Nanos::from_secs(1_000)), []);
}

#[test]
fn a_rate_beyond_the_clock_is_no_quota() {
    let times = (0..10_000).map(Nanos);
    assert_eq!(allowed(quota(u32::MAX, u32::MAX), times), 10_000);
}

#[test]
fn another_quota_counts_at_once() {
    let quotas = Quotas::new(8, [1, 2]);
    let now = Nanos::from_secs(1);
    (0..10).for_each(|_| assert!(quotas.take(quota(10, 10), client(1), now).is_allowed));
    assert!(!quotas.take(quota(10, 10), client(1), now).is_allowed);
    assert!(quotas.take(quota(10, 20), client(1), now).is_allowed);
}

proptest! {
    #[test]
    fn in_any_span_no_more_than_the_burst_and_the_rate(
        rate in 1..200u32, burst in 1..50u32, gaps in prop::collection::vec(0..50_000_000u64, 1..300),
    ) {
        let quotas = Quotas::new(8, [1, 2]);
        let mut now = 0;
        let mut taken = Vec::new();
        for gap in gaps {
            now += gap;
            let verdict = quotas.take(quota(rate, burst), client(1), Nanos(now));
            if verdict.is_allowed {
                taken.push(now);
            } else {
                prop_assert!(verdict.retry_after > Nanos(0));
            }
        }
        for (index, first) in taken.iter().enumerate() {
            let last = taken.last().unwrap();
            let bound = f64::from(burst) + (last - first) as f64 / 1e9 * f64::from(rate);
            prop_assert!((taken.len() - index) as f64 <= bound + 1e-3);
        }
    }

    #[test]
    fn who_waits_as_told_is_allowed(rate in 1..2_000u32, burst in 1..50u32, asks in 1..200u32) {
        let quotas = Quotas::new(8, [1, 2]);
        let now = Nanos::from_secs(5);
        let last = (0..asks).fold(None, |_, _| Some(quotas.take(quota(rate, burst), client(1), now)));
        let last = last.expect("it asked at least once");
        prop_assert!(quotas.take(quota(rate, burst), client(1), now.plus(last.retry_after)).is_allowed);
    }
}
