//! A small shop for the named behaviours: one ledger, asked one command at one instant at a time.

use ledger::{
    Applied, Books, Command, Decision, EventKind, Ledger, LimitKey, Millis, OnConfirm, Outcome, Policy, Refusal,
    Reservation, ReservationId, Sale, SaleSettings, SkuSettings, SkuStock, StockRow, check_balances, decide,
};
use naive::asks;

pub const POLICY: Policy = Policy {
    default_ttl: Millis(600),
    max_hold: Millis(1_000),
    max_payment_grace: Millis(300),
    on_confirm: OnConfirm::Allocate,
    keep_history: Millis(5_000),
};

pub struct Shop {
    pub ledger: Ledger,
    pub policy: Policy,
    /// The kinds of the last command's events.
    pub events: Vec<EventKind>,
}

impl Shop {
    /// With on-hand stock such as `("A@east", 10)`, written at time 0.
    pub fn with(stock: &[(&str, u32)]) -> Self {
        let mut shop = Self { ledger: Ledger::default(), policy: POLICY, events: Vec::new() };
        for (place, on_hand) in stock {
            shop.write(0, &Command::SetStock(asks::set(place, *on_hand)));
        }
        shop
    }

    fn decide(&self, at: u64, command: &Command) -> Decision {
        decide(&self.ledger, &self.policy, command, Millis(at))
    }

    /// Decides, and applies what was decided.
    pub fn ask(&mut self, at: u64, command: &Command) -> Outcome {
        let decision = self.decide(at, command);
        self.events = decision.events.iter().map(|event| event.kind).collect();
        for event in &decision.events {
            assert_eq!(event.at, Millis(at));
            self.ledger.apply(event);
        }
        check_balances(std::iter::once(&self.ledger)).expect("the balances hold after every command");
        decision.outcome
    }

    /// The answer, which must come without any change.
    fn idle(&mut self, at: u64, command: &Command) -> Outcome {
        let decision = self.decide(at, command);
        assert!(decision.events.is_empty(), "{command:?} changed something: {:?}", decision.events);
        decision.outcome
    }

    /// The answer must be a refusal that changes nothing at all.
    pub fn refusal(&mut self, at: u64, command: &Command) -> Refusal {
        match self.idle(at, command) {
            Outcome::Refused(refusal) => refusal,
            other => panic!("{command:?} was not refused: {other:?}"),
        }
    }

    /// The pointer of an answer that must be such a refusal.
    pub fn invalid(&mut self, at: u64, command: &Command) -> String {
        match self.refusal(at, command) {
            Refusal::Invalid { pointer, .. } => pointer.into_owned(),
            other => panic!("{command:?} was not called invalid: {other:?}"),
        }
    }

    /// The answer must be a reservation that this command made or changed.
    pub fn done(&mut self, at: u64, command: &Command) -> Reservation {
        match self.ask(at, command) {
            Outcome::Reserved(reservation) | Outcome::Reservation { reservation, replayed: false } => {
                Reservation::clone(&reservation)
            }
            other => panic!("{command:?} was not done: {other:?}"),
        }
    }

    /// The answer must be a replay that changes nothing at all.
    pub fn replay(&mut self, at: u64, command: &Command) -> Reservation {
        match self.idle(at, command) {
            Outcome::Reservation { reservation, replayed: true } => Reservation::clone(&reservation),
            other => panic!("{command:?} was not replayed: {other:?}"),
        }
    }

    /// The answer must be a stock record that this command changed.
    pub fn write(&mut self, at: u64, command: &Command) -> StockRow {
        match self.ask(at, command) {
            Outcome::Stock { record, applied: Applied::Now } => record.row,
            other => panic!("{command:?} was not written: {other:?}"),
        }
    }

    /// The answer must be a stock record that this command leaves as it is.
    pub fn unchanged(&mut self, at: u64, command: &Command) -> (StockRow, Applied) {
        match self.idle(at, command) {
            Outcome::Stock { record, applied } => (record.row, applied),
            other => panic!("{command:?} was not answered with a record: {other:?}"),
        }
    }

    /// Writes a SKU's settings.
    pub fn set_sku(&mut self, at: u64, name: &str, settings: SkuSettings) -> SkuStock {
        match self.ask(at, &Command::SetSku(asks::sku(name), settings)) {
            Outcome::Sku(stock) => *stock,
            other => panic!("the settings of {name} were not written: {other:?}"),
        }
    }

    /// Writes a sale's settings.
    pub fn set_sale(&mut self, at: u64, name: &str, settings: SaleSettings) -> Sale {
        match self.ask(at, &Command::SetSale(asks::sale(name), settings)) {
            Outcome::Sale(sale) => *sale,
            other => panic!("the settings of {name} were not written: {other:?}"),
        }
    }

    /// Lets time do to a sale what is due.
    pub fn turn(&mut self, at: u64, name: &str) -> Sale {
        match self.ask(at, &Command::TurnSale(asks::sale(name))) {
            Outcome::Sale(sale) => *sale,
            other => panic!("{name} was not turned: {other:?}"),
        }
    }

    /// The figures at `"A@east"`.
    pub fn row(&self, place: &str) -> &StockRow {
        let (sku, location) = place.split_once('@').expect("a row is named by SKU and location");
        let stock = self.ledger.stock(&asks::sku(sku)).expect("the test stocked the SKU");
        stock.at(&asks::location(location)).expect("the test stocked the location")
    }

    /// What is taken from a limit bucket: held, allocated, bought.
    pub fn taken(&self, key: &LimitKey) -> (u32, u32, u32) {
        let row = self.ledger.limits().find(|limit| limit.key == *key);
        row.map_or((0, 0, 0), |limit| (limit.taken.held, limit.taken.allocated, limit.taken.fulfilled))
    }

    /// What `c1` has taken of A.
    pub fn taken_by_c1(&self) -> (u32, u32, u32) {
        self.taken(&LimitKey::SkuCustomer(asks::sku("A"), asks::customer("c1")))
    }

    /// A reservation that the test made.
    pub fn reservation(&self, name: &ReservationId) -> Reservation {
        self.ledger.reservation(name).expect("the test made the reservation")
    }
}

/// What each line got, as `(line, "east", units)`.
pub fn places(reservation: &Reservation) -> Vec<(u16, &str, u32)> {
    reservation.lines.iter().map(|line| (line.line, line.location.as_str(), line.quantity)).collect()
}
