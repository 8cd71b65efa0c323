//! The ledger's rows and answers in the model's terms, so that the two can be compared by `==`.

use crate::model::{Answer, Bucket, Hold, Taken};
use ledger::{Applied, Outcome, Refusal, Reservation, Shortfall, Sku, StockRow};

pub fn hold(row: &Reservation) -> Hold {
    let taken = row.lines.iter().map(|line| Taken {
        line: usize::from(line.line),
        sku: line.sku.clone(),
        location: line.location.clone(),
        units: i128::from(line.quantity) - i128::from(line.fulfilled),
    });
    Hold {
        id: row.id.clone(),
        customer: row.customer.clone(),
        channel: row.channel.clone(),
        sale: row.sale.clone(),
        order: row.order.clone(),
        state: row.state.as_str(),
        created: row.created.0,
        expires: row.expires.0,
        changed: row.changed.0,
        version: row.version,
        taken: taken.collect(),
    }
}

pub fn bucket(sku: &Sku, row: &StockRow) -> Bucket {
    Bucket {
        sku: sku.clone(),
        location: row.location.clone(),
        on_hand: row.on_hand.into(),
        safety_stock: row.safety_stock.into(),
        unavailable: row.unavailable.into(),
        backorder_limit: row.backorder_limit.into(),
        version: row.version,
        source_ts: row.source_ts.map(|at| at.0),
    }
}

pub fn answer(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Reserved(reservation) => Answer::Made(hold(reservation)),
        Outcome::Reservation { reservation, replayed } => Answer::Seen { hold: hold(reservation), replayed: *replayed },
        Outcome::Stock { record, applied } => Answer::Stock {
            bucket: bucket(&record.sku, &record.row),
            held: record.row.held.into(),
            allocated: record.row.allocated.into(),
            applied: match applied {
                Applied::Now => "now",
                Applied::Before => "before",
                Applied::StaleSource => "stale_source",
            },
        },
        Outcome::Refused(refusal) => Answer::No(words(refusal)),
    }
}

fn words(refusal: &Refusal) -> String {
    let code = refusal.code();
    match refusal {
        Refusal::Invalid { pointer, .. } => format!("{code} {pointer}"),
        Refusal::UnknownSku { sku, location } => format!("{code} {}", place(sku, location.as_ref())),
        Refusal::InsufficientStock { shortfalls, replayed } => {
            assert!(!replayed, "only whoever remembers refusals answers one from memory");
            let short: Vec<_> = shortfalls.iter().map(shortfall).collect();
            format!("{code} {}", short.join(", "))
        }
        Refusal::IdempotencyMismatch { field } => format!("{code} {field}"),
        Refusal::StaleVersion { version } => format!("{code} {version}"),
        _ => code.to_owned(),
    }
}

fn shortfall(short: &Shortfall) -> String {
    format!("{} {}/{}", place(&short.sku, short.location.as_ref()), short.requested, short.available)
}

fn place(sku: &Sku, location: Option<&ledger::Location>) -> String {
    location.map_or(sku.to_string(), |location| format!("{sku}@{location}"))
}
