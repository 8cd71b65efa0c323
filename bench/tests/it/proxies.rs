//! What wrk's script prints, as it is read.

use bench::proxies::parse;

const PRINTED: &str = "Running 4s test @ http://127.0.0.1:8000/item/1\n  1 threads and 64 connections\n\
    figures {\"requests\":400000,\"duration_us\":4000000,\"p50_us\":600.000000,\"p99_us\":1500.000000,\"p999_us\":2500.000000,\
    \"max_us\":9000.000000,\"errors\":2}\n";

#[test]
fn the_figures_are_read_and_without_them_there_is_nothing() {
    let summary = parse("nginx", 64, PRINTED).expect("the figures are there");
    assert_eq!((summary.requests, summary.errors, summary.connections), (400_000, 2, 64));
    assert!((summary.rate - 100_000.0).abs() < 1.0 && (summary.p99_us - 1_500.0).abs() < 1e-9, "{summary:?}");
    assert_eq!(parse("nginx", 64, "unable to connect"), None);
}
