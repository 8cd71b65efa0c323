//! The curves as a page for people, and whether each target is met. Pure; it must not write what names a machine.

use super::{Axis, Cost, Curves, Latency, Limit, Memory, Point, Wave};
use crate::machine::Machine;

const MOST_SKU_BYTES: f64 = 128.0;
const MOST_RESERVATION_BYTES: f64 = 256.0;
/// Over all sizes, the largest to the smallest.
const MOST_RATIO: f64 = 1.2;
const MOST_P99_MS: f64 = 10.0;

/// The page; what was not measured has no section.
pub fn markdown(curves: &Curves, date: &str, machine: &Machine) -> String {
    let Machine { cores, cpu, kernel } = machine;
    let mut page =
        format!("# Cost curves, {date}\n\n{cores} cores of {cpu}, kernel {kernel}; load and servers share them.\n");
    page.extend(curves.memory.iter().map(memory));
    page += &costs(&curves.costs);
    page.extend(curves.wave.iter().map(wave));
    page += &limits(&curves.limits);
    page
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

fn memory(memory: &Memory) -> String {
    let Memory { count, sku_bytes, sku_resident_bytes, reservation_bytes, reservation_resident_bytes } = memory;
    format!(
        "\n## Memory\n\nOf {count} each, after everything has come to rest; the store has 16 MiB to write from and 8 MiB to read from. \
         What counts is what is no file's (`RssAnon`).\n\n\
         | what | `RssAnon` | `VmRSS` | target | |\n|---|---:|---:|---:|---|\n\
         | a SKU in one location, name of 12 bytes | {sku_bytes:.0} B | {sku_resident_bytes:.0} B | {MOST_SKU_BYTES:.0} B | {} |\n\
         | a live reservation of one line, id and customer of 16 bytes | {reservation_bytes:.0} B | {reservation_resident_bytes:.0} B \
         | {MOST_RESERVATION_BYTES:.0} B | {} |\n",
        verdict(*sku_bytes <= MOST_SKU_BYTES),
        verdict(*reservation_bytes <= MOST_RESERVATION_BYTES),
    )
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    std::iter::once(format!("{head}\n")).chain(rows).collect()
}

fn costs(costs: &[Cost]) -> String {
    let text = "\n## Processor time a reservation\n\nOf the server's whole process, from the request to the reservation's expiry and \
        its way into the store, at full speed over 64 connections. Servers of all sizes run side by side and are asked in turns; \
        medians of the rounds, in brackets the least and the most. The ratio is that of the largest to the smallest within a round.\n";
    if costs.is_empty() { String::new() } else { text.to_owned() + &costs.iter().map(cost).collect::<String>() }
}

fn cost(cost: &Cost) -> String {
    let Cost { by, points, rounds, reservations, ratio } = cost;
    let what = match by {
        Axis::Skus => "SKUs, of which each reservation takes one at random",
        Axis::Live => "live reservations, 1,000 SKUs",
        Axis::History => "reservations that have ended (fulfilled, released, expired), 1,000 SKUs",
    };
    let rows = points.iter().map(|point| {
        let Point { size, cpu_us, least_us, most_us } = point;
        format!("| {size} | {cpu_us:.0} ({least_us:.0}-{most_us:.0}) |\n")
    });
    let is_met = verdict((1.0 / MOST_RATIO..=MOST_RATIO).contains(ratio));
    let table = table(&format!("| {what} | us a reservation |\n|---:|---:|"), rows);
    format!(
        "\n{table}\n{rounds} rounds of {reservations} reservations each: ratio {ratio:.2}, target within {MOST_RATIO:.2}: {is_met}.\n"
    )
}

fn wave(wave: &Wave) -> String {
    let Wave { holds, rate_per_s, seconds, before, during, after } = wave;
    let row = |when: &str, latency: &Latency| {
        let Latency { answers, p50_ms, p99_ms, p999_ms, max_ms } = latency;
        format!("| {when} | {answers} | {p50_ms:.2} | {p99_ms:.2} | {p999_ms:.2} | {max_ms:.1} |\n")
    };
    format!(
        "\n## An expiry wave\n\n{holds} holds expired at the same moment, and were gone {seconds:.1} s later, while {rate_per_s} \
         reservations a second of another SKU were due. Latencies count from then. Target: p99 below {MOST_P99_MS:.0} ms throughout: \
         {}.\n\n| due | answers | p50 ms | p99 ms | p99.9 ms | slowest ms |\n|---|---:|---:|---:|---:|---:|\n{}{}{}",
        verdict([before, during, after].iter().all(|latency| latency.p99_ms < MOST_P99_MS)),
        row("before", before),
        row("within the wave", during),
        row("after", after),
    )
}

fn limits(limits: &[Limit]) -> String {
    if limits.is_empty() {
        return String::new();
    }
    let rows = limits.iter().map(|limit| {
        let Limit { key, most, refused, growth_mib } = limit;
        format!("| `{key}` | {most} | {refused} | {growth_mib:.1} MiB |\n")
    });
    let table = table("| limit | set to | refused | memory that came meanwhile |\n|---|---:|---:|---:|", rows);
    format!(
        "\n## At the limits of memory\n\nBeyond each limit 64 connections asked for more for three seconds. Every answer was 503 \
         `storage_full` with `Retry-After`, counted under that word; reads went on, a release (or the removal of a SKU) was taken, and one \
         more fitted in its place.\n\n{table}"
    )
}
