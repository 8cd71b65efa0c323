//! What was acknowledged is there after a restart, however many shards the next process has.

use crate::asks::{
    adjust, confirm, extend, get, look, release, reservation_in, reserve, reserve_for, sku_per_shard, stock,
};
use crate::clockwork::{Clockwork, MORNING_MS};
use crate::shop::{Shop, options};

const SKUS: usize = 5;

/// A busy day, with everything that a log can hold; all of it durable.
fn busy() -> (Shop, Vec<String>) {
    let mut shop = Shop::new(&options(2));
    let skus = sku_per_shard(SKUS);
    for name in &skus {
        shop.tell(stock(name, 1_000));
        shop.tell(adjust(name, 5, Some("found")));
    }
    for n in 0..200_usize {
        let name = format!("r-{n}");
        let (first, second) = (&skus[n % SKUS], &skus[(n / SKUS) % SKUS]);
        shop.tell(reserve_for(&name, 10_000 + n as u64, &[(first, 1 + n as u64 % 3), (second, 1)]));
        match n % 5 {
            0 => shop.tell(confirm(&name)),
            1 => shop.tell(release(&name)),
            2 => shop.tell(extend(&name, 20_000)),
            _ => String::new(),
        };
        shop.clock.pass(10);
    }
    (shop, skus)
}

#[test]
fn the_books_are_the_same_after_a_restart_with_any_number_of_shards() {
    let (mut shop, skus) = busy();
    let digest = shop.engine.digest();
    let totals = shop.engine.totals();
    let names: Vec<&str> = skus.iter().map(String::as_str).collect();
    let counted = shop.tell(look(&names));
    let seen: Vec<_> = (0..200).map(|n| reservation_in(&shop.ask(get(&format!("r-{n}")))).cloned()).collect();
    for shards in [1, 2, 5, 64, 3] {
        shop = shop.reopen(&options(shards));
        assert_eq!(shop.engine.digest(), digest, "{shards} shards");
        assert_eq!(shop.engine.totals(), totals, "{shards} shards");
        assert_eq!(shop.tell(look(&names)), counted);
        for (n, before) in seen.iter().enumerate() {
            assert_eq!(reservation_in(&shop.ask(get(&format!("r-{n}")))), before.as_ref());
        }
    }
    shop.clock.pass(60_000);
    shop.sweep();
    assert_eq!(shop.engine.totals().held_units, 0);
}

#[test]
fn deadlines_survive_a_restart() {
    for shards in [1, 3, 5] {
        let mut shop = Shop::new(&options(3));
        let skus = sku_per_shard(3);
        for name in &skus {
            shop.tell(stock(name, 1));
        }
        let lines: Vec<(&str, u64)> = skus.iter().map(|name| (name.as_str(), 1)).collect();
        shop.tell(reserve_for("r", 10_000, &lines));
        shop.clock.pass(9_999);
        shop = shop.reopen(&options(shards));
        assert_eq!(shop.tell(get("r")), "held");
        assert_eq!(shop.tell(reserve("short", &[(&skus[2], 1)])), "insufficient_stock");
        shop.clock.pass(1);
        assert_eq!(shop.tell(confirm("r")), "reservation_expired");
        assert_eq!(shop.tell(reserve("next", &[(&skus[2], 1)])), "reserved", "away or not, the cart is swept");
    }
}

#[test]
fn keys_of_successes_survive_and_refusals_are_forgotten() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 2));
    shop.tell(reserve("held", &[("a", 1)]));
    shop.tell(reserve("released", &[("a", 1)]));
    shop.tell(reserve("refused", &[("a", 1)]));
    shop.tell(release("released"));
    shop.tell(adjust("a", 4, Some("k")));
    shop = shop.reopen(&options(3));
    assert_eq!(shop.tell(reserve("held", &[("a", 1)])), "held again");
    assert_eq!(shop.tell(reserve("held", &[("a", 2)])), "idempotency_mismatch lines");
    assert_eq!(shop.tell(reserve("released", &[("a", 1)])), "released again");
    assert_eq!(shop.tell(adjust("a", 4, Some("k"))), "6 before");
    assert_eq!(shop.tell(adjust("a", 3, Some("k"))), "idempotency_mismatch delta");
    assert_eq!(shop.tell(reserve("refused", &[("a", 1)])), "reserved");
}

#[test]
fn what_was_never_durable_is_gone() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 2));
    let digest = shop.engine.digest();
    let lost = shop.submit(reserve("lost", &[("a", 1)]));
    assert_eq!(shop.told(lost), None);
    shop = shop.reopen(&options(2));
    assert_eq!(shop.engine.digest(), digest);
    assert_eq!(shop.tell(get("lost")), "nobody");
}

#[test]
fn engine_time_is_never_before_the_last_time_of_the_log() {
    let mut shop = Shop::new(&options(2));
    shop.clock.pass(5_000);
    shop.tell(stock("a", 2));
    shop.tell(reserve_for("r", 1_000, &[("a", 1)]));
    let before = shop.engine.now();
    // The machine comes back with its clock an hour behind.
    let behind = Clockwork::default();
    behind.set_wall(MORNING_MS - 3_600_000);
    let mut shop = Shop::on(shop.disk.clone(), shop.projection.clone(), behind, &options(2));
    assert_eq!(shop.engine.now(), before);
    shop.clock.pass(999);
    assert_eq!(shop.tell(get("r")), "held");
    shop.clock.pass(1);
    assert_eq!(shop.tell(get("r")), "expired");
}

#[test]
fn a_sealed_log_opens_with_the_time_of_its_seal() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 2));
    shop.clock.pass(1_000);
    shop.committer.seal().expect("the disk is sound");
    shop.committer.seal().expect("sealing again does nothing");
    shop = shop.reopen(&options(2));
    assert_eq!(shop.opened.frames, 2);
    assert_eq!(shop.opened.last_time_ms, MORNING_MS + 1_000);
    assert_eq!(shop.opened.last_lsn, engine::Lsn(1));
    assert_eq!(shop.engine.durable_mark(), engine::Lsn(1));
    assert_eq!(shop.tell(adjust("a", 1, None)), "3 now", "and goes on from there");
}

#[test]
fn books_that_do_not_add_up_are_refused() {
    let options = options(2);
    let shop = Shop::new(&options);
    let Shop { disk, clock, projection, engine, committer, preparer, .. } = shop;
    drop((engine, committer, preparer));
    let mut frame = wal::FrameBuffer::new();
    let mut bytes = Vec::new();
    let mut event = crate::events::every_kind()[0].clone();
    event.stock[0].row.held += 1;
    engine::records::encode(&event, &mut bytes);
    assert!(frame.push(&bytes));
    let (mut log, _, _) = wal::Log::open(disk.clone(), options.log, engine::Lsn(0), &mut |_| Ok(()), &mut |_| {})
        .expect("the log is sound");
    log.write(&mut frame, engine::Lsn(1), MORNING_MS).expect("the disk is sound");
    log.sync().expect("the disk is sound");
    let refused = crate::shop::open(&disk, &projection, &options, &clock).err().expect("promises without reservations");
    assert!(matches!(refused, engine::EngineError::Imbalance(_)), "{refused}");
}
