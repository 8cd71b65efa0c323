//! How many calls may be under way at an upstream, found out by itself: latency beyond the base is queue (TCP Vegas,
//! Brakmo and Peterson 1995; steps by log10 of the limit as in Netflix, "concurrency-limits", 2018). Timeouts count
//! as drops, and growth needs calls under way: gradient limiters otherwise rise to their maximum when everything
//! times out. Must not know what is called, nor how a class is ranked beyond its share.

mod base;
mod window;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use parking_lot::Mutex;

use crate::class::Class;
use crate::shares::Shares;
use crate::time::Nanos;
use base::{Base, Probe};
use window::Window;

/// The constants of a limiter; may differ from one call to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// This many, and nothing adapts.
    pub fixed: Option<NonZeroU32>,
    /// What a limiter begins with, and what calls under way need not account for.
    pub initial: u32,
    /// The limit never falls below this.
    pub least: u32,
    /// The limit never rises above this.
    pub most: u32,
    /// So much latency beyond the base is no queue that anybody minds: a processor that several share takes as long.
    pub tolerated: Nanos,
    /// The limit is reconsidered after so long, or after the latency of a call if that is longer,
    pub window: Nanos,
    /// if there were so many answers;
    pub answers: u32,
    /// and after so long in any case.
    pub longest_window: Nanos,
    /// How long a base latency is remembered, up to twice that; once within it the limit is lowered for a moment to
    /// measure it, if it has not been low anyway.
    pub base_memory: Nanos,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fixed: None,
            initial: 20,
            least: 2,
            most: 1_000,
            tolerated: Nanos::from_millis(5),
            window: Nanos::from_millis(100),
            answers: 10,
            longest_window: Nanos::from_secs(1),
            base_memory: Nanos::from_secs(10),
        }
    }
}

/// How many times what is under way the limit may be.
const MOST_TIMES_IN_FLIGHT: u32 = 5;

/// What a call says of the upstream's load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did the work, in so long.
    Served(Nanos),
    /// It timed out, or was refused for overload.
    Dropped,
    /// Nothing: the client went away, no connection was made, or it failed faster than work takes.
    Ignored,
}

/// What a limiter has come to, for whoever wants to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    /// Calls that may be under way.
    pub limit: u32,
    /// Calls that are.
    pub in_flight: u32,
    /// The latency without a queue, as far as is known.
    pub base: Option<Nanos>,
    /// The middle latency of the last window.
    pub recent: Option<Nanos>,
}

/// The concurrency limit of one upstream.
#[derive(Debug)]
pub struct Limiter {
    in_flight: AtomicU32,
    /// The most that were under way in this window.
    peak: AtomicU32,
    /// What holds at present for vital classes: the limit found, or a lower one to measure the base latency.
    limit_of_vital: AtomicU32,
    /// And for the rest, which make way for that first.
    limit_of_rest: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: f64,
    window: Window,
    base: Base,
    recent: Option<Nanos>,
    /// How the window that goes on is held back.
    probe: Probe,
}

impl Limiter {
    /// A limiter with nothing under way.
    pub fn new(settings: &Settings) -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            limit_of_vital: AtomicU32::new(settings.initial),
            limit_of_rest: AtomicU32::new(settings.initial),
            state: Mutex::new(State {
                limit: f64::from(settings.initial),
                window: Window::default(),
                base: Base::default(),
                recent: None,
                probe: Probe::None,
            }),
        }
    }

    /// Takes a place for a call of this class, if its share of the limit has one. Each place that was taken is
    /// given back by exactly one [`release`](Self::release).
    pub fn try_acquire(&self, settings: &Settings, shares: &Shares, class: Class) -> bool {
        let ceiling = shares.ceiling(class, self.limit_of(settings, class));
        let taken = self.in_flight.fetch_update(Relaxed, Relaxed, |now| (now < ceiling).then_some(now + 1));
        if let Ok(before) = taken {
            self.peak.fetch_max(before + 1, Relaxed);
        }
        taken.is_ok()
    }

    /// Gives a place back and tells how the call went.
    pub fn release(&self, settings: &Settings, outcome: Outcome, now: Nanos) {
        let in_flight = self.in_flight.fetch_sub(1, Relaxed);
        if settings.fixed.is_some() {
            return;
        }
        let mut state = self.state.lock();
        state.window.add(outcome, in_flight, now);
        if state.window.is_over(settings, state.recent.unwrap_or_default(), now) {
            let peak = self.peak.swap(in_flight.saturating_sub(1), Relaxed);
            state.reconsider(settings, peak, now);
            let (vital, rest) = state.at_present(settings);
            self.limit_of_vital.store(vital, Relaxed);
            self.limit_of_rest.store(rest, Relaxed);
        }
    }

    /// How many calls may be under way at present for one more of this class to be thought of.
    fn limit_of(&self, settings: &Settings, class: Class) -> u32 {
        let limit = if class.is_vital() { &self.limit_of_vital } else { &self.limit_of_rest };
        settings.fixed.map_or_else(|| limit.load(Relaxed), NonZeroU32::get)
    }

    /// What it has come to.
    pub fn status(&self, settings: &Settings) -> Status {
        let state = self.state.lock();
        Status {
            limit: settings.fixed.map_or(state.limit as u32, NonZeroU32::get),
            in_flight: self.in_flight.load(Relaxed),
            base: state.base.latency(),
            recent: state.recent,
        }
    }
}

impl State {
    /// Ends the window and finds the limit of the next.
    fn reconsider(&mut self, settings: &Settings, peak: u32, now: Nanos) {
        let window = std::mem::take(&mut self.window);
        if let Some(recent) = window.middle() {
            self.recent = Some(recent);
            self.base.observe(settings, recent, f64::from(peak) <= self.base.quiet(self.limit), now);
        }
        self.limit = self.next(settings, &window, peak);
        let bound = peak.saturating_mul(MOST_TIMES_IN_FLIGHT).max(settings.initial).min(settings.most);
        self.limit = self.limit.min(f64::from(bound)).max(f64::from(settings.least.max(1)));
        self.probe = self.base.probe(settings, now);
    }

    /// The limits that hold now, for vital classes and for the rest.
    fn at_present(&self, settings: &Settings) -> (u32, u32) {
        let least = settings.least.max(1);
        let (limit, quiet) = ((self.limit as u32).max(least), (self.base.quiet(self.limit) as u32).max(least));
        match self.probe {
            Probe::None => (limit, limit),
            Probe::RestHeldBack => (limit, quiet),
            Probe::VitalAlone => (limit, least),
            Probe::AllHeldBack => (quiet, quiet),
        }
    }

    fn next(&mut self, settings: &Settings, window: &Window, peak: u32) -> f64 {
        // In proportion to what was dropped, as DCTCP does (Alizadeh et al. 2010): if all was, by half.
        if window.dropped_part() > 0.0 {
            return self.limit * (1.0 - window.dropped_part() / 2.0);
        }
        let (Some(recent), Some(base)) = (window.middle(), self.base.latency()) else {
            return self.limit;
        };
        let beyond = recent.since(base).since(settings.tolerated);
        let pipe = window.mean_in_flight() * base.0 as f64 / (base.plus(beyond).0 as f64).max(1.0);
        let queue = window.mean_in_flight() - pipe;
        let is_held_back = self.probe != Probe::None;
        let is_used = f64::from(peak) * 2.0 >= self.limit;
        if is_used {
            self.base.set_pipe(pipe);
        }
        let step = self.limit.max(10.0).log10();
        let (alpha, beta) = (3.0 * step, 6.0 * step);
        match queue {
            // The further beyond, the further back: an upstream that is ten times slower is not left waiting for
            // hundreds of small steps.
            _ if queue > beta => self.limit - step * queue / beta,
            _ if !is_used || is_held_back => self.limit,
            _ if queue <= step => self.limit + beta,
            _ if queue < alpha => self.limit + step,
            _ => self.limit,
        }
    }
}

#[cfg(test)]
mod tests;
