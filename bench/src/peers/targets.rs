//! The table of targets: what is asked of Tidegate, what it reached, and the command that shows it. Pure.

use super::figures::{count, ms};
use super::medians::{Median, find};
use super::plan::{MOST, SOME};
use super::subject::{
    BY_SKUS, GATEWAY, HAPROXY, HYPER, HYPER_READ, HYPER_SOLD_OUT, NGINX, POSTGRES_HOT, REDIS, TIDEGATE, TIDEGATE_READ,
    TIDEGATE_SOLD_OUT,
};

/// One target that was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is about.
    pub what: &'static str,
    /// The ratio that is asked for, as people read it.
    pub target: &'static str,
    /// The figures that the ratio is of.
    pub reached: String,
    /// What was reached.
    pub ratio: f64,
    /// Whether that is enough.
    pub holds: bool,
    /// The section that measures it.
    pub section: &'static str,
}

/// The targets of which everything that they need was measured.
pub fn rows(medians: &[Median], fdatasync_p50_us: f64) -> Vec<Row> {
    let all = [
        to_redis(medians),
        p99_to_redis(medians),
        at_least(
            medians,
            "reservations, 256 connections, to hyper alone",
            0.75,
            "0.75 or more",
            [TIDEGATE, HYPER],
            MOST,
        ),
        lone_client(medians, fdatasync_p50_us),
        at_least(
            medians,
            "reservations, one hot SKU, 64 connections, to PostgreSQL's hot row",
            30.0,
            "30 or more",
            [TIDEGATE, POSTGRES_HOT],
            SOME,
        ),
        at_least(
            medians,
            "refusals of a sold-out SKU, 64 connections, to hyper alone",
            0.9,
            "0.90 or more",
            [TIDEGATE_SOLD_OUT, HYPER_SOLD_OUT],
            SOME,
        ),
        at_least(
            medians,
            "reads of a SKU, 64 connections, to hyper alone",
            0.9,
            "0.90 or more",
            [TIDEGATE_READ, HYPER_READ],
            SOME,
        ),
        by_skus(
            medians,
            "rate by the number of SKUs, slowest to fastest",
            "0.80 or more",
            |median| Some(median.rate),
            "/s",
        ),
        by_skus(
            medians,
            "CPU a reservation by the number of SKUs, least to most",
            "0.80 or more",
            |median| median.cpu_us,
            " us",
        ),
        proxying(medians),
    ];
    all.into_iter().flatten().collect()
}

fn to_redis(medians: &[Median]) -> Option<Row> {
    let what = "reservations, one hot SKU, 256 connections, to Redis `always`";
    at_least(medians, what, 3.0, "3 or more", [TIDEGATE, REDIS], MOST)
}

fn p99_to_redis(medians: &[Median]) -> Option<Row> {
    let (own, redis) = (find(medians, TIDEGATE, MOST)?, find(medians, REDIS, MOST)?);
    let ratio = own.p99_us / redis.p99_us;
    Some(Row {
        what: "the same, p99 to that of Redis",
        target: "below 1",
        reached: format!("{} ms to {} ms", ms(own.p99_us), ms(redis.p99_us)),
        ratio,
        holds: ratio < 1.0,
        section: "reservations",
    })
}

/// The rate of one to the rate of another.
fn at_least(
    medians: &[Median],
    what: &'static str,
    least: f64,
    target: &'static str,
    [own, other]: [&str; 2],
    connections: usize,
) -> Option<Row> {
    let (own_rate, other_rate) = (find(medians, own, connections)?.rate, find(medians, other, connections)?.rate);
    let ratio = own_rate / other_rate;
    Some(Row {
        what,
        target,
        reached: format!("{}/s to {}/s", count(own_rate), count(other_rate)),
        ratio,
        holds: ratio >= least,
        section: section(own),
    })
}

fn section(name: &str) -> &'static str {
    match name {
        TIDEGATE_SOLD_OUT | TIDEGATE_READ => "answers",
        GATEWAY => "proxies",
        _ => "reservations",
    }
}

/// With one client nothing shares a sync: its latency is held against the disk's and the HTTP library's together.
fn lone_client(medians: &[Median], fdatasync_p50_us: f64) -> Option<Row> {
    let own_us = find(medians, TIDEGATE, 1)?.p50_us;
    let floor_us = fdatasync_p50_us + find(medians, HYPER, 1)?.p50_us;
    let ratio = own_us / floor_us;
    Some(Row {
        what: "one client's p50, to `fdatasync` plus hyper's round trip",
        target: "1.15 or less",
        reached: format!("{} ms to {} ms", ms(own_us), ms(floor_us)),
        ratio,
        holds: ratio <= 1.15,
        section: "reservations",
    })
}

fn by_skus(
    medians: &[Median],
    what: &'static str,
    target: &'static str,
    figure: fn(&Median) -> Option<f64>,
    unit: &str,
) -> Option<Row> {
    let found = BY_SKUS.iter().filter_map(|(_, name)| find(medians, name, MOST).and_then(figure));
    let mut found: Vec<f64> = found.collect();
    found.sort_by(f64::total_cmp);
    let [least, .., most] = found[..] else { return None };
    let ratio = least / most;
    Some(Row {
        what,
        target,
        reached: format!("{}{unit} to {}{unit}", count(least), count(most)),
        ratio,
        holds: ratio >= 0.8,
        section: "skus",
    })
}

fn proxying(medians: &[Median]) -> Option<Row> {
    let rate = |name: &&str| find(medians, name, SOME).map_or(0.0, |median| median.rate);
    let better = [NGINX, HAPROXY].into_iter().max_by(|one, other| rate(one).total_cmp(&rate(other)))?;
    at_least(
        medians,
        "proxying, 64 connections, to the better of nginx and HAProxy",
        1.0,
        "1.00 or more",
        [GATEWAY, better],
        SOME,
    )
}
