//! Random days without number: so many commands, over all cores, with word of how far it is.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// How many commands a soak asks, by the environment variable `SOAK_COMMANDS`.
fn commands() -> u64 {
    let given = std::env::var("SOAK_COMMANDS").ok();
    given.map_or(1_000_000, |text| text.parse().expect("SOAK_COMMANDS must be a number of commands"))
}

/// Plays days from `first_seed` on, until so many commands were asked. `day` plays the day of a seed,
/// says how many commands it asked, and panics where something is wrong: it ends the soak, and its
/// seed is told.
pub fn soak(what: &str, first_seed: u64, day: impl Fn(u64) -> u64 + Sync) {
    let (commands, began) = (commands(), Instant::now());
    let (asked, seeds, told) = (AtomicU64::new(0), AtomicU64::new(first_seed), AtomicU64::new(0));
    let play = || {
        while asked.load(Ordering::Relaxed) < commands {
            let seed = seeds.fetch_add(1, Ordering::Relaxed);
            let trace = Trace { what, seed };
            let asked = asked.fetch_add(day(seed), Ordering::Relaxed);
            std::mem::forget(trace);
            let percent = asked * 100 / commands;
            if told.fetch_max(percent, Ordering::Relaxed) < percent {
                eprintln!("{what}: {percent} %, {asked} commands in {} s", began.elapsed().as_secs());
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(play);
        }
    });
    let days = seeds.load(Ordering::Relaxed) - first_seed;
    let asked = asked.load(Ordering::Relaxed);
    println!("{what}: {asked} commands on {days} days agreed, in {} s", began.elapsed().as_secs());
}

/// Names the seed of a day that panics.
struct Trace<'w> {
    what: &'w str,
    seed: u64,
}

impl Drop for Trace<'_> {
    fn drop(&mut self) {
        eprintln!("{}: seed {} went wrong", self.what, self.seed);
    }
}
