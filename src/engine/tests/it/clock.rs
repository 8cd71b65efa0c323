//! Engine time follows the monotonic clock; a step of the wall clock is slewed, never jumped.

use crate::asks::{get, reserve_for, stock};
use crate::clockwork::{Clockwork, MORNING_MS};
use crate::shop::{Shop, options};
use engine::EngineClock;
use ledger::Millis;

const DAY_MS: u64 = 86_400_000;

#[test]
fn a_step_of_the_wall_clock_expires_nothing() {
    for wall_ms in [MORNING_MS + DAY_MS, MORNING_MS - DAY_MS] {
        let mut shop = Shop::new(&options(2));
        shop.tell(stock("a", 5));
        shop.tell(reserve_for("r", 10_000, &[("a", 1)]));
        shop.clock.set_wall(wall_ms);
        for _ in 0..99 {
            shop.clock.pass(100);
            shop.engine.observe();
            shop.sweep();
        }
        // 9,900 ms passed; half a per cent of it may have been slewed.
        assert_eq!(shop.tell(get("r")), "held");
        let passed = shop.engine.now().0 - MORNING_MS;
        assert!((9_850..=9_950).contains(&passed), "{passed}");
        shop.clock.pass(150);
        shop.sweep();
        assert_eq!(shop.tell(get("r")), "expired", "and time goes on");
    }
}

#[test]
fn the_slew_is_one_part_in_two_hundred_and_stops_at_the_wall() {
    for (step_ms, sign) in [(1_000, 1), (1_000, -1)] {
        let source = Clockwork::default();
        let clock = EngineClock::new(Box::new(source.clone()), Millis(0));
        source.set_wall(MORNING_MS.checked_add_signed(step_ms * sign).expect("close to the morning"));
        assert_eq!(clock.slew(), -step_ms * sign * 1_000);
        source.pass(1_000);
        clock.slew();
        source.pass(10);
        let moved = clock.now().0 as i64 - (MORNING_MS as i64 + 1_010);
        assert_eq!(moved, 5 * sign);
        source.pass(1_000_000);
        clock.slew();
        assert_eq!(clock.slew(), 0, "the whole step was made up for, and no more");
    }
}

#[test]
fn a_slew_backwards_lets_time_stand_still_and_never_go_back() {
    let source = Clockwork::default();
    let clock = EngineClock::new(Box::new(source.clone()), Millis(0));
    source.set_wall(MORNING_MS - 1_000);
    source.pass(1_000);
    let before = clock.now();
    clock.slew();
    assert_eq!(clock.now(), before);
    source.pass(5);
    assert_eq!(clock.now(), before, "it was five milliseconds ahead of itself");
    source.pass(1);
    assert_eq!(clock.now(), before.plus(Millis(1)));
}

#[test]
fn a_clock_starts_at_the_later_of_wall_and_log() {
    let start = |not_before| EngineClock::new(Box::new(Clockwork::default()), Millis(not_before)).now();
    assert_eq!(start(0), Millis(MORNING_MS));
    assert_eq!(start(MORNING_MS + 5), Millis(MORNING_MS + 5));
}
