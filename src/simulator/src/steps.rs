//! One life, a step at a time: which object steps next is the seed's choice, as are what the clients
//! ask, how time goes by, and what goes wrong.

use crate::Broken;
use crate::ends::End;
use crate::faults::{Struck, used_bytes};
use crate::life::Life;
use crate::report::Count;
use crate::rig::Rig;
use crate::world::World;
use engine::{Checkpoint, Projection, ProjectionError, Step};

/// The most steps of a life.
const STEPS: u32 = 320;

/// A step that could not be taken, and the process goes on or ends with it.
enum Trouble {
    None,
    Terminal(String),
}

impl<R: Rig> World<'_, R> {
    /// Steps until the life ends, and says how.
    pub fn live(&mut self, life: &mut Life<R::Disk>) -> Result<End, Broken> {
        for _ in 0..self.random.u32(1..=STEPS) {
            let trouble = self.step(life)?;
            self.hear(life)?;
            self.check_marks(life)?;
            match self.faults.struck(&self.disk) {
                Struck::Nothing | Struck::Failed => {}
                Struck::Deadly => return Ok(End::at_failed_call(&mut self.random)),
                Struck::Misdirected => {
                    if !self.prove(life)? {
                        return Ok(End::Unproven);
                    }
                }
            }
            if let Trouble::Terminal(why) = trouble {
                if !self.faults.has_failed && !self.is_tainted {
                    return Err(Broken::Stopped(why));
                }
                return Ok(End::at_failed_call(&mut self.random));
            }
        }
        Ok(End::draw(&mut self.random))
    }

    fn step(&mut self, life: &mut Life<R::Disk>) -> Result<Trouble, Broken> {
        let thrown = self.random.u8(..100);
        self.trace.note("step", (thrown, self.durable.0, self.clients.waiting()));
        match thrown {
            0..60 => self.step_client(life)?,
            60..74 => return Ok(self.step_committer(life)),
            74..79 => match life.preparer.step() {
                Ok(_) => {}
                Err(error) => return Ok(Trouble::Terminal(error.to_string())),
            },
            79..85 => {
                let stepped = life.projector.step().map(|_| ());
                self.excuse(stepped)?;
            }
            85..88 => self.step_checkpointer(life)?,
            88..95 => {
                self.clock.pass(self.random.u64(..30_000));
                life.engine.tick();
            }
            95 => life.engine.observe(),
            96 => {
                if let Err(error) = life.committer.seal() {
                    return Ok(Trouble::Terminal(error.to_string()));
                }
            }
            97 => self.arm(),
            98 => self.turn_disk_full(),
            _ => self.turn_projection(),
        }
        Ok(Trouble::None)
    }

    fn step_client(&mut self, life: &Life<R::Disk>) -> Result<(), Broken> {
        let scene = Self::scene(&self.settings, self.latest_ever, life);
        let Some(sent) = self.clients.next(&mut self.random, scene, self.report) else { return Ok(()) };
        self.report.one(Count::Operations);
        self.ask(life, sent)
    }

    fn step_committer(&mut self, life: &mut Life<R::Disk>) -> Trouble {
        match life.committer.step() {
            Ok(Step::Committed(records)) => {
                self.trace.tell(|| format!("{records} records are durable"));
                Trouble::None
            }
            Ok(Step::Idle | Step::NoSpace) => Trouble::None,
            Err(error) => Trouble::Terminal(error.to_string()),
        }
    }

    fn step_checkpointer(&mut self, life: &mut Life<R::Disk>) -> Result<(), Broken> {
        // Who follows the log reads before it is trimmed: retention is not what is tested here.
        if !self.audit(life)? {
            return Ok(());
        }
        let taken =
            if self.random.bool() { life.checkpointer.step() } else { life.checkpointer.checkpoint().map(Some) };
        match taken {
            Ok(Some(checkpoint)) => self.check_trimmed(life, checkpoint),
            Ok(None) => {
                let forgotten = life.checkpointer.forget().map(drop);
                self.excuse(forgotten)
            }
            Err(error) => self.excuse(Err(error)),
        }
    }

    fn check_trimmed(&mut self, life: &Life<R::Disk>, checkpoint: Checkpoint) -> Result<(), Broken> {
        self.report.one(Count::Checkpoints);
        self.report.add(Count::TrimmedSegments, checkpoint.trimmed.segments);
        self.trace.tell(|| format!("{checkpoint:?}"));
        let is_in_order =
            checkpoint.lsn <= life.engine.applied_mark() && checkpoint.trimmed.oldest <= checkpoint.lsn.next();
        if is_in_order { Ok(()) } else { Err(Broken::Order(format!("{checkpoint:?}"))) }
    }

    /// The auditor reads on. `false` when it could not, for a reason.
    pub fn audit(&mut self, life: &Life<R::Disk>) -> Result<bool, Broken> {
        if self.is_unaudited {
            return Ok(self.is_tainted);
        }
        let before = self.auditor.seen();
        let followed = self.auditor.follow(&self.disk, life.engine.durable_mark());
        self.report.add(Count::RecordsAudited, self.auditor.seen().0 - before.0);
        self.auditor.judge()?;
        match followed {
            Ok(()) => Ok(true),
            Err(_) if self.is_tainted => {
                self.is_unaudited = true;
                Ok(true)
            }
            Err(_) if self.faults.is_armed() => Ok(false),
            Err(error) => Err(Broken::Order(format!("the log cannot be followed: {error}"))),
        }
    }

    /// The projection may fail when it was told to, or with the disk; then it is tried again.
    fn excuse(&mut self, stepped: Result<(), ProjectionError>) -> Result<(), Broken> {
        match stepped {
            Err(error)
                if !self.is_projection_failing
                    && !self.is_tainted
                    && !self.faults.is_armed()
                    && !self.faults.has_failed =>
            {
                Err(Broken::Stopped(error.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn check_marks(&mut self, life: &Life<R::Disk>) -> Result<(), Broken> {
        let (flushed, applied) = (self.projection.flushed(), self.projection.applied());
        if flushed <= applied && applied <= self.durable && life.engine.applied_mark() <= self.durable {
            return Ok(());
        }
        Err(Broken::Order(format!("flushed {flushed}, applied {applied}, durable {}", self.durable)))
    }

    fn arm(&mut self) {
        if self.faults.is_armed() {
            return;
        }
        if self.goes_astray && !self.is_tainted && self.random.u8(..4) == 0 {
            self.faults.arm_misdirection(&self.disk, &mut self.random);
        } else {
            self.faults.arm_failure(&self.disk, &mut self.random);
        }
        self.trace.tell(|| "a fault is armed");
    }

    fn turn_disk_full(&mut self) {
        if self.faults.is_armed() {
            return;
        }
        self.is_full = !self.is_full;
        let capacity = self.is_full.then(|| used_bytes(&self.disk) + self.random.u64(..40_000));
        self.report.add(Count::FullDisks, u64::from(self.is_full));
        self.trace.tell(|| format!("the disk holds {capacity:?} bytes"));
        self.disk.set_capacity(capacity);
    }

    fn turn_projection(&mut self) {
        self.is_projection_failing = !self.is_projection_failing;
        self.report.add(Count::ProjectionErrors, u64::from(self.is_projection_failing));
        self.projection.fail(self.is_projection_failing.then_some("it was told to fail"));
    }

    /// A write has gone astray. Damage can only be told from a torn tail by what is written after it, so
    /// one more group is made durable before anything else. `false` when that was not possible.
    fn prove(&mut self, life: &mut Life<R::Disk>) -> Result<bool, Broken> {
        self.report.one(Count::Misdirected);
        self.trace.tell(|| "a write went astray");
        self.is_tainted = true;
        self.faults.clear(&self.disk);
        self.lift_limits();
        let before = life.engine.durable_mark();
        let scene = Self::scene(&self.settings, self.latest_ever, life);
        let sent = self.clients.add(&mut self.random, scene);
        self.ask(life, sent)?;
        let is_committed = match self.commit_all(life) {
            Err(Broken::Stopped(_)) => false,
            outcome => outcome.map(|()| true)?,
        };
        let is_proven = is_committed && life.engine.durable_mark() > before;
        self.report.add(Count::MisdirectedUnproven, u64::from(!is_proven));
        Ok(is_proven)
    }

    /// The disk has room, and the projection works.
    pub fn lift_limits(&mut self) {
        self.disk.set_capacity(None);
        self.projection.fail(None);
        (self.is_full, self.is_projection_failing) = (false, false);
    }
}
