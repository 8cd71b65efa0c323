//! How fast a store is applied to and loaded: holds and confirms of one hot SKU and of a hundred
//! thousand, and the load of a million SKUs with a million live reservations. Prints its figures; `sell` or `load` asks for one part.
#![forbid(unsafe_code)]

use engine::{Lsn, Projection, Recorded, records};
use ledger::{
    Command, Ledger, Location, Millis, OnConfirm, OnHand, Policy, Quantity, ReservationId, Reserve, ReservePrint,
    SetStock, Sku, Want, decide,
};
use std::path::Path;
use std::time::Instant;
use store::{Options, Store};

const BATCH: usize = 4_096;
/// A ledger whose decisions are put into a store.
struct Shop {
    ledger: Ledger,
    policy: Policy,
    pending: Vec<Recorded>,
    lsn: Lsn,
    store: Store,
    applying_s: f64,
    cpu_s: f64,
}

impl Shop {
    fn new(dir: &Path) -> Self {
        let policy = Policy {
            default_ttl: Millis(600_000),
            max_hold: Millis(86_400_000),
            max_payment_grace: Millis(900_000),
            on_confirm: OnConfirm::Allocate,
            keep_history: Millis(86_400_000),
        };
        let store = Store::open(dir, &Options::default()).expect("the store opens");
        Self { ledger: Ledger::default(), policy, pending: Vec::new(), lsn: Lsn(0), store, applying_s: 0.0, cpu_s: 0.0 }
    }

    fn ask(&mut self, command: &Command) {
        let now = Millis(1_000_000 + self.lsn.0 / 50);
        for event in decide(&self.ledger, &self.policy, command, now).events {
            self.ledger.apply(&event);
            self.lsn = self.lsn.next();
            let mut bytes = Vec::new();
            records::encode(&event, &mut bytes);
            self.pending.push(Recorded { lsn: self.lsn, bytes, event });
        }
        if self.pending.len() >= BATCH {
            self.apply();
        }
    }

    fn apply(&mut self) {
        let (begun, cpu_s) = (Instant::now(), cpu_s());
        self.store.apply(&self.pending).expect("records that follow are applied");
        self.applying_s += begun.elapsed().as_secs_f64();
        self.cpu_s += self::cpu_s() - cpu_s;
        self.pending.clear();
    }

    /// Says how long a record took since the last time, and how fast that is.
    fn report(&mut self, what: &str, before: Lsn) {
        self.apply();
        let records = (self.lsn.0 - before.0) as f64;
        let (each_us, a_second) = (self.applying_s * 1e6 / records, records / self.applying_s);
        let cpu_us = self.cpu_s * 1e6 / records;
        println!("{what}: {records} records, {each_us:.1} us each ({cpu_us:.1} us of CPU), {a_second:.0} a second");
        (self.applying_s, self.cpu_s) = (0.0, 0.0);
    }
}

/// What this thread has run so far: tells the work from the waiting where others share the machine.
fn cpu_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ran_ns: u64 = told.split(' ').next().and_then(|ran| ran.parse().ok()).unwrap_or_default();
    ran_ns as f64 / 1e9
}

fn sku(number: usize) -> Sku {
    Sku::parse(&format!("sku-{number:07}")).expect("an identifier")
}

fn id(number: usize) -> ReservationId {
    ReservationId::parse(&format!("{:016x}", (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .expect("an identifier")
}

fn set(number: usize, on_hand: u32) -> Command {
    Command::SetStock(SetStock {
        sku: sku(number),
        location: Location::default_location(),
        on_hand: OnHand::Exactly(on_hand),
        safety_stock: None,
        unavailable: None,
        backorder_limit: None,
        if_version: None,
        source_ts: None,
    })
}

fn reserve(number: usize, of: usize) -> Command {
    let quantity = Quantity::new(1).expect("one is a quantity");
    Command::Reserve(Reserve {
        id: id(number),
        customer: Some(ledger::Customer::parse(&format!("customer-{number}")).expect("an identifier")),
        channel: None,
        sale: None,
        ttl: None,
        mode: ledger::Mode::AllOrNothing,
        wants: [Want { sku: sku(of), location: None, quantity }].into_iter().collect(),
        print: ReservePrint::default(),
    })
}

fn confirm(number: usize) -> Command {
    Command::Confirm(ledger::Confirm {
        id: id(number),
        order: None,
        lines: None,
        if_expired: ledger::IfExpired::Refuse,
        print: ledger::ConfirmPrint::default(),
    })
}

fn sell(shop: &mut Shop, what: &str, skus: usize, reservations: usize) {
    (0..skus).for_each(|number| shop.ask(&set(number, 100_000_000)));
    let before = shop.lsn;
    shop.apply();
    (shop.applying_s, shop.cpu_s) = (0.0, 0.0);
    for number in 0..reservations {
        shop.ask(&reserve(number, number % skus));
        if number >= 1_000 {
            shop.ask(&confirm(number - 1_000));
        }
    }
    shop.report(what, before);
}

fn load(dir: &Path, skus: usize, live: usize) {
    let mut shop = Shop::new(dir);
    (0..skus).for_each(|number| shop.ask(&set(number, 100)));
    (0..live).for_each(|number| shop.ask(&reserve(number, number % skus)));
    shop.report("filled for the load", Lsn(0));
    shop.store.flush().expect("it flushes");
    let Shop { store, ledger, .. } = shop;
    drop(store);
    let store = Store::open(dir, &Options::default()).expect("the store opens");
    let (begun, cpu) = (Instant::now(), cpu_s());
    let mut rows = 0_u64;
    let marks = store.load(Millis(86_400_000), &mut |_| rows += 1).expect("it loads");
    println!("load: {rows} rows in {:.2} s ({:.2} s of CPU)", begun.elapsed().as_secs_f64(), cpu_s() - cpu);
    assert_eq!(marks.digest, ledger.digest());
    println!("{:?}", store.status().expect("it tells"));
}

fn main() {
    let dir = tempfile::tempdir().expect("the system has room for temporary files");
    let asked = std::env::args().nth(1);
    if asked.as_deref() != Some("load") {
        sell(&mut Shop::new(&dir.path().join("hot")), "one hot SKU", 1, 250_000);
        sell(&mut Shop::new(&dir.path().join("wide")), "100,000 SKUs", 100_000, 250_000);
    }
    if asked.as_deref() != Some("sell") {
        load(&dir.path().join("load"), 1_000_000, 1_000_000);
    }
}
