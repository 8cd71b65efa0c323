//! A wave of expiries: many holds whose deadline is the same moment, and an open loop of a modest rate on another SKU
//! meanwhile. Nobody is turned away, so that a stall is in the latencies and not in refusals.

use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Options;
use super::filled::{Filled, LONG_MS, hold};
use crate::Error;
use crate::latency::Latencies;
use crate::load::http::Written;
use crate::load::{HOT_SKU, Job, Pace, Span, run_telling};

/// Over which the holds are spread.
const SKUS: u64 = 1_000;
const RATE_PER_S: u32 = 1_000;
const CONNECTIONS: usize = 16;
/// Before the deadline and, with what the wave takes, after it.
const MARGIN: Duration = Duration::from_secs(5);
/// A machine that makes fewer holds a second than this is not ready at the deadline.
const LEAST_HOLDS_PER_S: u64 = 15_000;
/// A wave that is slower than this is seen to its end, but not all of it under load.
const LEAST_EXPIRIES_PER_S: u64 = 50_000;
const LOOK: Duration = Duration::from_millis(50);
const EXPIRED: &str = "tidegate_reservations_total{outcome=\"expired\"}";

/// What it did to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wave {
    /// Holds of one deadline.
    pub holds: u64,
    /// Reservations a second meanwhile.
    pub rate_per_s: u32,
    /// From the deadline to the last expiry, seconds, to a twentieth.
    pub seconds: f64,
    /// What was due before the deadline.
    pub before: Latency,
    /// What was due until the last expiry.
    pub during: Latency,
    /// What was due later.
    pub after: Latency,
}

/// Latencies from when a request was due, milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Of so many.
    pub answers: u64,
    /// Median.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// 99.9th percentile.
    pub p999_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

impl Latency {
    fn of(samples: &[Sample], is_here: impl Fn(Instant) -> bool) -> Self {
        let mut latencies = Latencies::new();
        for sample in samples.iter().filter(|sample| is_here(sample.due)) {
            latencies.record(sample.taken);
        }
        let ms = |fraction| latencies.quantile_us(fraction) / 1e3;
        Self {
            answers: latencies.count(),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            max_ms: latencies.max_us() / 1e3,
        }
    }
}

struct Sample {
    due: Instant,
    taken: Duration,
}

/// Requests by when they were due: before, within, and after.
fn split(samples: &[Sample], deadline: Instant, end: Instant) -> [Latency; 3] {
    [
        Latency::of(samples, |due| due < deadline),
        Latency::of(samples, |due| due >= deadline && due <= end),
        Latency::of(samples, |due| due > end),
    ]
}

pub(super) fn measure(options: &Options, tell: &dyn Fn(&str)) -> Result<Wave, Error> {
    let holds = options.size.wave;
    let filled = Filled::start(options, &[])?;
    filled.stock(sku, SKUS)?;
    filled.stock(|_| HOT_SKU.to_owned(), 1)?;
    let deadline = Instant::now() + 2 * MARGIN + Duration::from_secs(holds / LEAST_HOLDS_PER_S);
    tell(&format!("making {holds} holds of one deadline"));
    // Each is given what is left until then.
    let due = |number: u64| {
        let left = deadline.saturating_duration_since(Instant::now());
        hold(&format!("{number:016x}"), "c", &sku(number % SKUS), left.as_millis().max(1) as u64)
    };
    filled.operations((0..holds).map(due))?;
    let begin = deadline.checked_sub(MARGIN).filter(|begin| *begin > Instant::now());
    let begin = begin.ok_or_else(|| Error::Answer {
        attempt: "make the holds before they expire",
        answer: format!("{holds} are too many for this machine"),
    })?;
    thread::sleep(begin.saturating_duration_since(Instant::now()));
    tell("loading while they expire");
    let measured = 2 * MARGIN + Duration::from_secs(holds / LEAST_EXPIRIES_PER_S);
    let (end, samples) = thread::scope(|scope| {
        let end = scope.spawn(|| end_of_wave(&filled, holds));
        let samples = load(&filled, measured);
        // Proof: it has no way to panic but a defect, which is passed on.
        (end.join().expect("a look ends with a moment or an error"), samples)
    });
    let end = end?;
    let [before, during, after] = split(&samples?, deadline, end);
    let seconds = end.saturating_duration_since(deadline).as_secs_f64();
    Ok(Wave { holds, rate_per_s: RATE_PER_S, seconds, before, during, after })
}

fn sku(number: u64) -> String {
    format!("SKU-{number}")
}

fn end_of_wave(filled: &Filled, holds: u64) -> Result<Instant, Error> {
    filled.wait_until("all holds expire", LOOK, |server| Ok(server.metric(EXPIRED)? >= holds as f64))?;
    Ok(Instant::now())
}

fn load(filled: &Filled, measured: Duration) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    let job = Job {
        name: "reservations",
        target: &Written::reserve(HOT_SKU, 1, LONG_MS, 201),
        address: filled.address()?,
        connections: CONNECTIONS,
        pace: Pace::Open { rate_per_s: RATE_PER_S },
        span: Span { warm_up: Duration::ZERO, measured },
        process: None,
    };
    let summary = run_telling(&job, |due, at| samples.push(Sample { due, taken: at - due }))?;
    match summary.first_error {
        Some(answer) => Err(Error::Answer { attempt: "load with unexpected answers", answer }),
        None if summary.unanswered > 0 => Err(Error::Promise(format!("{} requests unanswered", summary.unanswered))),
        None => Ok(samples),
    }
}

#[cfg(test)]
mod tests;
