//! How a life begins: the log is opened, and what it is opened with is judged before anybody asks for
//! anything. A refusal to start must be one that the disk deserves.

use crate::Broken;
use crate::life::Life;
use crate::report::Count;
use crate::rig::Rig;
use crate::world::World;
use engine::{EngineError, MemoryProjection};
use std::sync::Arc;
use wal::{Disk, Lsn, WalError};

impl<R: Rig> World<'_, R> {
    /// The next process, on what the last one left. `None`: the log is rightly refused, or may be short
    /// without anybody's fault, and this world ends.
    pub fn start(&mut self) -> Result<Option<Life<R::Disk>>, Broken> {
        if self.is_unproven {
            return Ok(None);
        }
        self.settings.draw_life(&mut self.random);
        self.jump_clock();
        self.probe_flip()?;
        self.probe_deleted_projection()?;
        if self.random.u8(..10) == 0 {
            self.faults.arm_failure(&self.disk, &mut self.random);
        }
        loop {
            match self.begin(&Arc::clone(&self.projection)) {
                Ok(life) => {
                    self.faults.next_life(&self.disk);
                    return self.judge(life).map(Some);
                }
                Err(error) => {
                    if self.is_refused_rightly(&error)? {
                        return Ok(None);
                    }
                    self.report.one(Count::FailedStarts);
                    let cuts_power = self.random.bool();
                    self.lose_process(cuts_power);
                }
            }
        }
    }

    pub fn begin(&mut self, projection: &Arc<MemoryProjection>) -> Result<Life<R::Disk>, EngineError> {
        let (disk, projection) = (self.rig.disk(&self.disk), self.rig.projection(projection));
        Life::begin(disk, projection, &self.settings.options, &self.clock)
    }

    fn jump_clock(&mut self) {
        if self.random.u8(..8) == 0 {
            let ms = self.random.i64(-100_000..=100_000);
            self.report.one(Count::ClockJumps);
            self.clock.jump(ms);
        }
    }

    /// Whether a start was refused for damage that there is. `false`: a call had failed.
    fn is_refused_rightly(&mut self, error: &EngineError) -> Result<bool, Broken> {
        self.trace.tell(|| format!("refused to start: {error}"));
        self.faults.struck(&self.disk);
        match error {
            EngineError::Log(WalError::Io { .. }) if self.faults.has_failed => Ok(false),
            EngineError::Log(WalError::Damaged { file, .. }) if self.is_tainted => {
                let names = self.disk.list().map_err(|error| Broken::Stopped(error.to_string()))?;
                if !names.contains(file) {
                    return Err(Broken::Stopped(format!("it names no file that there is: {error}")));
                }
                self.report.one(Count::MisdirectedRefused);
                Ok(true)
            }
            _ => Err(Broken::Stopped(format!("it does not start: {error}"))),
        }
    }

    fn judge(&mut self, mut life: Life<R::Disk>) -> Result<Life<R::Disk>, Broken> {
        self.report.one(Count::Starts);
        self.report.add(Count::TornTails, u64::from(life.opened.torn_bytes > 0));
        self.report.add(Count::MisdirectedHarmless, u64::from(self.is_tainted));
        self.check_recovered(&life)?;
        if self.random.u8(..16) == 0 {
            life = self.recover_again(life)?;
        }
        self.latest = life.engine.now();
        if self.durable > Lsn(0) {
            self.rest(&life)?;
        }
        let keep = self.settings.options.policy.keep_history.max(self.settings.options.idempotency_window);
        self.auditor.forget(ledger::Millis(self.latest.0.saturating_sub(keep.0)));
        Ok(life)
    }

    fn check_recovered(&mut self, life: &Life<R::Disk>) -> Result<(), Broken> {
        let (last, digest) = (life.opened.last_lsn, life.engine.digest());
        self.trace.note("start", (last.0, digest));
        self.trace.tell(|| format!("recovered up to {last}, {} shards", self.settings.options.shards));
        if last < self.durable {
            return Err(Broken::Forgotten(format!("the log ends at {last}, and {} was durable", self.durable)));
        }
        if life.engine.now() < self.auditor.time() {
            return Err(Broken::Order(format!("engine time begins before {:?}, which is logged", self.auditor.time())));
        }
        if self.left_behind.take().is_some_and(|before| before != digest) {
            return Err(Broken::Recovered("the books are not those of the clean stop".to_owned()));
        }
        self.audit(life)?;
        if !self.is_unaudited {
            self.report.one(Count::DigestsCompared);
            self.auditor.compare(digest)?;
        }
        Ok(())
    }

    /// The same once more, over another number of shards.
    fn recover_again(&mut self, life: Life<R::Disk>) -> Result<Life<R::Disk>, Broken> {
        let digest = life.engine.digest();
        drop(life);
        self.report.one(Count::RecoveredTwice);
        self.settings.draw_life(&mut self.random);
        let again = self.begin(&Arc::clone(&self.projection));
        let life = again.map_err(|error| Broken::Stopped(format!("it starts, and not again: {error}")))?;
        if life.engine.digest() == digest {
            return Ok(life);
        }
        Err(Broken::Recovered("a second recovery gives other books".to_owned()))
    }

    /// Somebody removes the projection: it is made anew from a log that reaches back to the beginning, and
    /// any other log is refused.
    fn probe_deleted_projection(&mut self) -> Result<(), Broken> {
        if self.is_tainted || self.durable == Lsn(0) || self.random.u8(..24) > 0 {
            return Ok(());
        }
        let oldest = wal::oldest(&self.disk, &self.settings.options.log);
        let oldest = oldest.map_err(|error| Broken::Stopped(error.to_string()))?;
        self.report.one(Count::ProjectionsDeleted);
        let empty = Arc::default();
        match self.begin(&empty) {
            Ok(_) if oldest == Lsn(1) => {
                self.report.one(Count::ProjectionsRebuilt);
                self.projection = empty;
                Ok(())
            }
            Err(EngineError::Log(WalError::BeginsLate { .. })) if oldest > Lsn(1) => {
                self.report.one(Count::ProjectionsRefused);
                Ok(())
            }
            outcome => {
                let told = outcome.map_or_else(|error| error.to_string(), |_| "it starts".to_owned());
                Err(Broken::Stopped(format!("without a projection, and the log from {oldest} on: {told}")))
            }
        }
    }
}
