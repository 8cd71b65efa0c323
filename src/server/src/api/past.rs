//! A store with a past of a test's own making: commands that were decided at instants of its choice.
//! For tests only; it knows no HTTP.

use std::sync::Arc;

use engine::{Lsn, Projection, Recorded, records};
use ledger::{Command, Event, Ledger, Millis, Policy, decide};
use naive::asks;
use store::{Options, Store};
use tempfile::TempDir;

const POLICY: Policy = Policy {
    default_ttl: Millis(600_000),
    max_hold: Millis(86_400_000),
    max_payment_grace: Millis(900_000),
    on_confirm: ledger::OnConfirm::Allocate,
    keep_history: Millis(86_400_000),
};

/// A write of on-hand at the location that is meant where none is named.
pub fn written(sku: &str, on_hand: u32) -> Command {
    Command::SetStock(asks::set(&format!("{sku}@default"), on_hand))
}

/// The store, its directory, and what led to it.
pub struct Past {
    _dir: TempDir,
    pub store: Arc<Store>,
    ledger: Ledger,
    /// Every record, the first at 0.
    pub events: Vec<Event>,
}

impl Past {
    /// Nothing has happened yet. Ended reservations are forgotten when history is.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let options = Options { idempotency_window: Millis(0), ..Options::default() };
        let store = Store::open(dir.path(), &options).expect("a new store");
        Self { _dir: dir, store: Arc::new(store), ledger: Ledger::default(), events: Vec::new() }
    }

    /// A command that must change something.
    pub fn at(&mut self, at: u64, command: &Command) {
        let decision = decide(&self.ledger, &POLICY, command, Millis(at));
        assert!(!decision.events.is_empty(), "{command:?} came to {:?}", decision.outcome);
        for event in decision.events {
            self.ledger.apply(&event);
            let mut bytes = Vec::new();
            records::encode(&event, &mut bytes);
            self.events.push(event.clone());
            let record = Recorded { lsn: Lsn(self.events.len() as u64), bytes, event };
            self.store.apply(&[record]).expect("the store takes the next record");
        }
    }

    /// Forgets what is older.
    pub fn forget(&self, horizon: u64) {
        while self.store.forget(Millis(horizon)).expect("the store forgets") {}
    }
}
