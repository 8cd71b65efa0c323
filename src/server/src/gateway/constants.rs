//! From the section `admission` of the configuration to the constants that the guards are called with: the one place of
//! the gateway that knows the names on both sides. What has no key keeps its default.

use std::num::NonZeroU32;

use admission::{Nanos, breaker, brownout, delay, gate, level, limit, retry, upstream};

use super::upstream::Settings;
use crate::config::Admission;
use crate::config::gateway::Upstream;

/// An endpoint is given up sooner than its upstream, which has others.
const FAILURES_IN_A_ROW_OF_AN_ENDPOINT: u32 = 5;

/// Of the listener's gate, and of its shadow where one is to be tried.
pub fn gate(tuned: &Admission) -> gate::Rules {
    let live = front(tuned);
    let (target, less) = (tuned.shadow_target_delay_ms, tuned.shadow_level_decrease_percent);
    let tried = Admission {
        target_delay_ms: if target > 0 { target } else { tuned.target_delay_ms },
        drop_delay_ms: tuned.drop_delay_ms.max(target),
        level_decrease_percent: if less > 0 { less } else { tuned.level_decrease_percent },
        ..tuned.clone()
    };
    gate::Rules { live, shadow: (target > 0 || less > 0).then(|| front(&tried)) }
}

fn front(tuned: &Admission) -> gate::Settings {
    gate::Settings {
        delay: delay::Settings {
            target: Nanos::from_millis(tuned.target_delay_ms),
            drop: Nanos::from_millis(tuned.drop_delay_ms),
            interval: Nanos::from_millis(tuned.interval_ms),
        },
        level: level(tuned),
        brownout: brownout::Settings {
            up_after: Nanos::from_millis(tuned.brownout_up_after_ms),
            down_after: Nanos::from_millis(tuned.brownout_down_after_ms),
            highest: tuned.brownout_highest,
        },
    }
}

fn level(tuned: &Admission) -> level::Settings {
    level::Settings {
        window: Nanos::from_millis(tuned.level_window_ms),
        less_percent: f64::from(tuned.level_decrease_percent),
        more_percent: f64::from(tuned.level_increase_percent),
        ..level::Settings::default()
    }
}

/// Of one upstream.
pub fn upstream(written: &Upstream, tuned: &Admission) -> Settings {
    let defaults = limit::Settings::default();
    let limit = limit::Settings {
        fixed: NonZeroU32::new(written.max_concurrency),
        initial: defaults.initial.clamp(tuned.limit_min, tuned.limit_max),
        least: tuned.limit_min,
        most: tuned.limit_max,
        ..defaults
    };
    let breaker = breaker::Settings {
        failures_in_a_row: tuned.breaker_failures_in_a_row,
        failure_percent: tuned.breaker_failure_percent,
        span: Nanos::from_millis(tuned.breaker_window_ms),
        shortest_back_off: Nanos::from_millis(tuned.breaker_open_min_ms),
        longest_back_off: Nanos::from_millis(tuned.breaker_open_max_ms),
        ..breaker::Settings::default()
    };
    let in_a_row = tuned.breaker_failures_in_a_row.min(FAILURES_IN_A_ROW_OF_AN_ENDPOINT);
    Settings {
        admission: upstream::Settings { level: level(tuned), limit, ..upstream::Settings::default() },
        breaker,
        ejection: breaker::Settings { failures_in_a_row: in_a_row, ..breaker },
        retry: retry::Settings { percent: tuned.retry_percent, ..retry::Settings::default() },
        timeout: Nanos::from_millis(written.timeout_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::{gate, upstream};
    use crate::config::{Config, Flags, gateway::Upstream};
    use admission::{Class, Cohort, Gate, Nanos, Priority, brownout, gate as gates, level};

    fn config(env: &[(&str, &str)]) -> Config {
        let env = env.iter().map(|(name, value)| (format!("TIDEGATE_ADMISSION__{name}"), (*value).to_owned()));
        Config::load(None, env, Flags::default()).expect("it is valid")
    }

    fn platform(max_concurrency: u32) -> Upstream {
        let written = format!("name = \"p\"\nurl = \"http://127.0.0.1:1\"\nmax_concurrency = {max_concurrency}");
        toml::from_str(&written).expect("an upstream")
    }

    #[test]
    fn the_defaults_of_the_keys_are_those_of_the_rules() {
        let rules = gate(&config(&[]).admission);
        assert_eq!(rules, gates::Rules::default());
        let settings = upstream(&platform(0), &config(&[]).admission);
        assert_eq!(settings.admission, admission::upstream::Settings::default());
        assert_eq!(settings.breaker, admission::breaker::Settings::default());
        assert_eq!(settings.retry, admission::retry::Settings::default());
        assert_eq!(settings.ejection.failures_in_a_row, 5);
    }

    #[test]
    fn each_key_arrives_where_it_is_meant() {
        let tuned = config(&[
            ("LEVEL_WINDOW_MS", "200"),
            ("LEVEL_DECREASE_PERCENT", "7"),
            ("LEVEL_INCREASE_PERCENT", "3"),
            ("BROWNOUT_UP_AFTER_MS", "300"),
            ("BROWNOUT_DOWN_AFTER_MS", "400"),
            ("BROWNOUT_HIGHEST", "1"),
            ("LIMIT_MIN", "8"),
            ("LIMIT_MAX", "9"),
            ("BREAKER_FAILURES_IN_A_ROW", "2"),
            ("BREAKER_FAILURE_PERCENT", "33"),
            ("BREAKER_WINDOW_MS", "500"),
            ("BREAKER_OPEN_MIN_MS", "600"),
            ("BREAKER_OPEN_MAX_MS", "700"),
            ("RETRY_PERCENT", "11"),
        ])
        .admission;
        let (rules, settings) = (gate(&tuned).live, upstream(&platform(4), &tuned));
        let level = level::Settings {
            window: Nanos::from_millis(200),
            less_percent: 7.0,
            more_percent: 3.0,
            ..level::Settings::default()
        };
        assert_eq!((rules.level, settings.admission.level), (level, level));
        let (up_after, down_after) = (Nanos::from_millis(300), Nanos::from_millis(400));
        assert_eq!(rules.brownout, brownout::Settings { up_after, down_after, highest: 1 });
        let limit = settings.admission.limit;
        assert_eq!((limit.fixed.map(u32::from), limit.initial, limit.least, limit.most), (Some(4), 9, 8, 9));
        let breaker = settings.breaker;
        assert_eq!(
            (breaker.failures_in_a_row, breaker.failure_percent, breaker.span),
            (2, 33, Nanos::from_millis(500))
        );
        assert_eq!(
            (breaker.shortest_back_off, breaker.longest_back_off),
            (Nanos::from_millis(600), Nanos::from_millis(700))
        );
        assert_eq!((settings.ejection, settings.retry.percent), (breaker, 11));
    }

    #[test]
    fn a_shadow_counts_what_it_would_refuse_and_refuses_nothing() {
        let rules = gate(&config(&[("SHADOW_TARGET_DELAY_MS", "1")]).admission);
        assert_eq!(rules.live, gates::Settings::default());
        let (gate, last) = (Gate::default(), Priority::new(Class::Admin, Cohort::FIRST));
        // Queues of three milliseconds: too much for the shadow, and not for the rules in force.
        for step in 0..5_000 {
            let now = Nanos::from_millis(step);
            gate.observe(&rules, Nanos::from_millis(3), now);
            gate.decide(&rules, last, now).expect("the rules in force let it in");
        }
        let would_refuse = gate.would_refuse();
        assert!(would_refuse.level[Class::Admin as usize] > 0, "{would_refuse:?}");
    }
}
