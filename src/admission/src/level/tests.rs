//! The level against recorded windows, and its promises against random ones.

use proptest::prelude::*;

use super::*;
use crate::class::{COHORTS, Cohort};

const SETTINGS: Settings = Settings {
    window_requests: 2_000,
    window: Nanos::from_secs(1),
    shortest: Nanos::from_millis(100),
    fewest: 20,
    less_percent: 5.0,
    more_percent: 1.0,
    patience: 8,
    floor: 8,
};

fn priority(number: u16) -> Priority {
    let cohort = Cohort::new((number % COHORTS) as u8).unwrap();
    Priority::new(Class::ALL[usize::from(number / COHORTS)], cohort)
}

/// Offers each priority so often, in one window of a second; `verdict` ends it. What came in of each.
fn window(level: &Level, second: u64, offered: &[(u16, u32)], verdict: bool) -> Vec<(u16, u32)> {
    let mut let_in = Vec::new();
    for (number, times) in offered {
        for _ in 0..*times {
            level.record(priority(*number));
        }
        if level.admits(priority(*number)) {
            let_in.push((*number, *times));
        }
    }
    level.roll(&SETTINGS, Nanos::from_secs(second), |_| if verdict { Load::Overloaded } else { Load::Full });
    let_in
}

/// Ten of each priority of browse and the next class.
fn even() -> Vec<(u16, u32)> {
    (256..512).map(|number| (number, 10)).collect()
}

fn sum(let_in: &[(u16, u32)]) -> u32 {
    let_in.iter().map(|(_, times)| times).sum()
}

#[test]
fn overloaded_it_lets_in_five_percent_less_each_window() {
    let level = Level::default();
    let came_in: Vec<_> = (1..=4).map(|second| sum(&window(&level, second, &even(), true))).collect();
    // 5 % of 2,560 in whole priorities of ten, downwards.
    assert_eq!(came_in, [2_560, 2_430, 2_300, 2_180]);
    assert_eq!(level.last_class(), Class::NonEssential);
    assert!(level.admits(priority(0)) && level.is_binding());
}

#[test]
fn calm_it_lets_in_one_percent_more_each_window() {
    let level = Level::default();
    for second in 1..=10 {
        window(&level, second, &even(), true);
    }
    let before = level.admitted();
    let came_in: Vec<_> = (11..=16).map(|second| sum(&window(&level, second, &even(), false))).collect();
    assert!(came_in.windows(2).all(|pair| pair[1] >= pair[0] && pair[1] <= pair[0] + 30), "{came_in:?}");
    assert!(level.admitted() > before);
}

#[test]
fn what_was_dropped_on_the_way_was_not_let_in() {
    let level = Level::default();
    for _ in 0..2_048 {
        level.record_dropped();
    }
    // 512 of 2,560 came through: the next window lets in 5 % less than that.
    window(&level, 1, &even(), true);
    assert_eq!(sum(&window(&level, 2, &even(), false)), 480);
}

#[test]
fn when_the_rush_is_over_the_level_is_back_at_once() {
    let level = Level::default();
    for second in 1..=40 {
        window(&level, second, &even(), true);
    }
    assert!(level.admitted() < 300);
    // A tenth of the requests: fewer than were let in of the flood.
    let few: Vec<_> = even().into_iter().map(|(number, _)| (number, 1)).collect();
    window(&level, 41, &few, false);
    assert!(!level.is_binding());
}

#[test]
fn an_overload_of_few_requests_is_no_reason_to_shed() {
    let level = Level::default();
    window(&level, 1, &[(600, 19)], true);
    assert!(!level.is_binding());
    window(&level, 2, &[(600, 20)], true);
    assert!(level.is_binding());
}

#[test]
fn the_floor_is_let_in_however_long_the_overload() {
    let level = Level::default();
    let payments: Vec<_> = (0..128).map(|number| (number, 20)).collect();
    for second in 1..=200 {
        window(&level, second, &payments, true);
    }
    assert_eq!(level.admitted(), SETTINGS.floor);
    assert_eq!(level.last_class(), Class::Payment);
}

#[test]
fn it_recovers_from_a_level_at_which_nothing_is_offered() {
    let level = Level::default();
    let browse_only = [(300, 1_000), (301, 1_000)];
    for second in 1..=60 {
        window(&level, second, &browse_only, true);
    }
    assert_eq!(level.admitted(), 300, "the gap down to the floor was passed over");
    window(&level, 61, &browse_only, false);
    assert_eq!(level.admitted(), 301, "the first that asks is let in");
    let calm = (62..200).find(|second| {
        window(&level, *second, &browse_only, false);
        !level.is_binding()
    });
    assert!(calm.is_some_and(|second| second < 62 + 71), "1 % a window doubles in 70: {calm:?}");
}

#[test]
fn patience_ends_and_idling_needs_none() {
    let recovers_after = |load| {
        let level = Level::default();
        let flood = |level: &Level, second, load| {
            (0..640).for_each(|number| (0..4).for_each(|_| level.record(priority(number))));
            level.roll(&SETTINGS, Nanos::from_secs(second), |_| load);
        };
        (1..=60).for_each(|second| flood(&level, second, Load::Overloaded));
        assert!(level.admitted() < 32, "{}", level.admitted());
        let calm = 61..;
        calm.take_while(|second| {
            flood(&level, *second, load);
            level.is_binding()
        })
        .count()
    };
    let (full, idle) = (recovers_after(Load::Full), recovers_after(Load::Idle));
    assert!((16..=20).contains(&full), "{full}");
    assert_eq!(full - idle, 8);
}

#[test]
fn silence_ends_an_overload() {
    let level = Level::default();
    window(&level, 1, &even(), true);
    assert!(level.is_binding());
    window(&level, 60, &[], false);
    assert!(!level.is_binding());
}

#[test]
fn a_window_is_so_many_requests_or_so_long_and_never_too_short() {
    let level = Level::default();
    let at = |ms| level.is_due(&SETTINGS, Nanos::from_millis(ms));
    assert!(!at(999) && at(1_000));
    (0..2_000).for_each(|_| level.record(priority(5)));
    assert!(!at(99) && at(100));
    level.roll(&SETTINGS, Nanos::from_millis(99), |_| unreachable!("it has not ended"));
}

#[test]
fn a_window_is_ended_once() {
    let level = Level::default();
    let mut verdicts = 0;
    for _ in 0..2 {
        level.roll(&SETTINGS, Nanos::from_secs(1), |_| {
            verdicts += 1;
            Load::Full
        });
    }
    assert_eq!(verdicts, 1);
}

#[test]
fn the_window_says_what_it_saw() {
    let level = Level::default();
    window(&level, 1, &[(10, 50), (600, 50)], true);
    level.record(priority(10));
    level.record(priority(600));
    level.record_dropped();
    level.roll(&SETTINGS, Nanos::from_secs(2), |window| {
        assert_eq!(window, Window { offered: 2, let_in: 1, dropped: 1 });
        Load::Full
    });
}

#[test]
fn threads_lose_no_request() {
    let level = Level::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..640).cycle().take(64_000).for_each(|number| level.record(priority(number))));
        }
    });
    level.roll(&SETTINGS, Nanos::from_secs(1), |window| {
        assert_eq!(window.offered, 256_000);
        Load::Full
    });
}

proptest! {
    #[test]
    fn a_cut_lets_in_no_more_than_its_bound_and_stops_only_where_more_would_be(
        offered in prop::collection::vec((0..640u16, 0..50u32), 0..60), bound in 0.0..2_000.0f64,
    ) {
        let mut histogram = [0; PRIORITIES];
        for (number, times) in &offered {
            histogram[usize::from(*number)] += times;
        }
        let level = cut(&histogram, bound, false);
        let let_in: u32 = histogram[..usize::from(level)].iter().sum();
        prop_assert!(f64::from(let_in) <= bound);
        if level < ALL {
            prop_assert!(f64::from(let_in + histogram[usize::from(level)]) > bound);
        }
    }

    #[test]
    fn whatever_happened_calm_opens_everything(
        windows in prop::collection::vec((prop::collection::vec((0..640u16, 1..200u32), 0..20), any::<bool>()), 1..40),
        steady in prop::collection::vec((0..640u16, 1..50u32), 1..20),
    ) {
        let level = Level::default();
        let mut second = 0;
        for (offered, verdict) in &windows {
            second += 1;
            window(&level, second, offered, *verdict);
        }
        // From one request a window to at most a thousand, by 1 % a window.
        let opens = (0..800).any(|_| {
            second += 1;
            window(&level, second, &steady, false);
            !level.is_binding()
        });
        prop_assert!(opens);
    }
}
