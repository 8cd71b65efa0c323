//! Arithmetic of latencies, medians and ratios.

use std::time::Duration;

use bench::latency::Latencies;
use bench::load::Summary;
use bench::peers::medians::{find, medians, rate_ratio};

fn summary(target: &str, connections: usize, requests: u64, latency_us: u64) -> Summary {
    let mut latencies = Latencies::new();
    for _ in 0..requests {
        latencies.record(Duration::from_micros(latency_us));
    }
    Summary::new(target, connections, Duration::from_secs(2), &latencies)
}

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= expected * 0.002, "{found} is not {expected}");
}

#[test]
fn quantiles_come_out_in_microseconds() {
    let mut latencies = Latencies::new();
    for microseconds in 1..=1000 {
        latencies.record(Duration::from_micros(microseconds));
    }
    assert_eq!(latencies.count(), 1000);
    assert_near(latencies.quantile_us(0.5), 500.0);
    assert_near(latencies.quantile_us(0.99), 990.0);
    assert_near(latencies.max_us(), 1000.0);
}

#[test]
fn none_recorded_is_zero_and_the_endless_is_a_minute() {
    let mut latencies = Latencies::new();
    assert!(latencies.quantile_us(0.5) == 0.0 && latencies.max_us() == 0.0);
    latencies.record(Duration::from_secs(3600));
    assert_near(latencies.max_us(), 60e6);
}

#[test]
fn a_summary_counts_by_the_measured_time() {
    let summary = summary("redis", 64, 300, 250);
    assert_eq!((summary.requests, summary.errors), (300, 0));
    assert_near(summary.rate, 150.0);
    assert_near(summary.p99_us, 250.0);
    let json = serde_json::json!(summary);
    assert_eq!(json["target"], "redis");
    assert!(json.get("first_error").is_none(), "a clean run has no such key");
}

#[test]
fn the_median_of_rounds_and_its_spread() {
    let runs = [
        summary("tidegate", 64, 900, 10),
        summary("redis", 64, 100, 50),
        summary("tidegate", 64, 300, 30),
        summary("tidegate", 1, 10, 5),
        summary("tidegate", 64, 600, 20),
    ];
    let medians = medians(&runs);
    assert_eq!(medians.len(), 3);
    let of_64 = find(&medians, "tidegate", 64).expect("three runs were made");
    assert_near(of_64.rate, 300.0);
    assert_near(of_64.rate_min, 150.0);
    assert_near(of_64.rate_max, 450.0);
    assert_near(of_64.p50_us, 20.0);
    assert_eq!((of_64.cpu_us, of_64.offered_per_s), (None, None));
    assert_near(rate_ratio(&medians, "tidegate", "redis", 64).expect("both were run"), 6.0);
    assert_eq!(rate_ratio(&medians, "tidegate", "redis", 1), None);
}

#[test]
fn of_two_rounds_the_mean() {
    let medians = medians(&[summary("redis", 1, 100, 1), summary("redis", 1, 300, 1)]);
    assert_near(medians[0].rate, 100.0);
}

#[test]
fn an_open_loop_is_no_round_of_the_closed_one() {
    let closed = summary("redis", 1, 100, 1);
    let open = Summary { offered_per_s: Some(40), cpu_us: Some(20.0), unanswered: 2, ..closed.clone() };
    let medians = medians(&[closed, open.clone(), open]);
    assert_eq!(medians.len(), 2);
    assert!(find(&medians, "redis", 1).is_some_and(|median| median.offered_per_s.is_none()));
    assert_eq!((medians[1].offered_per_s, medians[1].cpu_us, medians[1].unanswered), (Some(40), Some(20.0), 4));
}
