//! Random days with power cuts, failing disks and restarts: what was acknowledged is there
//! afterwards, what was refused took nothing, and the books add up.

use crate::asks::{
    adjust, confirm, extend, get, look, release, reservation_in, reserve_for, sku_per_shard, stock, told,
};
use crate::clockwork::Clockwork;
use crate::shop::{Shop, options};
use engine::{Answer, Lsn, Request};
use ledger::{Outcome, Reservation, State, StockRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use wal::faulty::{Call, Fault, FaultyDisk};

const SKUS: usize = 4;
const DAYS: u64 = 24;
const COMMANDS_A_DAY: usize = 600;

#[derive(Default, Debug)]
struct Counts {
    commands: usize,
    acknowledged: usize,
    crashes: usize,
    restarts: usize,
    failures: usize,
    torn: usize,
}

/// What the outside world was told; it must be true for ever.
#[derive(Default)]
struct Acknowledged {
    reservations: BTreeMap<String, Reservation>,
    stock: BTreeMap<String, StockRow>,
    durable: Lsn,
}

struct Day {
    shop: Shop,
    skus: Vec<String>,
    random: fastrand::Rng,
    asked: usize,
    waiting: Vec<u32>,
    acknowledged: Acknowledged,
}

impl Day {
    fn new(seed: u64) -> Self {
        let shop = Shop::on(FaultyDisk::new(), Arc::default(), Clockwork::default(), &options(1 + seed as usize % 4));
        let mut day = Self {
            shop,
            skus: sku_per_shard(SKUS),
            random: fastrand::Rng::with_seed(seed),
            asked: 0,
            waiting: Vec::new(),
            acknowledged: Acknowledged::default(),
        };
        for name in day.skus.clone() {
            let ticket = day.shop.submit(stock(&name, 300));
            day.waiting.push(ticket);
        }
        day.shop.commit();
        day.hear(&mut Counts::default());
        day
    }

    fn request(&mut self) -> Request {
        let random = &mut self.random;
        let some = format!("r-{}", random.usize(..=self.asked));
        let sku = self.skus[random.usize(..SKUS)].clone();
        match random.u8(..20) {
            0..=8 => {
                self.asked += 1;
                let mut lines = vec![(sku.as_str(), random.u64(1..=4))];
                while random.u8(..3) == 0 {
                    lines.push((self.skus[random.usize(..SKUS)].as_str(), random.u64(1..=4)));
                }
                reserve_for(&format!("r-{}", self.asked), random.u64(1..=3_000), &lines)
            }
            9..=11 => confirm(&some),
            12..=13 => release(&some),
            14 => extend(&some, random.u64(1..=3_000)),
            15..=16 => get(&some),
            17 => look(&[&sku]),
            18 => adjust(&sku, random.i64(-5..=20).max(1), Some(&format!("k-{}", self.asked))),
            _ => stock(&sku, random.u32(100..=600)),
        }
    }

    /// Notes every answer that was given by now.
    fn hear(&mut self, counts: &mut Counts) {
        for ticket in std::mem::take(&mut self.waiting) {
            match self.shop.answer(ticket) {
                None => self.waiting.push(ticket),
                Some(Answer::Unavailable(_)) => {}
                Some(answer) => {
                    counts.acknowledged += 1;
                    self.note(&answer);
                }
            }
        }
        self.acknowledged.durable = self.acknowledged.durable.max(self.shop.engine.durable_mark());
    }

    fn note(&mut self, answer: &Answer) {
        if let Some(seen) = reservation_in(answer) {
            let known = self.acknowledged.reservations.entry(seen.id.as_str().to_owned());
            let known = known.or_insert_with(|| seen.clone());
            // A view past its deadline is of the same version as the hold that it shows.
            if known.version < seen.version {
                *known = seen.clone();
            }
        }
        if let Answer::Outcome(Outcome::Stock { record, .. }) = answer {
            let known = self.acknowledged.stock.entry(record.sku.as_str().to_owned());
            let known = known.or_insert_with(|| record.row.clone());
            if known.version < record.row.version {
                *known = record.row.clone();
            }
        }
    }

    /// One thing happens. `false` when the log failed by it.
    fn go_on(&mut self, counts: &mut Counts) -> bool {
        let sound = match self.random.u8(..16) {
            0..=10 => {
                let request = self.request();
                counts.commands += 1;
                let ticket = self.shop.submit(request);
                self.waiting.push(ticket);
                true
            }
            11..=12 => {
                self.shop.clock.pass(self.random.u64(1..=200));
                self.shop.engine.tick();
                true
            }
            13 => self.shop.preparer.step().is_ok(),
            // An error there is no reason to stop.
            14 if self.random.u8(..3) == 0 => {
                let (_, _) = (self.shop.projector.step(), self.shop.checkpointer.checkpoint());
                true
            }
            14 if self.random.bool() => self.shop.committer.seal().is_ok(),
            _ => self.shop.committer.step().is_ok(),
        };
        self.hear(counts);
        sound
    }

    fn end(self, counts: &mut Counts) -> Self {
        let Self { shop, skus, mut random, asked, acknowledged, .. } = self;
        let Shop { disk, projection, clock, engine, committer, preparer, .. } = shop;
        drop((engine, committer, preparer));
        projection.crash();
        if random.u8(..3) == 0 {
            counts.restarts += 1;
            disk.clear_faults();
        } else {
            counts.crashes += 1;
            disk.crash(random.u64(..));
        }
        let shop = Shop::on(disk, projection, clock, &options(random.usize(1..=5)));
        counts.torn += usize::from(shop.opened.torn_bytes > 0);
        Self { shop, skus, random, asked, waiting: Vec::new(), acknowledged }
    }

    /// After a restart: everything that the world was told is still so, or has gone on from there.
    fn check(&mut self) {
        assert!(self.shop.opened.last_lsn >= self.acknowledged.durable, "acknowledged records are lost");
        for (name, before) in std::mem::take(&mut self.acknowledged.reservations) {
            let answer = self.shop.ask(get(&name));
            let now = reservation_in(&answer).unwrap_or_else(|| panic!("{name} was acknowledged and is lost"));
            assert!(now.version >= before.version, "{name} fell behind: {now:?} after {before:?}");
            assert_eq!((&now.lines, now.created, now.asked), (&before.lines, before.created, before.asked));
            if now.version == before.version {
                let expired = now.state == State::Expired && before.state == State::Held;
                assert!(now.state == before.state || expired, "{now:?} after {before:?}");
                assert_eq!(now.expires, before.expires);
            }
            assert!(before.state != State::Confirmed || now.state == State::Confirmed, "a confirmed order is lost");
            self.acknowledged.reservations.insert(name, now.clone());
        }
        self.check_stock();
    }

    fn check_stock(&mut self) {
        let mut promised: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        // Swept, so that a hold past its deadline is no hold to the buckets either.
        self.shop.sweep();
        for n in 0..=self.asked {
            let answer = self.shop.ask(get(&format!("r-{n}")));
            let Some(seen) = reservation_in(&answer) else { continue };
            for line in &seen.lines {
                let sums = promised.entry(line.sku.as_str().to_owned()).or_default();
                match seen.state {
                    State::Held => sums.0 += line.quantity,
                    State::Confirmed => sums.1 += line.quantity,
                    State::Released | State::Expired | State::Fulfilled | State::Cancelled => {}
                }
            }
        }
        for name in self.skus.clone() {
            let answer = self.shop.ask(look(&[&name]));
            let Answer::Stock(view) = &answer else { panic!("a view was asked for") };
            let row = &view.found[0].as_ref().expect("stock was written and acknowledged").locations[0];
            assert_eq!((row.held, row.allocated), promised.get(&name).copied().unwrap_or_default(), "{name}");
            let before = &self.acknowledged.stock[&name];
            assert!(row.version >= before.version, "{name}: {}", told(&answer));
            if row.version == before.version {
                assert_eq!(row.on_hand, before.on_hand, "{name}");
            }
        }
    }
}

#[test]
fn what_was_acknowledged_survives_power_cuts_and_failing_disks() {
    let mut counts = Counts::default();
    for seed in 0..DAYS {
        let mut day = Day::new(seed);
        let until = counts.commands + COMMANDS_A_DAY;
        while counts.commands < until {
            match day.random.u8(..3) {
                0 => day.shop.disk.fail(Call::Write, day.random.u64(1..=30), Fault::Io),
                1 => day.shop.disk.fail(Call::Sync, day.random.u64(1..=30), Fault::Io),
                _ => {}
            }
            let lifetime = day.random.usize(1..200);
            for _ in 0..lifetime {
                if !day.go_on(&mut counts) {
                    counts.failures += 1;
                    break;
                }
            }
            day = day.end(&mut counts);
            let digest = day.shop.engine.digest();
            day.check();
            assert!(day.shop.engine.failure().is_none());
            day.shop.commit();
            let swept = day.shop.engine.digest();
            let shards = day.random.usize(1..=5);
            day.shop = day.shop.reopen(&options(shards));
            assert_eq!(day.shop.engine.digest(), swept, "seed {seed}; {digest:x} before the sweep");
            day.acknowledged.durable = day.shop.engine.durable_mark();
        }
    }
    println!("{counts:?}");
    assert!(counts.crashes > 50 && counts.restarts > 20 && counts.failures > 20 && counts.torn > 0, "{counts:?}");
}
