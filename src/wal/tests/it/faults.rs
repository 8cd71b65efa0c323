//! One failure at every call that the log makes: it is terminal, it is told, and nothing is lost.

use crate::support::{Records, Running, buffer, open, record};
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{Lsn, Prepared, WalError, WriteError};

/// Opens, prepares, appends over several segments, seals, restarts, appends. Counts in
/// `acknowledged` what was synced.
fn life(disk: &FaultyDisk, acknowledged: &mut Records) -> Result<(), WalError> {
    for restart in 0..2 {
        let mut running = open(disk)?;
        for index in 0..8 {
            let group = vec![record(restart, 100), record(index, 20_000)];
            append(&mut running, &group).inspect_err(|_| assert_dead(&mut running))?;
            acknowledged.extend(group);
            if index % 3 == 0 {
                running.log.seal(0).inspect_err(|_| assert_dead(&mut running))?;
            }
        }
    }
    Ok(())
}

/// A full disk while preparing is no failure, only a reason to try again.
fn append(running: &mut Running, records: &Records) -> Result<(), WalError> {
    while running.preparer.step()? != Prepared::Idle {}
    let first_lsn = running.log.last_lsn().next();
    match running.log.write(&mut buffer(records), first_lsn, 0) {
        Ok(_) => running.log.sync(),
        Err(WriteError::Failed(error)) => Err(error),
        Err(WriteError::NoSpace) => panic!("all that is wanted was prepared"),
    }
}

fn assert_dead(running: &mut Running) {
    let first_lsn = running.log.last_lsn().next();
    for _ in 0..3 {
        let written = running.log.write(&mut buffer(&[record(0, 1)]), first_lsn, 0);
        assert!(matches!(written, Err(WriteError::Failed(WalError::Poisoned))));
        assert!(matches!(running.log.sync(), Err(WalError::Poisoned)));
        assert!(matches!(running.log.seal(0), Err(WalError::Poisoned)));
        assert!(matches!(running.preparer.step(), Err(WalError::Poisoned)));
    }
}

/// Fails the first, the second, the third such call and so on, until there are no more. Returns how
/// many calls there were, and how many of the failures were terminal.
fn fail_each(call: Call, fault: Fault) -> (u64, u64) {
    let mut terminal = 0;
    for nth in 1.. {
        let disk = FaultyDisk::new();
        disk.fail(call, nth, fault);
        let mut acknowledged = Vec::new();
        let outcome = life(&disk, &mut acknowledged);
        if disk.faults_left() == 1 {
            outcome.unwrap();
            return (nth - 1, terminal);
        }
        terminal += u64::from(outcome.is_err());
        disk.crash(nth);
        let found = open(&disk).unwrap().records;
        assert!(found.starts_with(&acknowledged), "{call:?} number {nth} lost records");
        assert!(found.len() <= acknowledged.len() + 2, "{call:?} number {nth} made records up");
    }
    unreachable!("the calls of one life are finite")
}

#[test]
fn an_io_error_at_any_call_is_terminal() {
    for call in Call::ALL {
        let (calls, terminal) = fail_each(call, Fault::Io);
        assert!(calls > 0, "{call:?} is never called");
        assert_eq!(terminal, calls, "a failed {call:?} went unnoticed");
    }
}

#[test]
fn a_full_disk_is_terminal_everywhere_but_in_the_preparer() {
    for call in Call::ALL {
        let (calls, terminal) = fail_each(call, Fault::NoSpace);
        let is_preparers = matches!(call, Call::Create | Call::Write | Call::Sync);
        assert_eq!(terminal < calls, is_preparers, "{call:?}: {terminal} of {calls}");
    }
}

#[test]
fn the_error_says_what_was_attempted_on_which_file() {
    let disk = FaultyDisk::new();
    let mut running = open(&disk).unwrap();
    running.log.write(&mut buffer(&[record(1, 1)]), Lsn(1), 0).unwrap();
    disk.fail(Call::Sync, 1, Fault::Io);
    let error = running.log.sync().unwrap_err().to_string();
    assert!(error.starts_with("could not sync 0000000000000001.seg: injected"), "{error}");
}
