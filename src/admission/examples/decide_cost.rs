//! What a decision costs, in nanoseconds: the median of several runs, alone and with two threads at it.
//! Run it with `cargo run --release -p admission --example decide_cost`.

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::time::Instant;

use admission::breaker::{self, Verdict};
use admission::limit::Outcome;
use admission::{
    Breaker, Class, Client, Cohort, Gate, Nanos, Priority, Quota, Quotas, Random, RetryBudget, Upstream, gate, retry,
    upstream,
};

/// Many short runs: the median is of those that no other program interrupted.
const RUNS: usize = 301;
const DECISIONS: u64 = 20_000;

/// One decision, of the number so-and-so; the number is a time too, a microsecond each.
type Decide<'a> = &'a (dyn Fn(u64) + Sync);

fn main() {
    println!("{:<42}{:>9}{:>14}", "ns a decision, median", "1 thread", "2 threads");
    let priorities: Vec<_> = (0..640u64).map(|client| priority(client * 7 % 640)).collect();
    let at = |number: u64| priorities[(number % 640) as usize];
    let now = |number: u64| Nanos(number * 1_000);

    let (gate, rules) = (Gate::default(), gate::Rules::default());
    report("gate: level", &|number| {
        let _ = black_box(gate.decide(&rules, at(number), now(number)));
    });
    report("gate: level, delay and wait", &|number| {
        gate.observe(&rules, 0, Nanos(number % 1_000_000), now(number));
        let decision = gate.decide(&rules, at(number), now(number));
        let _ = black_box(decision.and_then(|()| gate.decide_after(&rules, at(number), Nanos(9), now(number))));
    });
    let shadowed = gate::Rules { shadow: Some(gate::Settings::default()), ..rules };
    report("gate: level, with a shadow", &|number| {
        let _ = black_box(gate.decide(&shadowed, at(number), now(number)));
    });

    let settings = upstream::Settings::default();
    let upstream = Upstream::new(&settings);
    report("upstream: a place, and giving it back", &|number| {
        if upstream.try_acquire(&settings, at(number), now(number)).is_ok() {
            upstream.release(&settings, Outcome::Served(Nanos(1_000_000)), now(number));
        }
    });

    let quotas = Quotas::new(131_072, [1, 2]);
    let quota = Quota { rate_per_s: NonZeroU32::MIN, burst: NonZeroU32::MIN };
    report("quota: one of 100,000 clients", &|number| {
        let client = Client::at(Ipv4Addr::from_bits((number * 7_919 % 100_000) as u32).into());
        black_box(quotas.take(quota, client, now(number)));
    });

    let (breaker, settings) = (Breaker::default(), breaker::Settings::default());
    report("breaker: a pass, and its report", &|number| {
        if let Ok(pass) = breaker.try_pass(&settings, now(number)) {
            breaker.report(&settings, pass, Verdict::Succeeded, now(number), Random(number));
        }
    });

    let (budget, settings) = (RetryBudget::default(), retry::Settings::default());
    report("retry budget: counting a request", &|number| budget.record(&settings, now(number)));
    report("cohort: of a session of 32 bytes", &|number| {
        black_box(Cohort::of([1, 2], black_box(&[number as u8; 32])));
    });
}

fn priority(number: u64) -> Priority {
    let cohort = Cohort::new((number % 128) as u8).expect("below 128");
    Priority::new(Class::ALL[(number / 128) as usize], cohort)
}

fn report(name: &str, decide: Decide) {
    println!("{name:<42}{:>9.1}{:>14.1}", median(1, decide), median(2, decide));
}

/// Time goes on from run to run, as it does for a server.
fn median(threads: u64, decide: Decide) -> f64 {
    let mut costs: Vec<_> = (0..RUNS as u64).map(|run| cost(threads, run * DECISIONS * threads, decide)).collect();
    costs.sort_by(f64::total_cmp);
    costs[RUNS / 2]
}

fn cost(threads: u64, first: u64, decide: Decide) -> f64 {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for number in 0..DECISIONS {
                    decide(first + number * threads + thread);
                }
            });
        }
    });
    began.elapsed().as_nanos() as f64 / DECISIONS as f64
}
