//! Whether a run was as it must be, as arithmetic over what was seen. One function a row; none looks at a clock.

use super::answers::{Answer, Part};
use super::run::Run;
use super::watch::Look;
use super::world::SPARE_BYTES;

/// The classes, the most important first.
pub(super) const CLASSES: [&str; 5] = ["payment", "checkout", "browse", "non_essential", "admin"];
/// A load of less than this part of what was meant is not that load.
const HONEST: f64 = 0.95;
/// The edges of a step are not the step.
const SETTLING_MS: u64 = 3_000;

/// What a judge says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finding {
    /// Whether what must hold held; nothing where nothing must.
    pub holds: Option<bool>,
    /// The figures that it hangs on.
    pub figure: String,
    /// More figures, one a line.
    pub details: Vec<String>,
}

const FACTORS: [(&str, f64); 8] =
    [("x0_5", 0.5), ("x0_8", 0.8), ("x1", 1.0), ("x1_5", 1.5), ("x2", 2.0), ("x3", 3.0), ("x5", 5.0), ("x10", 10.0)];

/// Goodput from the capacity on is 95 % of its peak or more; the p99 of what is served is at most twice that at 0.8x.
pub fn sweep(run: &Run) -> Finding {
    let mut details =
        vec!["| offered | goodput/s | p50 ms | p99 ms | served |".to_owned(), "|---|---:|---:|---:|---:|".to_owned()];
    let (mut least, mut peak, mut p99_calm, mut p99_most) = (f64::MAX, 0.0_f64, 0.0, 0.0_f64);
    let mut is_honest = true;
    for (phase, factor) in FACTORS {
        let part = Part::of_phase(&run.answers, phase, if run.is_short { 0 } else { SETTLING_MS });
        let goodput = part.goodput_per_s();
        let p99 = part.quantile_ms(0.99, Answer::is_served);
        is_honest &= part.offered_per_s() >= HONEST * factor * run.capacity_per_s;
        peak = peak.max(goodput);
        if factor >= 1.0 {
            least = least.min(goodput);
        }
        if phase == "x0_8" {
            p99_calm = p99;
        }
        p99_most = p99_most.max(p99);
        details.push(format!(
            "| {factor}x, {:.0}/s | {goodput:.0} | {:.0} | {p99:.0} | {:.1} % |",
            part.offered_per_s(),
            part.quantile_ms(0.5, Answer::is_served),
            part.success() * 100.0
        ));
    }
    let figure = format!(
        "goodput {least:.0} to {peak:.0}/s from 1x on ({:.0} %); p99 {p99_most:.0} ms at most, {p99_calm:.0} ms at 0.8x{}",
        least / peak * 100.0,
        unless(is_honest, "; the load was less than meant")
    );
    let holds = is_honest && least >= 0.95 * peak && p99_most <= 2.0 * p99_calm;
    Finding { holds: (!run.is_short).then_some(holds), figure, details }
}

/// Payment and checkout are served 99.9 %; while the level stays, nothing of a class is shed while a lower one is let in.
pub fn mixed(run: &Run) -> Finding {
    let part = Part::of_phase(&run.answers, "mixed", 0);
    let success = |class| part.of_classes(&[class]).success();
    let (windows, broken) = order(&run.answers, &run.looks);
    let is_honest = part.offered_per_s() >= HONEST * 5.0 * run.capacity_per_s;
    let figure = format!(
        "payment {:.2} %, checkout {:.2} %; order broken in {} of {windows} windows; {:.0}/s offered, {:.0}/s served{}",
        success("payment") * 100.0,
        success("checkout") * 100.0,
        broken.len(),
        part.offered_per_s(),
        part.goodput_per_s(),
        unless(is_honest, "; the load was less than meant")
    );
    let mut details: Vec<String> = CLASSES.iter().map(|class| told(&part, class)).collect();
    details.extend(broken.iter().take(5).cloned());
    let is_served = ["payment", "checkout"].iter().all(|class| success(class) >= 0.999);
    let holds = broken.is_empty() && (run.is_short || (is_served && is_honest && windows > 0));
    Finding { holds: Some(holds), figure, details }
}

fn told(part: &Part, class: &str) -> String {
    let mine = part.of_classes(&[class]);
    format!("{class}: {:.2} % of {} served; {}", mine.success() * 100.0, mine.count(), mine.outcomes())
}

/// The gateway decides a moment after a request was sent: the edges of a window belong to none.
const EDGE_MS: u64 = 60;

/// How many windows in which no level moved were looked at, and in which of them the order of classes was broken.
fn order(answers: &[Answer], looks: &[Look]) -> (usize, Vec<String>) {
    let is_same =
        |one: &Look, next: &Look| (one.gate_level, one.upstream_level) == (next.gate_level, next.upstream_level);
    let (mut windows, mut broken) = (0, Vec::new());
    for window in looks.chunk_by(is_same) {
        let [first, .., last] = window else { continue };
        let part = Part::between(answers.iter(), first.at_ms + EDGE_MS, last.at_ms.saturating_sub(EDGE_MS));
        if part.count_of(Answer::is_shed_by_level) == 0 {
            continue;
        }
        windows += 1;
        let count = |class, is_so: fn(&Answer) -> bool| part.of_classes(&[class]).count_of(is_so);
        let shed = CLASSES.iter().position(|class| count(*class, Answer::is_shed_by_level) > 0);
        let served = CLASSES.iter().rposition(|class| count(*class, Answer::is_served) > 0);
        if let (Some(shed), Some(served)) = (shed, served)
            && shed < served
        {
            broken.push(format!(
                "at level {} and {}: {} of {} shed while {} of {} were served",
                first.gate_level,
                first.upstream_level,
                count(CLASSES[shed], Answer::is_shed_by_level),
                CLASSES[shed],
                count(CLASSES[served], Answer::is_served),
                CLASSES[served]
            ));
        }
    }
    (windows, broken)
}

/// Three seconds after the step as much is served as before it, no answer takes longer than twice as before, and memory is
/// bounded.
pub fn step(run: &Run) -> Finding {
    let before = Part::of_phase(&run.answers, "one", if run.is_short { 0 } else { SETTLING_MS });
    let after = Part::of_phase(&run.answers, "ten", if run.is_short { 0 } else { SETTLING_MS });
    let p99 = |part: &Part| part.quantile_ms(0.99, Answer::is_served);
    let lost = after.count_of(|answer| !answer.is_served() && !answer.is_refused());
    let is_bounded = run.growth_bytes() <= SPARE_BYTES;
    let is_honest = after.offered_per_s() >= HONEST * 10.0 * run.capacity_per_s;
    let figure = format!(
        "from 3 s on {:.0}/s served ({:.0}/s before), p99 {:.0} ms ({:.0} ms), {lost} neither served nor refused; {} MiB more memory{}",
        after.goodput_per_s(),
        before.goodput_per_s(),
        p99(&after),
        p99(&before),
        run.growth_bytes() >> 20,
        unless(is_honest, "; the load was less than meant")
    );
    let is_stable =
        after.goodput_per_s() >= 0.95 * before.goodput_per_s() && p99(&after) <= 2.0 * p99(&before) && lost == 0;
    let details = vec![format!("from 3 s on: {}", after.outcomes()), by_second(run, "ten")];
    Finding { holds: Some(is_bounded && (run.is_short || (is_stable && is_honest))), figure, details }
}

/// Served in each second of a phase.
fn by_second(run: &Run, phase: &str) -> String {
    let mine = || run.answers.iter().filter(|answer| answer.phase == phase);
    let from = mine().map(|answer| answer.sent_ms).min().unwrap_or_default();
    let to = mine().map(|answer| answer.sent_ms).max().unwrap_or_default();
    let seconds = (from..to).step_by(1_000).map(|from| Part::between(mine(), from, from + 1_000));
    let counts: Vec<_> = seconds.map(|part| part.count_of(Answer::is_served).to_string()).collect();
    format!("served by second: {}", counts.join(" "))
}

/// The limit before a fault, while it lasted and afterwards.
struct Limits<'a> {
    before: f64,
    during: Vec<&'a Look>,
    after: Vec<&'a Look>,
    worse_ms: u64,
    well_ms: u64,
}

const BEFORE_MS: u64 = 5_000;

impl<'a> Limits<'a> {
    /// Nothing if the scenario did not come so far.
    fn of(run: &'a Run) -> Option<Self> {
        let (worse_ms, well_ms) = (run.mark("worse")?, run.mark("well")?);
        let between = |from, to| run.looks.iter().filter(move |look| (from..to).contains(&look.at_ms));
        let mut before: Vec<f64> =
            between(worse_ms.saturating_sub(BEFORE_MS), worse_ms).map(|look| look.limit).collect();
        before.sort_by(f64::total_cmp);
        Some(Self {
            before: *before.get(before.len() / 2)?,
            during: between(worse_ms, well_ms).collect(),
            after: between(well_ms, u64::MAX).collect(),
            worse_ms,
            well_ms,
        })
    }

    /// The limit second by second, from the fault on.
    fn told(&self) -> String {
        let of_second = |second: u64| {
            let from = self.worse_ms + second * 1_000;
            self.during.iter().chain(&self.after).find(|look| look.at_ms >= from)
        };
        let looks = (0..60).map_while(of_second).map(|look| format!("{:.0}", look.limit));
        format!("limit {:.0} before, by second from the fault on: {}", self.before, looks.collect::<Vec<_>>().join(" "))
    }
}

const UNFINISHED: &str = "the scenario did not come to its end";

fn unfinished() -> Finding {
    Finding { holds: Some(false), figure: UNFINISHED.to_owned(), details: Vec::new() }
}

/// The limit falls within 5 s to three quarters or less, and is back at 90 % within 30 s.
pub fn slow(run: &Run) -> Finding {
    let Some(limits) = Limits::of(run) else { return unfinished() };
    let first = |looks: &[&Look], from: u64, is_so: &dyn Fn(f64) -> bool| {
        looks.iter().find(|look| is_so(look.limit)).map(|look| look.at_ms.saturating_sub(from) as f64 / 1e3)
    };
    let fell = first(&limits.during, limits.worse_ms, &|limit| limit <= 0.75 * limits.before);
    let back = first(&limits.after, limits.well_ms, &|limit| limit >= 0.9 * limits.before);
    let least = limits.during.iter().map(|look| look.limit).fold(f64::MAX, f64::min);
    let after =
        |seconds: Option<f64>| seconds.map_or_else(|| "never".to_owned(), |seconds| format!("after {seconds:.1} s"));
    let figure = format!(
        "limit {:.0}; at three quarters {}, {least:.0} at the least; back at 90 % {}",
        limits.before,
        after(fell),
        after(back)
    );
    let holds = fell.is_some_and(|seconds| seconds <= 5.0) && back.is_some_and(|seconds| seconds <= 30.0);
    let details = vec![limits.told(), Part::of_phase(&run.answers, "load", 0).outcomes()];
    Finding { holds: (!run.is_short).then_some(holds), figure, details }
}

/// So long after the platform hangs, what was asked before is answered or given up.
const ANSWERED_MS: u64 = 2_000;

/// The limit falls to half or less while the platform hangs, and from when nothing is answered any more it is never above
/// what it was.
pub fn hanging(run: &Run) -> Finding {
    let Some(limits) = Limits::of(run) else { return unfinished() };
    let least = limits.during.iter().map(|look| look.limit).fold(f64::MAX, f64::min);
    let unanswered = limits.during.iter().filter(|look| look.at_ms >= limits.worse_ms + ANSWERED_MS);
    let most = unanswered.map(|look| look.limit).fold(0.0, f64::max);
    let last = limits.during.last().map_or(0.0, |look| look.limit);
    let open = limits.during.iter().filter(|look| look.breaker != "closed").count();
    let figure = format!(
        "limit {:.0}; while nothing is answered {least:.0} at the least, {most:.0} at the most, {last:.0} at the end; breaker not \
         closed in {open} of {} looks",
        limits.before,
        limits.during.len()
    );
    let has_fallen = least < limits.before && (run.is_short || last <= 0.5 * limits.before);
    // Between two looks one step upwards may have been under way.
    let has_not_risen = most <= limits.before * 1.1 + 1.0;
    let details = vec![limits.told(), Part::of_phase(&run.answers, "load", 0).outcomes()];
    Finding { holds: Some(has_fallen && has_not_risen), figure, details }
}

/// The least number of retries that is always allowed within ten seconds.
const RETRIES_ALLOWED: u64 = 10;

/// The platform sees at most a tenth more calls than requests that were handed on to it.
pub fn failing(run: &Run) -> Finding {
    let retries = run.stats.retries;
    let first_tries = run.stats.calls - retries;
    let part = Part::of_phase(&run.answers, "load", 0);
    let figure = format!(
        "{retries} retries beside {first_tries} first tries ({:.1} %); {} requests of clients",
        retries as f64 * 100.0 / first_tries.max(1) as f64,
        part.count()
    );
    let was_tried = retries > 0;
    let holds = was_tried && retries <= first_tries / 10 + RETRIES_ALLOWED;
    Finding { holds: Some(holds), figure, details: vec![part.outcomes(), by_second(run, "load")] }
}

/// The same with no breaker in the way, and many more failures than there may be retries: the budget is used, or nothing was
/// seen of it.
pub fn flaky(run: &Run) -> Finding {
    let Finding { holds, figure, mut details } = failing(run);
    let open = run.looks.iter().filter(|look| look.breaker != "closed").count();
    let is_used = run.stats.retries >= (run.stats.calls - run.stats.retries) / 40;
    details.push(format!("breaker not closed in {open} of {} looks", run.looks.len()));
    Finding { holds: holds.map(|holds| holds && is_used && open == 0), figure, details }
}

/// The others lose less than 5 %.
pub fn greedy(run: &Run) -> Finding {
    let of = |phase| Part::of_phase(&run.answers, phase, 0);
    let (others, greedy) = (of("others"), of("greedy"));
    let figure = format!(
        "the others lose {:.2} % of {}; of the one's {} {:.1} % are served",
        (1.0 - others.success()) * 100.0,
        others.count(),
        greedy.count(),
        greedy.success() * 100.0
    );
    let details = vec![format!("others: {}", others.outcomes()), format!("the one: {}", greedy.outcomes())];
    let holds = others.count() > 0 && others.success() > 0.95;
    Finding { holds: Some(holds), figure, details }
}

fn unless(holds: bool, words: &str) -> &str {
    if holds { "" } else { words }
}
