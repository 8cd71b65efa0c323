//! A small shop for the named behaviours: one ledger, asked one command at one instant at a time.

use crate::asks;
use ledger::{
    Applied, Books, Command, Ledger, Millis, Outcome, Policy, Refusal, Reservation, ReservationId, StockRow, decide,
};

pub const POLICY: Policy = Policy { default_ttl: Millis(600), max_hold: Millis(1_000) };

pub struct Shop {
    pub ledger: Ledger,
}

impl Shop {
    /// With on-hand stock such as `("A@east", 10)`, written at time 0.
    pub fn with(stock: &[(&str, u32)]) -> Self {
        let mut shop = Self { ledger: Ledger::default() };
        for (place, on_hand) in stock {
            shop.write(0, &Command::SetStock(asks::set(place, *on_hand)));
        }
        shop
    }

    /// Decides, and applies what was decided.
    pub fn ask(&mut self, at: u64, command: &Command) -> Outcome {
        let decision = decide(&self.ledger, &POLICY, command, Millis(at));
        if let Some(event) = &decision.event {
            assert_eq!(event.at, Millis(at));
            self.ledger.apply(event);
        }
        decision.outcome
    }

    /// The answer must be a refusal that changes nothing at all.
    pub fn refusal(&mut self, at: u64, command: &Command) -> Refusal {
        let decision = decide(&self.ledger, &POLICY, command, Millis(at));
        assert_eq!(decision.event, None);
        match decision.outcome {
            Outcome::Refused(refusal) => refusal,
            other => panic!("{command:?} was not refused: {other:?}"),
        }
    }

    /// The answer must be a reservation that this command made or changed.
    pub fn done(&mut self, at: u64, command: &Command) -> Reservation {
        match self.ask(at, command) {
            Outcome::Reserved(reservation) | Outcome::Reservation { reservation, replayed: false } => *reservation,
            other => panic!("{command:?} was not done: {other:?}"),
        }
    }

    /// The answer must be a replay that changes nothing at all.
    pub fn replay(&mut self, at: u64, command: &Command) -> Reservation {
        let decision = decide(&self.ledger, &POLICY, command, Millis(at));
        assert_eq!(decision.event, None);
        match decision.outcome {
            Outcome::Reservation { reservation, replayed: true } => *reservation,
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
        let decision = decide(&self.ledger, &POLICY, command, Millis(at));
        assert_eq!(decision.event, None);
        match decision.outcome {
            Outcome::Stock { record, applied } => (record.row, applied),
            other => panic!("{command:?} was not answered with a record: {other:?}"),
        }
    }

    /// The figures at `"A@east"`.
    pub fn row(&self, place: &str) -> &StockRow {
        let (sku, location) = place.split_once('@').expect("a row is named by SKU and location");
        let stock = self.ledger.stock(&asks::sku(sku)).expect("the test stocked the SKU");
        stock.at(&asks::location(location)).expect("the test stocked the location")
    }

    /// A reservation that the test made.
    pub fn reservation(&self, name: &ReservationId) -> &Reservation {
        self.ledger.reservation(name).expect("the test made the reservation")
    }
}

/// What each line got, as `(line, "east", units)`.
pub fn places(reservation: &Reservation) -> Vec<(u16, &str, u32)> {
    reservation.lines.iter().map(|line| (line.line, line.location.as_str(), line.quantity)).collect()
}
