//! Whether an upstream is left alone for a while because it fails. After Nygard, "Release It!" (2007): closed, open,
//! half-open; opened by failures in a row or by their rate, tried again by a few probes, later and later.
//! Must not know what a failure is: who called says so.

use parking_lot::Mutex;

use crate::sliding::{Counts, Sliding};
use crate::time::{Nanos, Random};

/// The constants of a breaker; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// So many failures in a row open it.
    pub failures_in_a_row: u32,
    /// So many percent of failures open it,
    pub failure_percent: u32,
    /// if there were so many calls
    pub fewest: u32,
    /// within so long.
    pub span: Nanos,
    /// So many probes may be under way while half-open, and so many in a row must succeed to close it.
    pub probes: u32,
    /// The first back-off, doubled each time that probes fail.
    pub shortest_back_off: Nanos,
    /// The last.
    pub longest_back_off: Nanos,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            failures_in_a_row: 10,
            failure_percent: 50,
            fewest: 20,
            span: Nanos::from_secs(10),
            probes: 3,
            shortest_back_off: Nanos::from_secs(1),
            longest_back_off: Nanos::from_secs(60),
        }
    }
}

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The upstream answered as it should.
    Succeeded,
    /// It refused, broke off, timed out, or answered that it cannot.
    Failed,
    /// Nothing was learnt: the client went away.
    Unknown,
}

/// The right to make one call. Reported exactly once, whatever became of the call, or a probe's place is lost.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "report how the call went"]
pub struct Pass {
    /// In which state it was given: what a call says of an earlier state is old news.
    generation: u64,
}

/// What a breaker does at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Calls go through.
    Closed,
    /// None goes through until then.
    Open {
        /// When probes may be made.
        until: Nanos,
    },
    /// A few probes go through.
    HalfOpen,
}

/// The breaker of an upstream or of an endpoint.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: State,
    generation: u64,
    /// How often it opened since it last closed.
    openings: u32,
}

#[derive(Debug)]
enum State {
    Closed { failures_in_a_row: u32, calls: Sliding },
    Open { until: Nanos },
    HalfOpen { under_way: u32, succeeded: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures_in_a_row: 0, calls: Sliding::default() }
    }
}

impl Breaker {
    /// Asks for a call. If there is none to be had, tells after how long to ask again.
    pub fn try_pass(&self, settings: &Settings, now: Nanos) -> Result<Pass, Nanos> {
        let mut inner = self.0.lock();
        if matches!(inner.state, State::Open { until } if now >= until) {
            inner.enter(State::HalfOpen { under_way: 0, succeeded: 0 });
        }
        let generation = inner.generation;
        match &mut inner.state {
            State::Closed { .. } => {}
            State::Open { until } => return Err(until.since(now)),
            State::HalfOpen { under_way, .. } if *under_way >= settings.probes.max(1) => {
                return Err(settings.shortest_back_off);
            }
            State::HalfOpen { under_way, .. } => *under_way += 1,
        }
        Ok(Pass { generation })
    }

    /// Tells how a call went. `random` spreads the back-off, so that several gateways do not probe in step.
    pub fn report(&self, settings: &Settings, pass: Pass, verdict: Verdict, now: Nanos, random: Random) {
        let mut inner = self.0.lock();
        if pass.generation != inner.generation {
            return;
        }
        match inner.state.after(settings, verdict, now) {
            Next::Same => {}
            Next::Closed => {
                inner.openings = 0;
                inner.enter(State::default());
            }
            Next::Open => inner.open(settings, now, random),
        }
    }

    /// Tells that a call which was reported a success has failed after all, as one whose answer broke off behind its head.
    pub fn failed_late(&self, settings: &Settings, now: Nanos, random: Random) {
        let mut inner = self.0.lock();
        let State::Closed { calls, .. } = &mut inner.state else { return };
        calls.add(settings.span, Counts { all: 0, some: 1 }, now);
        if is_too_often(calls, settings, now) {
            inner.open(settings, now, random);
        }
    }

    /// What it does at present.
    pub fn position(&self, now: Nanos) -> Position {
        match self.0.lock().state {
            State::Closed { .. } => Position::Closed,
            State::Open { until } if now < until => Position::Open { until },
            State::Open { .. } | State::HalfOpen { .. } => Position::HalfOpen,
        }
    }
}

impl Inner {
    fn open(&mut self, settings: &Settings, now: Nanos, random: Random) {
        let until = now.plus(back_off(settings, self.openings, random));
        self.openings = self.openings.saturating_add(1);
        self.enter(State::Open { until });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

/// Where a report leads.
enum Next {
    Same,
    Closed,
    Open,
}

impl State {
    fn after(&mut self, settings: &Settings, verdict: Verdict, now: Nanos) -> Next {
        match (self, verdict) {
            (Self::HalfOpen { under_way, .. }, Verdict::Unknown) => *under_way -= 1,
            (Self::HalfOpen { .. }, Verdict::Failed) => return Next::Open,
            (Self::HalfOpen { under_way, succeeded }, Verdict::Succeeded) => {
                *under_way -= 1;
                *succeeded += 1;
                if *succeeded >= settings.probes {
                    return Next::Closed;
                }
            }
            (Self::Open { .. }, _) | (Self::Closed { .. }, Verdict::Unknown) => {}
            (Self::Closed { failures_in_a_row, calls }, Verdict::Succeeded) => {
                *failures_in_a_row = 0;
                calls.add(settings.span, Counts { all: 1, some: 0 }, now);
            }
            (Self::Closed { failures_in_a_row, calls }, Verdict::Failed) => {
                *failures_in_a_row += 1;
                calls.add(settings.span, Counts { all: 1, some: 1 }, now);
                if is_too_often(calls, settings, now) || *failures_in_a_row >= settings.failures_in_a_row {
                    return Next::Open;
                }
            }
        }
        Next::Same
    }
}

/// Whether so many of the calls of late have failed that no more are to be made.
fn is_too_often(calls: &mut Sliding, settings: &Settings, now: Nanos) -> bool {
    let Counts { all, some } = calls.sum(settings.span, now);
    all >= u64::from(settings.fewest) && some * 100 >= all * u64::from(settings.failure_percent)
}

/// From `shortest` to `longest`: half of the doubled back-off is sure, half is chance.
fn back_off(settings: &Settings, openings: u32, random: Random) -> Nanos {
    let doubled = settings.shortest_back_off.0.saturating_mul(2u64.saturating_pow(openings.saturating_add(1)));
    let half = Nanos(doubled.min(settings.longest_back_off.0) / 2);
    half.plus(random.part_of(half)).max(settings.shortest_back_off)
}

#[cfg(test)]
mod tests;
