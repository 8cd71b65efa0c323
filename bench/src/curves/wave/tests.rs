//! Which request counts where.

use super::{Sample, split};
use std::time::{Duration, Instant};

#[test]
fn requests_count_by_when_they_were_due() {
    let earlier = Instant::now();
    let deadline = earlier + Duration::from_millis(1);
    let end = deadline + Duration::from_secs(2);
    let sample = |at: Instant, taken_ms| Sample { due: at, taken: Duration::from_millis(taken_ms) };
    // The first is answered within the wave, but was due before it.
    let samples =
        [sample(earlier, 1_000), sample(deadline, 20), sample(end, 40), sample(end + Duration::from_millis(1), 5)];
    let [before, during, after] = split(&samples, deadline, end);
    assert_eq!((before.answers, during.answers, after.answers), (1, 2, 1));
    let is_near = |found: f64, expected: f64| (found - expected).abs() <= expected * 0.002;
    assert!(is_near(before.max_ms, 1_000.0) && is_near(after.max_ms, 5.0), "{before:?} {after:?}");
    assert!(is_near(during.p50_ms, 20.0) && is_near(during.p99_ms, 40.0), "{during:?}");
}

#[test]
fn nothing_due_is_nothing_told() {
    let now = Instant::now();
    let [before, _, after] = split(&[], now, now);
    assert!(before.answers == 0 && before.max_ms == 0.0 && after.p999_ms == 0.0);
}
