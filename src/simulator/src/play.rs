//! Plays one seed: world after world until the plan's operations were asked.

use crate::Broken;
use crate::report::{Count, Report};
use crate::rig::Rig;
use crate::trace::Trace;
use crate::world::World;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What to play.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Everything is drawn from it.
    pub seed: u64,
    /// Operations at least, over all of the seed's worlds.
    pub operations: u64,
    /// Tell every step on the standard output.
    pub verbose: bool,
}

/// A seed that broke a promise, and how.
#[derive(Debug, thiserror::Error)]
#[error("seed {seed}, after {operations} operations: {why}")]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// How many operations it took.
    pub operations: u64,
    /// What was broken, or the words of a panic.
    pub why: String,
}

/// Plays a seed on a rig. The same plan on the same rig does the same, whenever and wherever.
pub fn play(rig: &impl Rig, plan: Plan) -> Result<Report, Failure> {
    let (mut report, mut trace) = (Report::default(), Trace::new(plan.verbose));
    // The engine stops where it finds itself wrong: that is a broken promise like any other.
    let played = catch_unwind(AssertUnwindSafe(|| play_worlds(rig, plan, &mut trace, &mut report)));
    let why = match played {
        Ok(Ok(())) => {
            report.one(Count::Seeds);
            report.trace = trace.hash();
            return Ok(report);
        }
        Ok(Err(broken)) => broken.to_string(),
        Err(panic) => words(&*panic),
    };
    Err(Failure { seed: plan.seed, operations: report.get(Count::Operations), why })
}

fn play_worlds(rig: &impl Rig, plan: Plan, trace: &mut Trace, report: &mut Report) -> Result<(), Broken> {
    let mut seeds = fastrand::Rng::with_seed(plan.seed);
    while report.get(Count::Operations) < plan.operations {
        let left = plan.operations - report.get(Count::Operations);
        let mut world = World::new(rig, seeds.u64(..), trace, report);
        world.run(left)?;
        let harms = world.disk.struck();
        report.add_harms(harms);
    }
    Ok(())
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("without words"))
}
