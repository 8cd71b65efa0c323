//! From the section `admission` of the configuration to the constants that an upstream's guards are called with: the one
//! place of the gateway that knows the names on both sides. What has no key keeps its default.

use std::num::NonZeroU32;

use admission::{Nanos, breaker, limit, retry, upstream};

use super::upstream::Settings;
use crate::config::Admission;
use crate::config::gateway::Upstream;
use crate::shedding::level;

/// An endpoint is given up sooner than its upstream, which has others.
const FAILURES_IN_A_ROW_OF_AN_ENDPOINT: u32 = 5;

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
    use super::upstream;
    use crate::config::{Config, Flags, gateway::Upstream};
    use admission::Nanos;

    fn config(env: &[(&str, &str)]) -> Config {
        let env = env.iter().map(|(name, value)| (format!("TIDEGATE_ADMISSION__{name}"), (*value).to_owned()));
        Config::load(None, env, Flags::default()).expect("it is valid")
    }

    fn platform(max_concurrency: u32) -> Upstream {
        let written = format!("name = \"p\"\nurl = \"http://127.0.0.1:1\"\nmax_concurrency = {max_concurrency}");
        toml::from_str(&written).expect("an upstream")
    }

    #[test]
    fn the_defaults_of_the_keys_are_those_of_the_guards() {
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
            ("LIMIT_MIN", "8"),
            ("LIMIT_MAX", "9"),
            ("BREAKER_FAILURES_IN_A_ROW", "2"),
            ("BREAKER_FAILURE_PERCENT", "33"),
            ("BREAKER_WINDOW_MS", "500"),
            ("BREAKER_OPEN_MIN_MS", "600"),
            ("BREAKER_OPEN_MAX_MS", "700"),
            ("RETRY_PERCENT", "11"),
        ]);
        let settings = upstream(&platform(4), &tuned.admission);
        assert_eq!(settings.admission.level.window, Nanos::from_millis(200));
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
}
