//! From the section `admission` of the configuration to the constants that a listener's gate is called with. What has no
//! key keeps its default.

use admission::{Nanos, brownout, delay, gate, level};

use crate::config::Admission;

/// Of a listener's gate, and of its shadow where one is to be tried.
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

/// Of an admitted level, a listener's or an upstream's.
pub fn level(tuned: &Admission) -> level::Settings {
    level::Settings {
        window: Nanos::from_millis(tuned.level_window_ms),
        less_percent: f64::from(tuned.level_decrease_percent),
        more_percent: f64::from(tuned.level_increase_percent),
        ..level::Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::gate;
    use crate::config::{Admission, Config, Flags};
    use admission::{Class, Cohort, Gate, Nanos, Priority, brownout, gate as gates, level};

    fn tuned(env: &[(&str, &str)]) -> Admission {
        let env = env.iter().map(|(name, value)| (format!("TIDEGATE_ADMISSION__{name}"), (*value).to_owned()));
        Config::load(None, env, Flags::default()).expect("it is valid").admission
    }

    #[test]
    fn the_defaults_of_the_keys_are_those_of_the_rules() {
        assert_eq!(gate(&tuned(&[])), gates::Rules::default());
    }

    #[test]
    fn each_key_arrives_where_it_is_meant() {
        let rules = gate(&tuned(&[
            ("LEVEL_WINDOW_MS", "200"),
            ("LEVEL_DECREASE_PERCENT", "7"),
            ("LEVEL_INCREASE_PERCENT", "3"),
            ("BROWNOUT_UP_AFTER_MS", "300"),
            ("BROWNOUT_DOWN_AFTER_MS", "400"),
            ("BROWNOUT_HIGHEST", "1"),
        ]));
        let level = level::Settings {
            window: Nanos::from_millis(200),
            less_percent: 7.0,
            more_percent: 3.0,
            ..level::Settings::default()
        };
        let (up_after, down_after) = (Nanos::from_millis(300), Nanos::from_millis(400));
        let brownout = brownout::Settings { up_after, down_after, highest: 1 };
        assert_eq!(rules.live, gates::Settings { level, brownout, ..gates::Settings::default() });
        assert_eq!(rules.shadow, None);
    }

    #[test]
    fn a_shadow_counts_what_it_would_refuse_and_refuses_nothing() {
        let rules = gate(&tuned(&[("SHADOW_TARGET_DELAY_MS", "1")]));
        assert_eq!(rules.live, gates::Settings::default());
        let (gate, last) = (Gate::default(), Priority::new(Class::Admin, Cohort::FIRST));
        // Queues of three milliseconds: too much for the shadow, and not for the rules in force.
        for step in 0..5_000 {
            let now = Nanos::from_millis(step);
            gate.observe(&rules, 0, Nanos::from_millis(3), now);
            gate.decide(&rules, last, now).expect("the rules in force let it in");
        }
        let would_refuse = gate.would_refuse();
        assert!(would_refuse.level[Class::Admin as usize] > 0, "{would_refuse:?}");
    }
}
