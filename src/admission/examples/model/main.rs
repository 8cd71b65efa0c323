//! Plays the scenarios of admission in the toy world and plots them into a directory, by default `docs/admission`.
//! The same world is asserted upon by `tests/it`.

mod svg;
mod world;

use std::path::Path;
use std::{env, fs, io};

use admission::{Class, Reason};
use svg::{Chart, Line};
use world::scenarios::{self, Admission, STEADY};
use world::tally::{Counts, Second, Tally};

/// The offered load of the sweeps, in times of the capacity.
const SWEEP: [f64; 12] = [0.5, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];

const LOAD: &str = "offered load, in times of the capacity";
const TIME: &str = "seconds";

fn main() -> io::Result<()> {
    let directory = env::args().nth(1).unwrap_or_else(|| "docs/admission".to_owned());
    fs::create_dir_all(&directory)?;
    let directory = Path::new(&directory);
    let mut charts = gateway_sweep();
    charts.extend(listener_sweep());
    charts.extend(over_time());
    print_greed();
    for (name, chart) in charts {
        let path = directory.join(name);
        fs::write(&path, chart.render())?;
        println!("{}", path.display());
    }
    Ok(())
}

type Named = (&'static str, Chart);

/// A line over the loads of a sweep.
fn over_loads<T>(name: &str, runs: &[(f64, T)], value: impl Fn(&T) -> f64) -> Line {
    Line { name: name.to_owned(), points: runs.iter().map(|(load, run)| (*load, value(run))).collect() }
}

/// A line over the seconds of a run; the last are left out, whose calls do not end any more.
fn over_seconds(name: &str, tally: &Tally, value: impl Fn(&Second) -> f64) -> Line {
    let seconds = tally.0.iter().take(tally.0.len() - 2).enumerate();
    Line { name: name.to_owned(), points: seconds.map(|(second, counts)| (second as f64, value(counts))).collect() }
}

fn served(second: &Second) -> f64 {
    second.classes.iter().map(|counts| f64::from(counts.served)).sum()
}

fn success_percent(counts: &Counts) -> f64 {
    100.0 * f64::from(counts.served) / f64::from(counts.offered.max(1))
}

/// A line for each class, of those that something was served of.
fn by_class(runs: &[(f64, Tally)], seconds: std::ops::Range<usize>, value: impl Fn(&Counts) -> f64) -> Vec<Line> {
    let line = |class: &Class| {
        let counts = runs.iter().map(|(load, tally)| (*load, tally.class(*class, seconds.clone())));
        let served: Vec<_> = counts.filter(|(_, counts)| counts.served >= 100).collect();
        over_loads(class.word(), &served, &value)
    };
    Class::ALL.iter().map(line).collect()
}

fn gateway_sweep() -> Vec<Named> {
    let sweep = |admission| SWEEP.map(|load| (load, scenarios::steady(admission, load)));
    let (on, off) = (sweep(Admission::On), sweep(Admission::Off));
    let goodput = |tally: &Tally| f64::from(tally.all(STEADY).served) / STEADY.len() as f64;
    println!("load  goodput/s  p99 ms  shed by level  by limit  payment %  checkout %  browse %");
    for (load, tally) in &on {
        let all = tally.all(STEADY);
        let success = |class| success_percent(&tally.class(class, STEADY));
        println!(
            "{load:4}  {:9.0}  {:6.0}  {:13}  {:8}  {:9.2}  {:10.2}  {:8.2}",
            goodput(tally),
            all.p99_ms(),
            all.refused_for(Reason::Level),
            all.refused_for(Reason::UpstreamLimit),
            success(Class::Payment),
            success(Class::Checkout),
            success(Class::Browse),
        );
    }
    let lines = vec![over_loads("with admission", &on, goodput), over_loads("without", &off, goodput)];
    let chart = |title, y, lines| Chart { title, x: LOAD, y, x_is_log: false, y_is_log: false, lines };
    vec![
        ("sweep-goodput.svg", chart("Gateway: answered in time", "requests a second", lines)),
        ("sweep-success.svg", chart("Gateway: success by class", "%", by_class(&on, STEADY, success_percent))),
        ("sweep-p99.svg", chart("Gateway: p99 of what was served", "ms", by_class(&on, STEADY, Counts::p99_ms))),
    ]
}

fn listener_sweep() -> Vec<Named> {
    const STEADY: std::ops::Range<usize> = 10..38;
    let sweep = |admission| SWEEP.map(|load| (load, scenarios::steady_listener(admission, load)));
    let (on, off) = (sweep(Admission::On), sweep(Admission::Off));
    let goodput = |tally: &Tally| f64::from(tally.all(STEADY).served) / STEADY.len() as f64;
    let lines = vec![over_loads("with admission", &on, goodput), over_loads("without", &off, goodput)];
    let chart = |title, y, lines| Chart { title, x: LOAD, y, x_is_log: false, y_is_log: false, lines };
    vec![
        ("listener-goodput.svg", chart("Listener: answered in time", "requests a second", lines)),
        ("listener-p99.svg", chart("Listener: p99 of what was served", "ms", by_class(&on, STEADY, Counts::p99_ms))),
    ]
}

fn print_greed() {
    for (case, quota) in [("without a quota", None), ("with one of 12/s", Some(12))] {
        let tally = scenarios::greedy(100.0, quota);
        let (all, first) = (tally.all(10..38), tally.first_client(10..38));
        let others = 100.0 * f64::from(all.served - first.served) / f64::from(all.offered - first.offered);
        println!("one client asks 100x as much, {case}: {others:.1} % of the others' requests are served");
    }
}

fn print_step(step: &Tally) {
    let after = step.all(23..48);
    let goodput = f64::from(after.served) / 25.0;
    println!("from 1x to 10x, from 3 s after: {goodput:.0} a second, p99 {:.0} ms", after.p99_ms());
}

fn print_limits(slow: &Tally, hanging: &Tally) {
    let limit = |tally: &Tally, second: usize| tally.0[second].limit;
    let before = slow.0[10..20].iter().map(|second| second.limit).sum::<u32>() / 10;
    let back = (40..slow.0.len()).find(|second| f64::from(limit(slow, *second)) >= 0.9 * f64::from(before));
    let after = back.map_or_else(|| "never".to_owned(), |second| format!("after {} s", second - 40));
    println!("10x slower: limit {before}, after 5 s {}, back at 90 % {after}", limit(slow, 25));
    println!("no answers: limit {}, after 5 s {}", limit(hanging, 19), limit(hanging, 25));
}

fn print_retries(failing: &Tally) {
    let sum = |of: fn(&Second) -> u32| f64::from(failing.0[20..].iter().map(of).sum::<u32>());
    let retried = sum(|second| second.retried);
    println!("every answer a 503: retries add {:.1} %", 100.0 * retried / (sum(|second| second.sent) - retried));
}

fn over_time() -> Vec<Named> {
    let chart = |title, y, lines| Chart { title, x: TIME, y, x_is_log: false, y_is_log: false, lines };
    let (on, off) = (scenarios::step(Admission::On), scenarios::step(Admission::Off));
    let step = vec![over_seconds("with admission", &on, served), over_seconds("without", &off, served)];
    let (slow, hanging) = (scenarios::slow(Admission::On), scenarios::hanging(Admission::On));
    let limit = |second: &Second| f64::from(second.limit);
    print_step(&on);
    print_limits(&slow, &hanging);
    let limits = vec![
        over_seconds("10x slower, 20 to 40 s", &slow, limit),
        over_seconds("no answers from 20 s", &hanging, limit),
    ];
    let unprotected = scenarios::slow(Admission::Off);
    let healing = vec![over_seconds("with admission", &slow, served), over_seconds("without", &unprotected, served)];
    let failing = scenarios::failing();
    print_retries(&failing);
    let retries = vec![
        over_seconds("first tries", &failing, |second| f64::from(second.sent - second.retried)),
        over_seconds("retries", &failing, |second| f64::from(second.retried)),
    ];
    let rate = "requests a second";
    vec![
        ("step-goodput.svg", chart("Gateway: from 1x to 10x at 20 s, answered in time", rate, step)),
        ("limit.svg", chart("Limit of a sick platform", "calls under way", limits)),
        ("slow-goodput.svg", chart("Platform 10x slower from 20 to 40 s, answered in time", rate, healing)),
        ("failing-retries.svg", chart("Every answer a 503 from 20 s, calls of the platform", rate, retries)),
    ]
}
