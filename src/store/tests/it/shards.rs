//! Lists while several shards write: their records stand in one log in the order in which they were
//! appended, and a shard may have stamped its own earlier than another the one before.

use crate::day::recorded;
use crate::directory::{fresh, open};
use engine::{Lsn, Projection, Recorded};
use ledger::{Command, EventKind, Ledger, Millis, OnConfirm, Policy, ReservationId, decide};
use naive::asks;
use naive::steps::NOON;
use store::{ReservationQuery, Store};

const POLICY: Policy = Policy {
    default_ttl: Millis(40),
    max_hold: Millis(3_600_000),
    max_payment_grace: Millis(60),
    on_confirm: OnConfirm::Allocate,
    keep_history: Millis(90),
};

const SHARDS: [&str; 3] = ["A", "B", "C"];

/// Three shards that write one log.
pub struct Writers {
    dice: fastrand::Rng,
    now: Millis,
    /// Each with the time of its last step.
    shards: Vec<(Ledger, Millis)>,
    pub log: Vec<Recorded>,
}

impl Writers {
    pub fn new(seed: u64) -> Self {
        let shards = SHARDS.iter().map(|_| (Ledger::default(), NOON)).collect();
        let mut writers = Self { dice: fastrand::Rng::with_seed(seed), now: NOON, shards, log: Vec::new() };
        for (shard, sku) in SHARDS.iter().enumerate() {
            writers.decide(shard, &Command::SetStock(asks::set(&format!("{sku}@default"), 1_000_000)));
        }
        writers
    }

    fn decide(&mut self, shard: usize, command: &Command) {
        let (ledger, last) = &mut self.shards[shard];
        let stamped = self.now.0 - self.dice.u64(0..4);
        *last = Millis(stamped.max(last.0));
        for event in decide(ledger, &POLICY, command, *last).events {
            ledger.apply(&event);
            self.log.push(recorded(Lsn(self.log.len() as u64 + 1), event));
        }
    }

    pub fn write(&mut self, records: usize) {
        for _ in 0..records {
            if self.dice.u8(..8) == 0 {
                self.now = self.now.plus(Millis(1));
            }
            let shard = self.dice.usize(..SHARDS.len());
            let id = format!("{:02}-{}", self.dice.u8(..99), self.log.len());
            self.decide(shard, &asks::reserve_for(&id, 3_000_000, &[(SHARDS[shard], 1)]));
            if self.dice.bool() {
                self.decide(shard, &Command::Release(asks::id(&id)));
            }
        }
    }

    /// Who was made by the records up to one, in their order.
    fn made(&self, until: Lsn) -> Vec<ReservationId> {
        let held = self.log[..until.0 as usize].iter().filter(|record| record.event.kind == EventKind::Held);
        held.filter_map(|record| record.event.reservation.as_ref()).map(|row| row.id.clone()).collect()
    }
}

fn follow(store: &Store, writers: &Writers) {
    store.apply(&writers.log[store.applied().0 as usize..]).expect("they follow");
}

#[test]
fn a_list_that_is_read_while_shards_write_has_everything_once() {
    let mut lists = 0;
    for seed in 0..8 {
        let mut writers = Writers::new(seed);
        let dir = fresh();
        let store = open(dir.path());
        while writers.log.len() < 600 {
            let (mut query, mut listed) = (ReservationQuery::default(), Vec::new());
            loop {
                let records = writers.dice.usize(..3);
                writers.write(records);
                follow(&store, &writers);
                query.limit = writers.dice.usize(1..5);
                let page = store.reservations(&query).expect("it lists");
                listed.extend(page.reservations.into_iter().map(|(_, row)| row.id));
                query.after = page.next;
                if query.after.is_none() {
                    assert_eq!(listed, writers.made(page.as_of));
                    lists += 1;
                    break;
                }
            }
        }
    }
    assert!(lists > 8, "the reader comes to the end while they write");
}
