//! The client's own books: each SKU's figures as they must be after every answer that it got.
//! It must not ask the server for them; that is what they are compared with.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Identifier;

/// The figures of one SKU at the location that the replay uses, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Figures {
    /// What is physically there, allocated units included.
    pub on_hand: i64,
    /// Reserved and neither confirmed nor given back.
    pub held: i64,
    /// Confirmed and not fulfilled.
    pub allocated: i64,
    /// What may still be reserved.
    pub available: i64,
}

/// The states of a reservation that the books follow, as the answers name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Units are held.
    Held,
    /// Units are allocated.
    Confirmed,
    /// Units have left the shop: the answer to a confirm where nobody reports shipments.
    Fulfilled,
    /// Units went back.
    Released,
    /// Units went back because the deadline passed.
    Expired,
    /// Allocated units went back.
    Cancelled,
}

/// Units of a SKU in an answer.
#[derive(Debug, Clone, Deserialize)]
pub struct AnsweredLine {
    /// The SKU, escaped as it was sent.
    pub sku: String,
    /// Units.
    pub quantity: i64,
}

/// An answer to a verb on a reservation.
#[derive(Debug, Deserialize)]
pub struct AnsweredReservation {
    /// What it is now.
    pub state: State,
    /// What it took.
    pub lines: Vec<AnsweredLine>,
}

impl AnsweredReservation {
    /// All its units.
    pub fn units(&self) -> u64 {
        self.lines.iter().map(|line| line.quantity.unsigned_abs()).sum()
    }
}

/// Every SKU's figures.
#[derive(Debug, Default)]
pub struct Books(BTreeMap<String, Figures>);

impl Books {
    /// Begins a SKU with what the server has promised already and the on-hand that was laid in.
    pub fn open(&mut self, sku: &Identifier, start: Figures) {
        self.0.insert(sku.as_str().to_owned(), start);
    }

    /// Follows a reservation from nothing, or from held, to its answered state.
    pub fn follow(&mut self, from: Option<State>, answer: &AnsweredReservation) {
        for line in &answer.lines {
            let figures = self.0.entry(line.sku.clone()).or_default();
            if let Some(from) = from {
                book(figures, from, -line.quantity);
            }
            book(figures, answer.state, line.quantity);
        }
    }

    /// Units came back from outside.
    pub fn adjust(&mut self, sku: &Identifier, units: i64) {
        let figures = self.0.entry(sku.as_str().to_owned()).or_default();
        figures.on_hand += units;
        figures.available += units;
    }

    /// Every SKU, in the order of the codes.
    pub fn figures(&self) -> impl Iterator<Item = (&str, Figures)> {
        self.0.iter().map(|(sku, figures)| (sku.as_str(), *figures))
    }
}

fn book(figures: &mut Figures, state: State, units: i64) {
    match state {
        State::Held => figures.held += units,
        State::Confirmed => figures.allocated += units,
        State::Fulfilled => figures.on_hand -= units,
        State::Released | State::Expired | State::Cancelled => return,
    }
    figures.available -= units;
}
