//! The stages on the books: decide, apply and encode through the real ledger, which is emptied before it outgrows what is
//! measured. They know no HTTP but the body that asks.

use std::sync::Arc;

use std::hint::black_box;
use std::time::{Duration, Instant};

use ledger::{
    Command, Decision, Event, Ledger, Location, Millis, OnHand, Outcome, Policy, Reservation, ReservationId, SetStock,
    Sku, decide as decided,
};

use super::{Run, repeat};
use crate::api::measured;

/// The longest hold, in milliseconds.
pub const MAX_HOLD: Millis = Millis(24 * 60 * 60 * 1000);
/// How many reservations are made before the books are begun anew: more than a processor's caches hold.
const MOST_HELD: u64 = 100_000;
/// How many commands are made ready at a time.
const PORTION: u64 = 1_000;
/// When everything happens.
const NOW: Millis = Millis(1_800_000_000_000);

const POLICY: Policy = Policy {
    default_ttl: Millis(600_000),
    max_hold: MAX_HOLD,
    max_payment_grace: Millis(900_000),
    on_confirm: ledger::OnConfirm::Allocate,
    keep_history: Millis(24 * 60 * 60 * 1000),
};

/// A body as a shop sends it: a customer, a time to live, and a unit of each line's SKU.
pub fn body(lines: usize) -> String {
    let lines: Vec<_> = (0..lines).map(|line| format!(r#"{{"sku":"{}","quantity":1}}"#, sku(line))).collect();
    format!(r#"{{"customer":"c-00001","ttl_ms":600000,"lines":[{}]}}"#, lines.join(","))
}

/// The SKU of a line.
pub fn sku(line: usize) -> Sku {
    Sku::parse(&format!("SKU-{line:07}")).expect("letters, a dash and digits are an identifier")
}

/// The id of a reservation.
pub fn id(number: u64) -> ReservationId {
    ReservationId::parse(&format!("{number:016x}")).expect("16 hex digits are an identifier")
}

/// A reservation of so many lines, as its answer tells it.
pub fn reservation(lines: usize) -> Arc<Reservation> {
    let mut books = Books::new(lines);
    match books.next().outcome {
        Outcome::Reserved(reservation) => reservation,
        other => unreachable!("there is stock, and the id is new: {other:?}"),
    }
}

/// The bytes of the record of a reservation of so many lines.
pub fn record_bytes(lines: usize) -> usize {
    let mut bytes = Vec::new();
    engine::records::encode(&event(lines), &mut bytes);
    bytes.len()
}

pub fn decide(lines: usize) -> Run {
    let books = Books::new(lines);
    let commands: Vec<_> = (0..PORTION).map(|number| books.command(number)).collect();
    let mut next = 0;
    repeat(move || {
        next = (next + 1) % commands.len();
        black_box(decided(&books.ledger, &POLICY, &commands[next], NOW));
    })
}

pub fn apply(lines: usize) -> Run {
    let mut books = Books::new(lines);
    Box::new(move |times| {
        let mut taken = Duration::ZERO;
        for _ in 0..times {
            let decision = books.next();
            let begun = Instant::now();
            books.apply(&decision);
            taken += begun.elapsed();
        }
        Ok(taken)
    })
}

pub fn decide_and_apply(lines: usize) -> Run {
    let mut books = Books::new(lines);
    Box::new(move |times| {
        let mut taken = Duration::ZERO;
        let mut left = times;
        while left > 0 {
            let portion = left.min(PORTION);
            let commands: Vec<_> = (0..portion).map(|_| books.next_command()).collect();
            let begun = Instant::now();
            for command in &commands {
                let decision = decided(&books.ledger, &POLICY, command, NOW);
                books.apply(&decision);
                black_box(decision);
            }
            taken += begun.elapsed();
            left -= portion;
        }
        Ok(taken)
    })
}

pub fn encode(lines: usize) -> Run {
    let event = event(lines);
    let mut bytes = Vec::with_capacity(record_bytes(lines));
    repeat(move || {
        bytes.clear();
        engine::records::encode(black_box(&event), &mut bytes);
        black_box(&bytes);
    })
}

fn event(lines: usize) -> Event {
    let mut books = Books::new(lines);
    books.next().events.into_iter().next().expect("a reservation that is made is one event")
}

/// A ledger with stock for every line, and a reserve that is made again under ever new ids.
struct Books {
    ledger: Ledger,
    template: Command,
    lines: usize,
    made: u64,
}

impl Books {
    fn new(lines: usize) -> Self {
        let template = measured::reserve(body(lines).as_bytes(), id(0), MAX_HOLD);
        let template = template.unwrap_or_else(|problem| unreachable!("a right body is a command: {problem:?}"));
        Self { ledger: stocked(lines), template, lines, made: 0 }
    }

    fn command(&self, number: u64) -> Command {
        match &self.template {
            Command::Reserve(reserve) => Command::Reserve(ledger::Reserve { id: id(number), ..reserve.clone() }),
            other => unreachable!("the body of a reserve is one: {other:?}"),
        }
    }

    /// A reserve under the next id, on books that are emptied now and then.
    fn next_command(&mut self) -> Command {
        if self.made.is_multiple_of(MOST_HELD) && self.made > 0 {
            self.ledger = stocked(self.lines);
        }
        self.made += 1;
        self.command(self.made)
    }

    fn next(&mut self) -> Decision {
        let command = self.next_command();
        decided(&self.ledger, &POLICY, &command, NOW)
    }

    fn apply(&mut self, decision: &Decision) {
        decision.events.iter().for_each(|event| self.ledger.apply(event));
    }
}

fn stocked(lines: usize) -> Ledger {
    let mut ledger = Ledger::default();
    for line in 0..lines {
        let set = SetStock {
            sku: sku(line),
            location: Location::default_location(),
            on_hand: OnHand::Exactly(1_000_000_000),
            safety_stock: None,
            unavailable: None,
            backorder_limit: None,
            if_version: None,
            source_ts: None,
        };
        for event in decided(&ledger, &POLICY, &Command::SetStock(set), NOW).events {
            ledger.apply(&event);
        }
    }
    ledger
}
