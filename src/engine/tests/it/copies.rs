//! A copy of a stretch of the log: the same records under the same numbers, in a log of its own, and
//! with the rows of the moment where it begins the same books.

use crate::asks::{confirm, reserve, stock};
use crate::shop::{Shop, options};
use engine::{Lsn, Options, Stretch, copy_log};
use std::io::ErrorKind;
use wal::faulty::{Call, Fault, FaultyDisk};
use wal::{FollowError, VisitError, WalError};

/// Enough for several frames and segments.
const RESERVATIONS: usize = 3_000;

fn busy() -> Shop {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 10_000));
    for n in 0..RESERVATIONS {
        shop.submit(reserve(&format!("r{n}"), &[("a", 1)]));
        if n % 3 == 0 {
            shop.submit(confirm(&format!("r{n}")));
        }
        if n % 100 == 0 {
            shop.commit();
        }
    }
    shop.commit();
    shop
}

fn records(disk: &FaultyDisk, log: &wal::Options, after: Lsn) -> Vec<(Lsn, Vec<u8>)> {
    let mut found = Vec::new();
    let mut visit = |frame: &wal::Frame<'_>| {
        for (record, lsn) in wal::records(frame.payload).zip(frame.first_lsn.0..) {
            found.push((Lsn(lsn), record?.to_vec()));
        }
        Ok::<_, VisitError>(())
    };
    wal::read(disk, log, after, &mut visit, &mut |_| {}).expect("a sound log");
    found
}

#[test]
fn a_copy_has_the_same_records_in_its_own_epoch() {
    let shop = busy();
    let (ours, last) = (options(2).log, shop.engine.durable_mark());
    let theirs = wal::Options { epoch: 7, ..ours };
    let all = records(&shop.disk, &ours, Lsn(0));
    for (after, until) in [(0, last.0), (0, 1), (1_234, last.0), (1_234, 1_235), (last.0, last.0), (700, 2_900)] {
        let copy = FaultyDisk::new();
        let stretch = Stretch { after: Lsn(after), until: Lsn(until) };
        let mut told = Vec::new();
        copy_log((&shop.disk, &ours), stretch, (copy.clone(), &theirs), &mut |lsn| told.push(lsn))
            .expect("sound disks");
        assert_eq!(records(&copy, &theirs, Lsn(after)), all[after as usize..until as usize], "{stretch:?}");
        assert_eq!(told.last().copied(), (until > after).then_some(Lsn(until)), "{stretch:?}");
        assert!(told.is_sorted());
    }
}

#[test]
fn the_rows_of_a_moment_and_the_copy_after_it_lead_to_the_same_books() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 100));
    for n in 0..30 {
        shop.tell(reserve(&format!("r{n}"), &[("a", 1)]));
    }
    shop.project();
    let base = shop.checkpointer.checkpoint().expect("a sound disk").lsn;
    for n in 0..30 {
        shop.tell(confirm(&format!("r{n}")));
    }
    let (digest, until) = (shop.engine.digest(), shop.engine.durable_mark());
    let theirs = Options { log: wal::Options { epoch: 1, ..options(2).log }, ..options(3) };
    let copy = FaultyDisk::new();
    let stretch = Stretch { after: base, until };
    copy_log((&shop.disk, &options(2).log), stretch, (copy.clone(), &theirs.log), &mut |_| {}).expect("sound disks");
    shop.projection.crash();
    let mut shop = Shop::on(copy, shop.projection.clone(), shop.clock.clone(), &theirs);
    assert_eq!((shop.engine.digest(), shop.engine.durable_mark()), (digest, until));
    assert_eq!(shop.tell(reserve("next", &[("a", 1)])), "reserved", "it goes on in its own epoch");
    assert_eq!(shop.reopen(&theirs).engine.durable_mark(), until.next());
}

#[test]
fn a_copy_that_cannot_be_made_says_why() {
    let shop = busy();
    let (log, last) = (options(2).log, shop.engine.durable_mark());
    let all = Stretch { after: Lsn(0), until: last };
    let copy = |disk: &FaultyDisk, log: &wal::Options| {
        copy_log((&shop.disk, &options(2).log), all, (disk.clone(), log), &mut |_| {}).expect_err("it cannot be made")
    };
    let full = FaultyDisk::new();
    full.set_capacity(Some(300 << 10));
    let error = copy(&full, &log);
    assert!(
        matches!(&error, FollowError::Failed(WalError::Io { source, .. }) if source.kind() == ErrorKind::StorageFull),
        "{error}"
    );

    let failing = FaultyDisk::new();
    failing.fail(Call::Sync, 7, Fault::Io);
    let error = copy(&failing, &log);
    assert!(error.to_string().contains("injected I/O error"), "{error}");

    let taken = FaultyDisk::new();
    copy_log((&shop.disk, &log), all, (taken.clone(), &log), &mut |_| {}).expect("sound disks");
    assert!(matches!(copy(&taken, &log), FollowError::Failed(WalError::Exists { .. })));

    shop.disk.flip("0000000000000001.seg", 3 * 512 + 100, 3);
    let error = copy(&FaultyDisk::new(), &log);
    assert!(matches!(error, FollowError::Failed(WalError::Damaged { .. })), "{error}");
}
