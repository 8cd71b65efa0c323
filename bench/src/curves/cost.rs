//! Processor time a reservation by what a server keeps. Servers of each size run side by side and are asked in turns, for the
//! machine's speed changes; what counts is the whole life of a reservation, its expiry and its way into the store included.

use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Options;
use super::filled::{Filled, LONG_MS, SMALL_LOG, hold};
use crate::Error;
use crate::load::http::Written;
use crate::load::{Job, Pace, SKU_PLACEHOLDER, Span, run, sku};
use crate::peers::medians::middle;

/// Where it is not the number of SKUs that is compared.
const SKUS: u64 = 1_000;
/// More than anybody can answer, so that as many as there are connections are under way until all are made: with fewer, waking
/// and syncing for each alone would be most of the cost, and hide how the rest grows.
const RATE_PER_S: u32 = 50_000;
const MADE: u32 = 4_000;
const CONNECTIONS: usize = 64;
/// What a turn makes has expired before the next: the number of live reservations stays what it is.
const TTL_MS: u64 = 1_000;
const PAUSE: Duration = Duration::from_millis(500);
const EXPIRED: &str = "tidegate_reservations_total{outcome=\"expired\"}";

/// By what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// SKUs, of which reservations take one each, in no order.
    Skus,
    /// Live reservations.
    Live,
    /// Reservations that have ended: a third each fulfilled, released, and expired.
    History,
}

/// Processor time by one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// By what.
    pub by: Axis,
    /// The least first.
    pub points: Vec<Point>,
    /// How often each was measured.
    pub rounds: usize,
    /// Reservations in each, which history has more of afterwards.
    pub reservations: u64,
    /// What the largest takes for what the smallest takes: the median of the rounds.
    pub ratio: f64,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// How much it keeps.
    pub size: u64,
    /// Processor time of its process a reservation, microseconds: the median of the rounds.
    pub cpu_us: f64,
    /// In the round where it was least.
    pub least_us: f64,
    /// In the round where it was most.
    pub most_us: f64,
}

impl Cost {
    /// Of rounds that have a figure for each size.
    pub fn of(by: Axis, sizes: &[u64], rounds: &[Vec<f64>], reservations: u64) -> Self {
        let point = |(place, size): (usize, &u64)| {
            let figures = sorted(rounds.iter().map(|round| round[place]));
            let of = |figure: Option<f64>| figure.unwrap_or_default();
            Point {
                size: *size,
                cpu_us: of(middle(&figures)),
                least_us: of(figures.first().copied()),
                most_us: of(figures.last().copied()),
            }
        };
        let ratios = sorted(rounds.iter().filter_map(|round| Some(round.last()? / round.first()?)));
        Self {
            by,
            points: sizes.iter().enumerate().map(point).collect(),
            rounds: rounds.len(),
            reservations,
            ratio: middle(&ratios).unwrap_or_default(),
        }
    }
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

pub(super) fn measure(by: Axis, options: &Options, tell: &dyn Fn(&str)) -> Result<Cost, Error> {
    let sizes = &options.size.steps;
    let mut servers = Vec::new();
    for size in sizes {
        tell(&format!("filling a server with {size}"));
        let filled = Filled::start(options, &SMALL_LOG)?;
        fill(&filled, by, *size)?;
        filled.settled()?;
        servers.push(filled);
    }
    let skus = |size: u64| if by == Axis::Skus { size } else { SKUS };
    let mut rounds = Vec::new();
    for round in 0..options.size.rounds {
        let mut figures = vec![0.0; sizes.len()];
        for step in 0..sizes.len() {
            // Each round begins elsewhere.
            let place = (round + step) % sizes.len();
            tell(&format!("round {} of {}, {}", round + 1, options.size.rounds, sizes[place]));
            figures[place] = turn(&servers[place], skus(sizes[place]))?;
        }
        rounds.push(figures);
    }
    Ok(Cost::of(by, sizes, &rounds, MADE.into()))
}

fn name(number: u64) -> String {
    sku(number as u32)
}

fn fill(filled: &Filled, by: Axis, size: u64) -> Result<(), Error> {
    match by {
        Axis::Skus => filled.stock(name, size),
        Axis::Live => {
            filled.stock(name, SKUS)?;
            filled.operations((0..size).map(|number| numbered(number, LONG_MS)))
        }
        Axis::History => {
            filled.stock(name, SKUS)?;
            filled.operations((0..size).flat_map(ended))?;
            let expired = size / 3;
            filled.wait_until("holds expire", PAUSE, |server| Ok(server.metric(EXPIRED)? >= expired as f64))
        }
    }
}

fn numbered(number: u64, ttl_ms: u64) -> String {
    hold(&format!("{number:016x}"), &format!("c{number:015x}"), &name(number % SKUS), ttl_ms)
}

/// A reservation from its beginning to its end, or until it expires.
fn ended(number: u64) -> impl Iterator<Item = String> {
    let (ttl_ms, verbs): (u64, &[&str]) = match number % 3 {
        0 => (LONG_MS, &["confirm", "fulfil"]),
        1 => (LONG_MS, &["release"]),
        _ => (TTL_MS, &[]),
    };
    let verbs = verbs.iter().map(move |verb| format!(r#"{{"op":"{verb}","id":"{number:016x}"}}"#));
    std::iter::once(numbered(number, ttl_ms)).chain(verbs)
}

/// Reservations at full speed, until all have expired and the store has them: microseconds each.
fn turn(filled: &Filled, skus: u64) -> Result<f64, Error> {
    let server = &filled.server;
    let expired = server.metric(EXPIRED)? + f64::from(MADE);
    let before_s = server.processor_s();
    let summary = run(&Job {
        name: "reservations",
        target: &Written::reserve(SKU_PLACEHOLDER, skus as u32, TTL_MS, 201),
        address: filled.address()?,
        connections: CONNECTIONS,
        pace: Pace::Open { rate_per_s: RATE_PER_S },
        span: Span { warm_up: Duration::ZERO, measured: Duration::from_secs(1) * MADE / RATE_PER_S },
        process: None,
    })?;
    if let Some(answer) = summary.first_error {
        return Err(Error::Answer { attempt: "measure with unexpected answers", answer });
    }
    thread::sleep(Duration::from_millis(TTL_MS));
    filled.wait_until("holds expire", PAUSE, |server| Ok(server.metric(EXPIRED)? >= expired))?;
    filled.caught_up()?;
    Ok((server.processor_s() - before_s) * 1e6 / f64::from(MADE))
}
