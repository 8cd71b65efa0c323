//! How a life ends: by a power cut, by a kill that leaves the disk's cache in place, or as it should.

use crate::Broken;
use crate::life::Life;
use crate::report::Count;
use crate::rig::Rig;
use crate::world::World;
use fastrand::Rng;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    PowerCut,
    Kill,
    /// At a call that failed: with the power, or without.
    FailedCall {
        cuts_power: bool,
    },
    Clean,
    /// A write has gone astray, and nothing after it can prove it.
    Unproven,
}

impl End {
    pub fn draw(random: &mut Rng) -> Self {
        match random.u8(..10) {
            0..=4 => Self::PowerCut,
            5..=7 => Self::Kill,
            _ => Self::Clean,
        }
    }

    pub fn at_failed_call(random: &mut Rng) -> Self {
        Self::FailedCall { cuts_power: random.u8(..4) > 0 }
    }
}

impl<R: Rig> World<'_, R> {
    pub fn end(&mut self, mut life: Life<R::Disk>, end: End) -> Result<(), Broken> {
        self.trace.tell(|| format!("{end:?}"));
        self.hear(&life)?;
        if !self.is_unaudited && self.random.bool() {
            self.faults.clear(&self.disk);
            self.audit(&life)?;
        }
        self.left_behind = None;
        let cuts_power = match end {
            End::PowerCut => {
                self.report.one(Count::PowerCuts);
                true
            }
            End::FailedCall { cuts_power } => {
                self.report.one(Count::IoCrashes);
                cuts_power
            }
            // A log in which something may be missing cannot promise that nothing fails any more.
            End::Clean if !self.is_tainted && !self.faults.has_failed => {
                self.stop(&mut life)?;
                false
            }
            End::Kill | End::Clean => {
                self.report.one(Count::Kills);
                false
            }
            End::Unproven => {
                self.is_unproven = true;
                false
            }
        };
        drop(life);
        self.lose_process(cuts_power);
        Ok(())
    }

    /// The process is gone: what was only in its memory, and with the power what no sync had kept.
    pub fn lose_process(&mut self, cuts_power: bool) {
        self.clients.lose_process(self.report);
        let kept = if self.random.bool() { self.random.usize(..8) } else { 0 };
        self.projection.crash_with(kept);
        self.is_projection_failing = false;
        if cuts_power {
            self.disk.crash(self.random.u64(..));
        }
        self.faults.next_life(&self.disk);
    }

    /// A stop as it should be: everything is answered, and nothing is lost.
    fn stop(&mut self, life: &mut Life<R::Disk>) -> Result<(), Broken> {
        self.report.one(Count::CleanStops);
        self.faults.clear(&self.disk);
        self.lift_limits();
        self.commit_all(life)?;
        if self.clients.waiting() > 0 {
            return Err(Broken::Unlawful(format!("{} requests have no answer at a stop", self.clients.waiting())));
        }
        life.committer.seal().map_err(|error| Broken::Stopped(error.to_string()))?;
        Self::project_all(life)?;
        self.audit(life)?;
        if self.random.bool() {
            life.checkpointer.checkpoint().map_err(|error| Broken::Stopped(error.to_string()))?;
        }
        self.rest(life)?;
        self.left_behind = Some(life.engine.digest());
        Ok(())
    }
}
