//! A disk that fails ends all acknowledging; a disk that is full does not.

use crate::asks::{confirm, get, look, release, reserve, reserve_for, stock, told};
use crate::shop::{Shop, options};
use engine::Step;
use wal::Prepared;
use wal::faulty::{Call, Fault};

#[test]
fn a_failed_disk_ends_all_acknowledging() {
    for call in [Call::Write, Call::Sync] {
        let mut shop = Shop::new(&options(2));
        shop.tell(stock("a", 9));
        shop.tell(reserve("known", &[("a", 1)]));
        let waiting =
            [reserve("r", &[("a", 1)]), confirm("known"), get("known"), look(&["a"])].map(|ask| shop.submit(ask));
        shop.prepare();
        shop.disk.fail(call, 1, Fault::Io);
        assert!(shop.committer.step().is_err());
        for ticket in waiting {
            assert_eq!(shop.told(ticket).as_deref(), Some("storage_failed"), "{call:?}");
        }
        let why = shop.engine.failure().expect("the engine says why");
        assert!(why.contains("injected I/O error"), "{why}");
        // The disk is well again; this process acknowledges nothing any more.
        for request in [reserve("later", &[("a", 1)]), get("known"), look(&["a"]), confirm("known")] {
            let ticket = shop.submit(request);
            assert_eq!(shop.told(ticket).as_deref(), Some("storage_failed"));
        }
        assert!(shop.committer.step().is_err() || shop.committer.step().is_ok_and(|step| step == Step::Idle));
        assert!(shop.committer.seal().is_err());
        let mut shop = shop.reopen(&options(2));
        assert_eq!(shop.tell(get("later")), "nobody");
        assert_ne!(shop.tell(get("known")), "nobody");
    }
}

#[test]
fn what_was_durable_before_the_failure_is_still_given() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 9));
    let durable = shop.submit(reserve("durable", &[("a", 1)]));
    shop.commit();
    let lost = shop.submit(reserve("lost", &[("a", 1)]));
    shop.disk.fail(Call::Sync, 1, Fault::Io);
    assert!(shop.committer.step().is_err());
    assert_eq!(shop.told(durable).as_deref(), Some("reserved"));
    assert_eq!(shop.told(lost).as_deref(), Some("storage_failed"));
}

/// Commits without expecting space.
fn step(shop: &mut Shop) -> Prepared {
    let prepared = shop.preparer.step().expect("a full disk is no failure");
    assert_ne!(shop.committer.step().expect("a full disk is no failure"), Step::NoSpace);
    prepared
}

#[test]
fn a_full_disk_refuses_reserves_while_settling_goes_on_and_service_returns() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 100_000));
    shop.tell(reserve_for("late", 60_000, &[("a", 1)]));
    shop.disk.set_capacity(Some(300 << 10));
    let mut made = 0_u64;
    let refused = loop {
        let ticket = shop.submit(reserve_for(&format!("r-{made}"), 600_000, &[("a", 1)]));
        while step(&mut shop) == Prepared::Worked {}
        match shop.answer(ticket).map(|answer| told(&answer)).as_deref() {
            Some("reserved") => made += 1,
            other => break other.map(str::to_owned),
        }
    };
    assert_eq!(refused.as_deref(), Some("storage_full"), "after {made} reserves");
    assert!(made > 100, "{made}");
    for name in ["r-0", "r-1"] {
        for (request, expected) in [
            (if name == "r-0" { confirm(name) } else { release(name) }, ["confirmed", "released"]),
            (get(name), ["confirmed", "released"]),
        ] {
            let ticket = shop.submit(request);
            step(&mut shop);
            assert!(expected.contains(&shop.told(ticket).expect("settling goes on").as_str()));
        }
    }
    for request in [stock("b", 1), reserve("more", &[("a", 1)])] {
        let ticket = shop.submit(request);
        assert_eq!(shop.told(ticket).as_deref(), Some("storage_full"));
    }
    let replay = shop.submit(reserve_for("r-2", 600_000, &[("a", 1)]));
    assert_eq!(shop.told(replay).as_deref(), Some("held again"), "a replay needs no space");
    shop.clock.pass(60_000);
    shop.engine.tick();
    step(&mut shop);
    assert_eq!(shop.engine.totals().held_units, made - 2, "expiry goes on");
    let late = shop.submit(get("late"));
    assert_eq!(shop.told(late).as_deref(), Some("expired"));

    shop.disk.set_capacity(None);
    shop.prepare();
    assert_eq!(shop.tell(reserve("more", &[("a", 1)])), "reserved", "without a restart");
    assert_eq!(shop.engine.failure(), None);
    println!("{made} reserves until the disk was full");
    let digest = shop.engine.digest();
    assert_eq!(shop.reopen(&options(1)).engine.digest(), digest);
}

#[test]
fn a_group_that_finds_no_space_waits_for_it() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 100_000));
    let mut tickets = Vec::new();
    // Nobody prepares: the space at hand runs out under a group that was decided already.
    let stopped = loop {
        for _ in 0..100 {
            let name = format!("r-{}", tickets.len());
            tickets.push(shop.submit(reserve(&name, &[("a", 1)])));
        }
        match shop.committer.step().expect("the disk is sound") {
            Step::Committed(100) => {}
            other => break other,
        }
    };
    assert_eq!(stopped, Step::NoSpace);
    let last = *tickets.last().expect("some were asked");
    assert_eq!(shop.told(last), None);
    assert_eq!(shop.committer.step().expect("the disk is sound"), Step::NoSpace);
    shop.commit();
    assert_eq!(shop.told(last).as_deref(), Some("reserved"));
}
