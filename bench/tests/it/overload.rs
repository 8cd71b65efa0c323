//! What the judges of overload make of runs that were written down by hand.

use bench::overload::{
    Answer, Finding, Look, Mark, Outcome, ROWS, Run, Verdict, failing, flaky, greedy, hanging, mixed, parse, slow,
    step, sweep, write,
};
use bench::platform::Stats;

const BEGAN_MS: u64 = 1_000_000;
const CAPACITY_PER_S: f64 = 100.0;

/// `count` answers over `seconds` from `from_s` on.
fn answers(
    phase: &str,
    class: &str,
    outcome: &str,
    from_s: u64,
    seconds: u64,
    count: u64,
    taken_ms: f64,
) -> Vec<Answer> {
    let one = |number| Answer {
        sent_ms: BEGAN_MS + from_s * 1_000 + number * seconds * 1_000 / count,
        phase: phase.to_owned(),
        class: class.to_owned(),
        outcome: outcome.to_owned(),
        taken_ms,
    };
    (0..count).map(one).collect()
}

fn run(answers: Vec<Answer>) -> Run {
    Run { capacity_per_s: CAPACITY_PER_S, answers, ..Run::default() }
}

fn looks(limits: impl IntoIterator<Item = f64>) -> Vec<Look> {
    let look = |(second, limit)| Look { at_ms: BEGAN_MS + second as u64 * 1_000, limit, ..Look::default() };
    limits.into_iter().enumerate().map(look).collect()
}

fn marks(worse_s: u64, well_s: u64) -> Vec<Mark> {
    let mark = |at_s, word: &str| Mark { at_ms: BEGAN_MS + at_s * 1_000, word: word.to_owned() };
    vec![mark(worse_s, "worse"), mark(well_s, "well")]
}

fn holds(finding: &Finding) -> bool {
    finding.holds.unwrap_or_else(|| panic!("it is judged: {finding:?}"))
}

#[test]
fn what_k6_printed_is_read_and_a_broken_line_is_an_error() {
    let (answers, marks) = parse("answer,17,mixed,payment,ok,1.5\nmark,18,worse\n").expect("two lines");
    let answer = Answer {
        sent_ms: 17,
        phase: "mixed".to_owned(),
        class: "payment".to_owned(),
        outcome: "ok".to_owned(),
        taken_ms: 1.5,
    };
    assert_eq!(answers, [answer]);
    assert_eq!(marks, [Mark { at_ms: 18, word: "worse".to_owned() }]);
    for line in ["answer,17,mixed,payment,ok", "answer,x,mixed,payment,ok,1", "something"] {
        assert!(parse(line).is_err(), "{line}");
    }
}

/// Every step with this many served a second from the capacity on, and a p99.
fn steps(served_per_s: impl Fn(f64) -> f64, taken_ms: impl Fn(f64) -> f64) -> Run {
    let factors = [
        ("x0_5", 0.5),
        ("x0_8", 0.8),
        ("x1", 1.0),
        ("x1_5", 1.5),
        ("x2", 2.0),
        ("x3", 3.0),
        ("x5", 5.0),
        ("x10", 10.0),
    ];
    let mut all = Vec::new();
    for (place, (phase, factor)) in factors.into_iter().enumerate() {
        let (from_s, offered) = (place as u64 * 10, factor * CAPACITY_PER_S);
        let served = served_per_s(factor).min(offered);
        all.extend(answers(phase, "browse", "ok", from_s, 10, (served * 10.0) as u64, taken_ms(factor)));
        if offered > served {
            all.extend(answers(phase, "browse", "level", from_s, 10, ((offered - served) * 10.0) as u64, 1.0));
        }
    }
    run(all)
}

#[test]
fn a_sweep_holds_while_goodput_and_latency_do() {
    assert!(holds(&sweep(&steps(|_| 100.0, |_| 20.0))));
    let collapsed = sweep(&steps(|factor| if factor > 5.0 { 60.0 } else { 100.0 }, |_| 20.0));
    assert!(!holds(&collapsed), "{}", collapsed.figure);
    assert!(!holds(&sweep(&steps(|_| 100.0, |factor| if factor > 5.0 { 50.0 } else { 20.0 }))));
}

#[test]
fn a_sweep_whose_load_was_not_made_does_not_hold() {
    let mut short_of_load = steps(|_| 100.0, |_| 20.0);
    short_of_load.answers.retain(|answer| answer.phase != "x10" || answer.outcome == "ok");
    let finding = sweep(&short_of_load);
    assert!(!holds(&finding) && finding.figure.contains("less than meant"), "{}", finding.figure);
}

fn at_five_times(payments_lost: u64, levels: &[u64]) -> Run {
    let mut all = answers("mixed", "payment", "ok", 0, 10, 1_000, 10.0);
    for answer in all.iter_mut().take(payments_lost as usize) {
        "upstream_limit".clone_into(&mut answer.outcome);
    }
    all.extend(answers("mixed", "checkout", "ok", 0, 10, 500, 10.0));
    all.extend(answers("mixed", "browse", "level", 0, 10, 3_500, 1.0));
    let mut run = run(all);
    run.looks = looks(levels.iter().map(|_| 20.0));
    for (look, level) in run.looks.iter_mut().zip(levels) {
        look.upstream_level = *level;
    }
    run
}

#[test]
fn mixed_classes_hold_while_the_important_ones_are_served() {
    let calm = [300; 10];
    let finding = mixed(&at_five_times(1, &calm));
    assert!(holds(&finding), "{finding:?}");
    assert!(!holds(&mixed(&at_five_times(2, &calm))));
}

#[test]
fn a_class_that_is_shed_while_a_lower_one_is_let_in_breaks_the_order() {
    let mut broken = at_five_times(0, &[300; 10]);
    broken.answers.extend(answers("mixed", "admin", "ok", 4, 1, 3, 10.0));
    let finding = mixed(&broken);
    assert!(!holds(&finding) && finding.details.iter().any(|line| line.contains("3 of admin")), "{finding:?}");
    // Where the level moved meanwhile, both may be right.
    let mut moved = at_five_times(0, &[300, 300, 300, 300, 500, 400, 300, 300, 300, 300]);
    moved.answers.extend(answers("mixed", "admin", "ok", 4, 1, 3, 10.0));
    assert!(holds(&mixed(&moved)));
}

#[test]
fn a_step_holds_when_goodput_and_latency_are_back_in_time() {
    let stepped = |served, taken_ms| {
        let mut all = answers("one", "browse", "ok", 0, 10, 1_000, 20.0);
        all.extend(answers("ten", "browse", "ok", 10, 10, served, taken_ms));
        all.extend(answers("ten", "browse", "level", 10, 10, 10_000 - served, 1.0));
        run(all)
    };
    assert!(holds(&step(&stepped(1_000, 30.0))));
    assert!(!holds(&step(&stepped(800, 30.0))));
    assert!(!holds(&step(&stepped(1_000, 60.0))));
    let mut swollen = stepped(1_000, 30.0);
    swollen.looks = vec![Look { resident_bytes: 1 << 30, ..Look::default() }];
    assert!(!holds(&step(&swollen)));
}

fn faulty(limits: &[f64]) -> Run {
    Run {
        looks: looks(limits.iter().copied()),
        marks: marks(5, 15),
        ..run(answers("load", "browse", "ok", 0, 50, 500, 20.0))
    }
}

/// 5 s before, 10 s of a fault, 35 s afterwards.
fn limits(before: f64, during: impl Fn(u32) -> f64, after: impl Fn(u32) -> f64) -> Vec<f64> {
    let before = std::iter::repeat_n(before, 5);
    before.chain((0..10).map(during)).chain((0..35).map(after)).collect()
}

#[test]
fn a_slow_platform_must_lower_the_limit_soon_and_a_healthy_one_raise_it_again() {
    let falls = |second| if second < 4 { 40.0 } else { 10.0 };
    assert!(holds(&slow(&faulty(&limits(40.0, falls, |second| 10.0 + f64::from(second) * 2.0)))));
    let late = |second| if second < 7 { 40.0 } else { 10.0 };
    assert!(!holds(&slow(&faulty(&limits(40.0, late, |_| 40.0)))));
    assert!(!holds(&slow(&faulty(&limits(40.0, falls, |_| 30.0)))), "never back");
    assert!(!holds(&slow(&Run { marks: Vec::new(), ..faulty(&limits(40.0, falls, |_| 40.0)) })));
}

#[test]
fn a_limit_must_fall_and_not_rise_when_nothing_is_answered() {
    assert!(holds(&hanging(&faulty(&limits(40.0, |second| 40.0 - f64::from(second) * 3.0, |_| 40.0)))));
    assert!(!holds(&hanging(&faulty(&limits(40.0, |_| 40.0, |_| 40.0)))), "it stays");
    assert!(!holds(&hanging(&faulty(&limits(40.0, |second| 40.0 + f64::from(second) * 20.0, |_| 40.0)))), "it rises");
}

#[test]
fn retries_are_a_tenth_of_the_first_tries_at_most() {
    let retried = |calls, retries| Run { stats: Stats { calls, retries, ..Stats::default() }, ..run(Vec::new()) };
    assert!(holds(&failing(&retried(1_100, 100))));
    assert!(!holds(&failing(&retried(1_300, 300))));
    assert!(!holds(&failing(&retried(1_000, 0))), "a platform that fails is tried again, or nothing was seen");
    assert!(holds(&flaky(&retried(1_100, 100))));
    assert!(!holds(&flaky(&retried(1_300, 300))));
    assert!(!holds(&flaky(&retried(1_020, 20))), "the budget was not asked for more than it gives");
    let open = Look { breaker: "open".to_owned(), ..Look::default() };
    assert!(!holds(&flaky(&Run { looks: vec![open], ..retried(1_100, 100) })), "nothing else may bound them");
}

#[test]
fn the_others_must_not_lose_for_the_greedy_one() {
    let crowd = |lost: u64| {
        let mut all = answers("others", "browse", "ok", 0, 10, 1_000 - lost, 20.0);
        all.extend(answers("others", "browse", "level", 0, 10, lost.max(1), 1.0));
        all.extend(answers("greedy", "browse", "client_quota", 0, 10, 2_000, 1.0));
        run(all)
    };
    assert!(holds(&greedy(&crowd(20))));
    assert!(!holds(&greedy(&crowd(60))));
}

#[test]
fn every_k6_scenario_of_overload_has_a_row() {
    let k6 = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../k6");
    let files = std::fs::read_dir(k6).expect("the scenarios are there");
    let names = files.map(|file| file.expect("it is listed").file_name().into_string().expect("its name is text"));
    let scenarios: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("overload-")?.strip_suffix(".js")?.to_owned())).collect();
    assert!(!scenarios.is_empty());
    for scenario in scenarios {
        assert!(ROWS.iter().any(|row| row.name == scenario), "no row plays overload-{scenario}.js");
    }
}

#[test]
fn a_row_that_is_played_again_takes_the_place_of_its_former_self() {
    let outcome = |row: &str, figure: &str| Outcome {
        row: row.to_owned(),
        criterion: "holds".to_owned(),
        figure: figure.to_owned(),
        verdict: Verdict::Passed,
        leaks: Vec::new(),
        details: Vec::new(),
    };
    let directory = tempfile::tempdir().expect("a directory can be made");
    write(&[outcome("greedy", "earlier"), outcome("slow", "same")], directory.path()).expect("written");
    let [page, _] = write(&[outcome("greedy", "later")], directory.path()).expect("written");
    let page = std::fs::read_to_string(page).expect("it was written");
    assert!(
        page.contains("| slow | holds | same | pass |") && page.contains("| greedy | holds | later | pass |"),
        "{page}"
    );
    assert!(!page.contains("earlier"), "{page}");
}
