//! When requests of the open and of the closed loop are due.

use std::time::{Duration, Instant};

use bench::load::{Pace, Schedule};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn requests_of_the_open_loop_are_due_whatever_became_of_those_before() {
    let begin = Instant::now();
    let mut schedule = Schedule::new(Pace::Open { rate_per_s: 10 }, begin, begin + SECOND);
    assert_eq!(schedule.take(begin), Some(begin));
    assert_eq!(schedule.take(begin), None);
    assert_eq!(schedule.wait(begin), Some(Duration::from_millis(100)));

    // Nobody was there for nine of them: each counts from its own time.
    let late = begin + 5 * SECOND;
    let due: Vec<_> = std::iter::from_fn(|| schedule.take(late)).map(|due| (due - begin).as_millis()).collect();
    assert_eq!(due, [100, 200, 300, 400, 500, 600, 700, 800, 900]);
    assert_eq!((schedule.take(late), schedule.wait(late)), (None, None));
}

#[test]
fn the_closed_loop_is_always_due_until_its_end() {
    let begin = Instant::now();
    let mut schedule = Schedule::new(Pace::Closed, begin, begin + SECOND);
    let within = begin + SECOND / 2;
    assert_eq!((schedule.take(within), schedule.take(within)), (Some(within), Some(within)));
    assert_eq!(schedule.take(begin + SECOND), None);
}
