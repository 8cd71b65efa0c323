//! Arithmetic and page of the cost curves.

use bench::curves::{Axis, Cost, Curves, Latency, Limit, Memory, Wave, markdown};
use bench::machine::Machine;

const ROUNDS: [[f64; 3]; 3] = [[50.0, 55.0, 60.0], [100.0, 110.0, 110.0], [40.0, 41.0, 52.0]];

fn cost(by: Axis) -> Cost {
    Cost::of(by, &[1_000, 10_000, 1_000_000], &ROUNDS.map(Vec::from), 4_000)
}

fn latency(p99_ms: f64) -> Latency {
    Latency { answers: 5_000, p50_ms: 0.5, p99_ms, p999_ms: 2.0 * p99_ms, max_ms: 3.0 * p99_ms }
}

fn curves() -> Curves {
    Curves {
        memory: Some(Memory {
            count: 1_000_000,
            sku_bytes: 120.4,
            sku_resident_bytes: 121.0,
            reservation_bytes: 300.6,
            reservation_resident_bytes: 301.0,
        }),
        costs: vec![cost(Axis::Skus), cost(Axis::Live)],
        wave: Some(Wave {
            holds: 1_000_000,
            rate_per_s: 1_000,
            seconds: 4.25,
            before: latency(1.5),
            during: latency(9.0),
            after: latency(1.0),
        }),
        limits: vec![Limit { key: "engine.max_skus".to_owned(), most: 10_000, refused: 90_000, growth_mib: 0.5 }],
    }
}

fn page(curves: &Curves) -> String {
    let machine = Machine { cores: 2, cpu: "AMD EPYC".to_owned(), kernel: "6.1.0".to_owned() };
    markdown(curves, "2026-11-22", &machine)
}

#[test]
fn a_cost_is_the_median_of_rounds_and_its_ratio_that_of_each_round() {
    let cost = cost(Axis::Live);
    let figures: Vec<_> = cost.points.iter().map(|point| (point.size, point.cpu_us as u64)).collect();
    assert_eq!(figures, [(1_000, 50), (10_000, 55), (1_000_000, 60)]);
    assert!((cost.points[0].least_us - 40.0).abs() < 1e-9 && (cost.points[0].most_us - 100.0).abs() < 1e-9);
    // The machine was half as fast in the second round: 1.2, 1.1 and 1.3, of which the median is asked.
    assert!((cost.ratio - 1.2).abs() < 1e-9, "{cost:?}");
}

#[test]
fn the_page_says_what_was_met_and_what_was_missed() {
    let page = page(&curves());
    for line in [
        "| a SKU in one location, name of 12 bytes | 120 B | 121 B | 128 B | met |",
        "id and customer of 16 bytes | 301 B | 301 B | 256 B | missed |",
        "| 1000000 | 60 (52-110) |",
        "3 rounds of 4000 reservations each: ratio 1.20, target within 1.20: met.",
        "were gone 4.2 s later",
        "Target: p99 below 10 ms throughout: met.",
        "| within the wave | 5000 | 0.50 | 9.00 | 18.00 | 27.0 |",
        "| `engine.max_skus` | 10000 | 90000 | 0.5 MiB |",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    let mut slow = curves();
    slow.wave = slow.wave.map(|wave| Wave { during: latency(10.0), ..wave });
    slow.costs[0].ratio = 1.3;
    let missed = self::page(&slow);
    assert!(missed.contains("10 ms throughout: missed.") && missed.contains("ratio 1.30, target within 1.20: missed."));
}

#[test]
fn what_was_not_measured_has_no_section() {
    let page = page(&Curves { limits: curves().limits, ..Curves::default() });
    assert_eq!(page.matches("\n## ").count(), 1, "{page}");
}

#[test]
fn a_part_takes_the_place_of_its_former_self_and_of_nothing_else() {
    let mut all = curves();
    let newer = Cost { ratio: 0.9, ..cost(Axis::Live) };
    all.absorb(Curves { costs: vec![newer.clone(), cost(Axis::History)], ..Curves::default() });
    assert_eq!(all.costs, [cost(Axis::Skus), newer, cost(Axis::History)]);
    assert_eq!((all.memory, all.limits), (curves().memory, curves().limits));
}

#[test]
fn what_is_written_is_read_again() {
    let text = serde_json::json!(curves()).to_string();
    let read: Curves = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(read, curves());
}
