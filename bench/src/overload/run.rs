//! A row that k6 loads, as it went: answers, marks, looks, what the platform saw. It must not judge.

use std::time::Duration;

use super::answers::{Answer, Mark};
use super::judges::Finding;
use super::table::{Played, Row};
use super::watch::{Look, Watch};
use super::world::{Setup, World};
use super::{Options, k6};
use crate::platform::Stats;

/// All that is known of it.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// What the platform can do in a second.
    pub capacity_per_s: f64,
    /// What clients were told.
    pub answers: Vec<Answer>,
    /// What the scenario did beside asking.
    pub marks: Vec<Mark>,
    /// How the server stood.
    pub looks: Vec<Look>,
    /// What the platform saw.
    pub stats: Stats,
    /// The server's memory before.
    pub rest_bytes: u64,
    /// Whether it was too short to judge what hangs on the machine's speed.
    pub is_short: bool,
}

impl Run {
    /// When the scenario did this.
    pub fn mark(&self, word: &str) -> Option<u64> {
        self.marks.iter().find(|mark| mark.word == word).map(|mark| mark.at_ms)
    }

    /// The most memory that was seen above that at rest, in bytes.
    pub fn growth_bytes(&self) -> u64 {
        let most = self.looks.iter().map(|look| look.resident_bytes).max().unwrap_or_default();
        most.saturating_sub(self.rest_bytes)
    }
}

/// Plays `k6/overload-NAME.js` and judges it.
pub(super) fn with_k6(
    row: &Row,
    options: &Options,
    setup: &Setup,
    judge: fn(&Run) -> Finding,
    say: &mut dyn FnMut(&str),
) -> Played {
    let world = World::new(&options.tidegate, setup)?;
    let capacity_per_s = setup.platform.capacity_per_s();
    let scenario = options.scenarios.join(format!("overload-{}.js", row.name));
    say(&format!("k6 {} before a platform of {capacity_per_s:.0} requests a second", scenario.display()));
    let watch = Watch::start(&world.server);
    let loaded = k6::run(&scenario, options, &world, capacity_per_s);
    let looks = watch.end()?;
    let (answers, marks) = loaded?;
    say("looking for what was not given back");
    let leaks = world.leaks()?;
    let run = Run {
        capacity_per_s,
        answers,
        marks,
        looks,
        stats: world.platform.stats(),
        rest_bytes: world.rest_bytes,
        is_short: options.is_short,
    };
    world.server.stop()?;
    Ok((judge(&run), leaks))
}

/// Waits so long as a load lasts.
pub(super) fn seconds(full: u64, options: &Options) -> Duration {
    Duration::from_secs(if options.is_short { full.div_ceil(8) } else { full })
}
