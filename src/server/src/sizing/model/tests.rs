//! The model against sums made by hand on round figures, and against what must hold whatever the figures.

use super::{Bound, Plan, Target, Unmet, keys, plan};
use crate::config::keys::{KEYS, Kind};
use crate::sizing::measured::Measured;
use crate::sizing::reference::Reference;
use crate::sizing::sample_machine;

/// As fast as the machine of the tests, so that times are what they are there.
const REFERENCE: Reference = Reference {
    call_us: 40.0,
    io_us: 30.0,
    store_us: 20.0,
    projector_us: 10.0,
    stages_ns: 5_000.0,
    shard_factor: 1.5,
    reservation_bytes: 400.0,
    sku_bytes: 200.0,
    process_bytes: 67_108_864.0,
    stored_reservation_bytes: 1_000.0,
    stored_sku_bytes: 500.0,
};

const SALE: Target =
    Target { peak_rps: 5_000.0, mean_rps: 50.0, skus: 20_000, ttl_s: 600, lines: 1, retention_s: 604_800 };

fn planned(target: &Target) -> Plan {
    plan(target, &sample_machine(), &REFERENCE).expect("one node takes it")
}

fn is_near(found: f64, by_hand: f64) -> bool {
    (found - by_hand).abs() <= by_hand * 1e-6
}

#[test]
fn a_sale_computed_by_hand() {
    let plan = planned(&SALE);
    let settings = [
        plan.shards,
        plan.io_threads,
        plan.queue_capacity,
        plan.default_ttl_ms,
        plan.max_hold_ms,
        plan.max_reservations,
        plan.max_skus,
        plan.log_retention_bytes,
        plan.history_days,
    ];
    // 10,000 calls a second: a quarter of a second of them is 2,500. 3,000,000 live, 20,000 SKUs, by 0.7 each.
    assert_eq!(settings, [1, 1, 4_096, 600_000, 86_400_000, 4_285_715, 28_572, 536_870_912, 7]);
    let by_hand = [
        // Beside them 150 records of 20 us each for the store.
        ("cores", plan.cores, (10_000.0 * 40e-6 + 0.003) / 0.7),
        ("node", plan.node_rps, 5_000.0 * 4.0 * 0.7 / 0.403),
        // A shard: 1.5 times 2.4 us, twice a reservation.
        ("sku", plan.sku_rps, 0.7 / 7.2e-6),
        // Records of 250 bytes at a nanosecond a byte: 100 us / (1 - 0.0025), and a group is always under way.
        ("commit", plan.commit_us, 150.375_94),
        ("group", plan.group_records, 1.002_506),
        // 150 records a second, each a frame of its own: 250 bytes, 66 of header, 256 of padding.
        ("log a day", plan.log_bytes_a_day, 150.0 * 572.0 * 86_400.0),
        ("log", plan.log_bytes, 1_073_741_824.0),
        ("store a day", plan.store_bytes_a_day, 4.32e9),
        ("store", plan.store_bytes, 1e7 + 3e9 + 7.0 * 4.32e9),
        ("queues", plan.queue_memory_bytes, 4_096.0 * 32.0),
        ("skus", plan.sku_memory_bytes, 4e6),
        ("live", plan.live_memory_bytes, 1.2e9),
        // 4,320,000 end in a day, and 4,000,000 are remembered.
        ("ended", plan.ended_memory_bytes, 1.6e9),
        ("memory", plan.memory_bytes, 335_544_320.0 + 131_072.0 + 2.804e9),
    ];
    for (what, found, by_hand) in by_hand {
        assert!(is_near(found, by_hand), "{what}: {found}, by hand {by_hand}");
    }
}

#[test]
fn a_slower_machine_takes_more_of_everything_that_it_does() {
    let mut slow = sample_machine();
    // Its stages take 10,000 ns in the place of 5,000.
    slow.parse_ns.first_line += 5_000.0;
    let plan = plan(&SALE, &slow, &REFERENCE).expect("one node takes it");
    assert!(is_near(plan.cores, 2.0 * planned(&SALE).cores), "{}", plan.cores);
}

#[test]
fn a_further_line_costs_what_was_measured_of_it_and_no_request_more() {
    let three = planned(&Target { lines: 3, ..SALE });
    // 200 + 800 + 100 + 100 ns a line; on the shard 1.5 times 900 of them.
    // The store takes as much more as a record of 446 bytes has more than one of 246.
    assert!(is_near(three.cores, (10_000.0 * 42.4e-6 + 0.003 * 446.0 / 246.0) / 0.7), "{}", three.cores);
    assert!(is_near(three.sku_rps, 0.7 / (2.0 * 1.5 * 4.2e-6)), "{}", three.sku_rps);
    // 200 bytes more in each of three records.
    assert!(is_near(three.store_bytes_a_day, 50.0 * 86_400.0 * 1_600.0), "{}", three.store_bytes_a_day);
}

/// What may only grow with any input.
fn rising(plan: &Plan) -> Vec<f64> {
    let settings = [
        plan.shards,
        plan.io_threads,
        plan.queue_capacity,
        plan.default_ttl_ms,
        plan.max_hold_ms,
        plan.max_reservations,
        plan.max_skus,
        plan.log_retention_bytes,
        plan.history_days,
    ];
    let figures = [
        plan.cores,
        plan.commit_us,
        plan.group_records,
        plan.log_bytes_a_day,
        plan.log_bytes,
        plan.store_bytes_a_day,
        plan.store_bytes,
        plan.queue_memory_bytes,
        plan.sku_memory_bytes,
        plan.live_memory_bytes,
        plan.ended_memory_bytes,
        plan.memory_bytes,
    ];
    settings.map(|setting| setting as f64).into_iter().chain(figures).collect()
}

#[test]
fn more_of_any_input_never_takes_less_of_anything() {
    let node = Measured { cores: 64, ..sample_machine() };
    let inputs: [fn(&mut Target, u64); 6] = [
        |target, more| target.peak_rps += (more * more * 100) as f64,
        |target, more| target.mean_rps += (more * 300) as f64,
        |target, more| target.skus += more * more * 1_000,
        |target, more| target.ttl_s += more * 100,
        |target, more| target.lines += more,
        |target, more| target.retention_s += more * 50_000,
    ];
    for (number, add) in inputs.into_iter().enumerate() {
        let least = Target { peak_rps: 10.0, mean_rps: 1.0, skus: 100, ttl_s: 10, lines: 1, retention_s: 0 };
        let plans = (0..50).map(|more| {
            let mut target = least;
            add(&mut target, more);
            plan(&target, &node, &REFERENCE).expect("64 cores take it")
        });
        let figures: Vec<_> = plans.map(|plan| rising(&plan)).collect();
        for pair in figures.windows(2) {
            let falls = pair[0].iter().zip(&pair[1]).position(|(less, more)| more < less);
            assert_eq!(falls, None, "input {number}: {pair:?}");
        }
        let rises = figures[0].iter().zip(&figures[49]).any(|(least, most)| most > least);
        assert!(rises, "input {number} counts");
    }
}

fn refused(target: &Target, node: &Measured) -> Unmet {
    plan(target, node, &REFERENCE).expect_err("one node cannot take it")
}

#[test]
fn what_one_node_cannot_take_is_told_with_how_many_can_and_why() {
    // 2,000,000 calls of 40 us, and 3 ms for the store, by 0.7 are 114.3 cores.
    let rush = Target { peak_rps: 1e6, ..SALE };
    let Unmet::Nodes { nodes, bound, node_rps, cores } = refused(&rush, &sample_machine()) else {
        panic!("several nodes take it");
    };
    assert_eq!((nodes, bound, cores), (29, Bound::Cores, 4));
    assert!(is_near(node_rps, 1e6 * 4.0 * 0.7 / 80.003), "{node_rps}");
    let text = refused(&rush, &sample_machine()).to_string();
    assert!(text.contains("takes 34999 reservations a second") && text.contains("29 nodes"), "{text}");
}

#[test]
fn each_bound_is_told_where_it_is_the_one_that_is_met() {
    let large = Measured { cores: 4_096, ..sample_machine() };
    let slow_disk = Measured { sync_4k_p50_us: 20_000.0, sync_256k_p50_us: 20_258.048, ..large.clone() };
    let no_disk = Measured { sync_4k_p50_us: 1.0, sync_256k_p50_us: 1.0, ..large.clone() };
    let at = |peak_rps, ttl_s| Target { peak_rps, ttl_s, ..SALE };
    for (target, node, expected) in [
        (at(100_000.0, 600), &slow_disk, (Bound::Log, 2)),
        (at(20e6, 1), &no_disk, (Bound::Shards, 4)),
        (at(500.0, 2_592_000), &large, (Bound::Live, 2)),
        // 150,000 records a second of 10 us each by 0.7, on one thread.
        (Target { mean_rps: 50_000.0, ..at(50_000.0, 600) }, &large, (Bound::Store, 3)),
    ] {
        let Unmet::Nodes { nodes, bound, .. } = refused(&target, node) else { panic!("several nodes take it") };
        assert_eq!((bound, nodes), expected);
    }
}

#[test]
fn one_hot_sku_is_bounded_by_one_shard_whatever_the_nodes() {
    let large = Measured { cores: 64, ..sample_machine() };
    let hot = |peak_rps| Target { peak_rps, skus: 1, ttl_s: 60, ..SALE };
    let plan = plan(&hot(97_000.0), &large, &REFERENCE).expect("a shard takes 97,222");
    assert_eq!(plan.shards, 1);
    let Unmet::Skus { sku_rps, .. } = refused(&hot(98_000.0), &large) else { panic!("no number of nodes takes it") };
    assert!(is_near(sku_rps, 0.7 / 7.2e-6), "{sku_rps}");
    // On four cores it is the node that is the bound, and a second one has no part of the SKU.
    let Unmet::Skus { sku_rps, .. } = refused(&hot(36_000.0), &sample_machine()) else {
        panic!("a SKU is on one node")
    };
    assert!(is_near(sku_rps, 36_000.0 * 4.0 * 0.7 / 2.883), "{sku_rps}");
}

#[test]
fn ranges_and_defaults_are_those_of_the_configuration() {
    let number = |path: &str| {
        let key = KEYS.iter().find(|key| key.path == path).unwrap_or_else(|| panic!("{path} is a key"));
        match key.kind {
            Kind::Number { min, max, default, .. } => [min, max, default].map(i64::unsigned_abs),
            ref other => panic!("{path} is a number: {other:?}"),
        }
    };
    let [min, max, _] = number("engine.queue_capacity");
    assert_eq!((min, max), keys::QUEUE_CAPACITY);
    assert_eq!(number("engine.io_threads")[1], keys::MOST_IO_THREADS);
    assert_eq!(number("engine.max_reservations")[1], keys::MOST_ROWS);
    assert_eq!(number("engine.max_skus")[1], keys::MOST_ROWS);
    assert_eq!(number("engine.max_hold_ms")[2], keys::MAX_HOLD_MS);
    assert_eq!(number("engine.idempotency_window_ms")[2], keys::WINDOW_MS);
    assert_eq!(number("engine.idempotency_max_keys")[2], keys::MAX_KEYS);
    assert_eq!(number("log.segment_bytes")[2], keys::SEGMENT_BYTES);
    assert_eq!(number("log.retention_bytes")[1], keys::MOST_RETENTION_BYTES);
    assert_eq!(number("store.memtable_bytes")[2] + number("store.cache_bytes")[2], keys::STORE_BYTES);
}
