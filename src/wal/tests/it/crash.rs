//! Power cuts and failures at random points, trimmed meanwhile: what was synced and not trimmed comes
//! back, nothing is invented, and a frame comes back whole or not at all.

use crate::support::{Records, Running, buffer, open, open_after, record};
use proptest::prelude::*;
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Lsn, WalError, WriteError};

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<usize>),
    Sync,
    Seal,
    Prepare,
    Keep,
    Trim,
    Fail(Call, u64, Fault),
    Restart,
    Crash(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let call = proptest::sample::select(Call::ALL.to_vec());
    let fault = prop_oneof![Just(Fault::Io), Just(Fault::NoSpace)];
    prop_oneof![
        8 => proptest::collection::vec(0usize..6000, 1..6).prop_map(Step::Write),
        8 => Just(Step::Sync),
        2 => Just(Step::Seal),
        6 => Just(Step::Prepare),
        1 => Just(Step::Keep),
        2 => Just(Step::Trim),
        1 => (call, 1u64..8, fault).prop_map(|(call, nth, fault)| Step::Fail(call, nth, fault)),
        1 => Just(Step::Restart),
        2 => any::<u64>().prop_map(Step::Crash),
    ]
}

/// The log, and what it owes.
struct Model {
    disk: FaultyDisk,
    running: Option<Running>,
    acknowledged: Records,
    /// How many of these are kept elsewhere.
    kept: usize,
    /// Written, and neither acknowledged nor known to be lost.
    pending: Records,
    written: u64,
}

impl Model {
    fn new() -> Self {
        let disk = FaultyDisk::new();
        let running = Some(open(&disk).unwrap());
        Self { disk, running, acknowledged: Vec::new(), kept: 0, pending: Vec::new(), written: 0 }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Fail(call, nth, fault) => self.disk.fail(*call, *nth, *fault),
            Step::Restart => self.reopen(),
            Step::Keep => self.kept = self.acknowledged.len(),
            Step::Trim => self.trim(),
            Step::Crash(seed) => {
                self.running = None;
                self.disk.crash(*seed);
                self.reopen();
            }
            _ => self.drive(step),
        }
    }

    /// A step of the running log; a log that fails is never used again.
    fn drive(&mut self, step: &Step) {
        let Some(mut running) = self.running.take() else { return };
        let outcome = match step {
            Step::Write(sizes) => self.write(&mut running, sizes),
            Step::Sync => self.sync(&mut running),
            Step::Seal => self.sync(&mut running).and_then(|()| running.log.seal(0).map(drop)),
            _ => running.preparer.step().map(drop),
        };
        match outcome {
            Ok(()) => self.running = Some(running),
            Err(_) => assert_is_poisoned(&mut running),
        }
    }

    /// A trimming that fails ends nothing.
    fn trim(&self) {
        let Some(running) = &self.running else { return };
        match running.log.trimmer().trim(Lsn(self.kept as u64), 0) {
            Ok(trimmed) => assert!(trimmed.oldest.0 <= self.kept as u64 + 1),
            Err(error) => assert!(matches!(error, WalError::Io { .. }), "only what is injected fails: {error}"),
        }
    }

    fn write(&mut self, running: &mut Running, sizes: &[usize]) -> Result<(), WalError> {
        self.sync(running)?;
        let records: Records = sizes.iter().map(|&size| record(self.written, size)).collect();
        let first_lsn = running.log.last_lsn().next();
        match running.log.write(&mut buffer(&records), first_lsn, 0) {
            Err(WriteError::NoSpace) => return Ok(()),
            Err(WriteError::Failed(error)) => {
                self.pending = records;
                return Err(error);
            }
            Ok(_) => self.pending = records,
        }
        self.written += 1;
        Ok(())
    }

    fn sync(&mut self, running: &mut Running) -> Result<(), WalError> {
        running.log.sync()?;
        self.acknowledged.append(&mut self.pending);
        Ok(())
    }

    fn reopen(&mut self) {
        self.running = None;
        let after = Lsn(self.kept as u64);
        let running = open_after(&self.disk, after).or_else(|error| {
            assert!(matches!(error, WalError::Io { .. }), "only what is injected fails: {error}");
            self.disk.clear_faults();
            open_after(&self.disk, after)
        });
        let running = running.unwrap_or_else(|error| panic!("the log does not open: {error}"));
        let found = [&self.acknowledged[..self.kept], &running.records].concat();
        let with_pending = [&self.acknowledged[..], &self.pending].concat();
        assert!(found == self.acknowledged || found == with_pending, "lost, torn or invented");
        self.acknowledged = found;
        self.pending.clear();
        self.running = Some(running);
    }
}

fn assert_is_poisoned(running: &mut Running) {
    let first_lsn = running.log.last_lsn().next();
    let written = running.log.write(&mut buffer(&[record(0, 1)]), first_lsn, 0);
    assert!(matches!(written, Err(WriteError::Failed(WalError::Poisoned))));
    assert!(matches!(running.log.sync(), Err(WalError::Poisoned)));
    assert!(matches!(running.log.seal(0), Err(WalError::Poisoned)));
    assert!(matches!(running.preparer.step(), Err(WalError::Poisoned)));
}

proptest! {
    // A failure becomes a test of its own, with its reason, and not a line in a file of seeds.
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_synced_survives_and_nothing_is_invented(
        steps in proptest::collection::vec(step(), 1..120),
        last_crash in any::<u64>(),
    ) {
        let mut model = Model::new();
        for step in &steps {
            model.take(step);
        }
        model.take(&Step::Crash(last_crash));
    }
}
