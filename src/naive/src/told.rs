//! The ledger's rows and answers in the model's words, so that the two can be compared by `==`.

use crate::{Answer, Bucket, Campaign, Count, Hold, Piece, Shelf};
use ledger::{
    Applied, Channel, LimitKey, Line, Location, Marks, Outcome, Refusal, Reservation, Sale, Shortfall, Sku, SkuStock,
    StockRow, Taken,
};

/// A reservation.
pub fn hold(row: &Reservation) -> Hold {
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
        payment_started: row.payment_started.map(|at| at.0),
        reacquired: row.reacquired,
        pieces: row.lines.iter().map(|line| piece(row, line)).collect(),
    }
}

fn piece(row: &Reservation, line: &Line) -> Piece {
    Piece {
        line: usize::from(line.line),
        sku: line.sku.clone(),
        location: line.location.clone(),
        units: line.quantity.into(),
        shipped: line.fulfilled.into(),
        requested: line.requested.into(),
        located: line.marks.has(Marks::LOCATED),
        counted: counted(row, line),
    }
}

/// The counters that a line's marks name. Panics on a mark that has no counter.
fn counted(row: &Reservation, line: &Line) -> Vec<LimitKey> {
    let mut counted = Vec::new();
    let mut add = |mark, key: Option<LimitKey>| {
        if line.marks.has(mark) {
            counted.push(key.unwrap_or_else(|| panic!("a line of {} is counted for nobody: {line:?}", row.id)));
        }
    };
    let (sku, sale) = (line.sku.clone(), row.sale.clone());
    add(Marks::SKU_CUSTOMER, row.customer.clone().map(|who| LimitKey::SkuCustomer(sku.clone(), who)));
    add(Marks::SKU_CHANNEL, row.channel.clone().map(|through| LimitKey::SkuChannel(sku, through)));
    add(Marks::SALE, sale.clone().map(LimitKey::Sale));
    add(Marks::SALE_CUSTOMER, sale.clone().zip(row.customer.clone()).map(|(id, who)| LimitKey::SaleCustomer(id, who)));
    add(Marks::SALE_CHANNEL, sale.zip(row.channel.clone()).map(|(id, through)| LimitKey::SaleChannel(id, through)));
    counted
}

/// A stock record.
pub fn shelf(sku: &Sku, row: &StockRow) -> Shelf {
    let bucket = Bucket {
        sku: sku.clone(),
        location: row.location.clone(),
        on_hand: row.on_hand.into(),
        safety_stock: row.safety_stock.into(),
        unavailable: row.unavailable.into(),
        backorder_limit: row.backorder_limit.into(),
        version: row.version,
        source_ts: row.source_ts.map(|at| at.0),
    };
    Shelf { bucket, held: row.held.into(), allocated: row.allocated.into() }
}

/// A counter.
pub fn count(taken: Taken) -> Count {
    Count { held: taken.held.into(), allocated: taken.allocated.into(), bought: taken.fulfilled.into() }
}

/// A sale, without what is taken of it.
pub fn campaign(sale: &Sale) -> Campaign {
    Campaign { settings: sale.settings.clone(), told: sale.told.as_str(), version: sale.version, retired: sale.retired }
}

/// An answer.
pub fn answer(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Reserved(reservation) => Answer::Made(hold(reservation)),
        Outcome::Reservation { reservation, replayed } => Answer::Seen { hold: hold(reservation), replayed: *replayed },
        Outcome::Stock { record, applied } => Answer::Stock {
            shelf: shelf(&record.sku, &record.row),
            applied: match applied {
                Applied::Now => "now",
                Applied::Before => "before",
                Applied::StaleSource => "stale_source",
            },
        },
        Outcome::Sku(stock) => sku(stock),
        Outcome::SkuDeleted => Answer::SkuDeleted,
        Outcome::Sale(sale) => {
            let key = |channel: &Channel| LimitKey::SaleChannel(sale.id.clone(), channel.clone());
            Answer::Sale(campaign(sale), count(sale.taken), channels(&sale.channels, key))
        }
        Outcome::Refused(refusal) => Answer::No(words(refusal)),
        Outcome::RefusedBefore(refusal) => Answer::No(format!("again {}", words(refusal))),
    }
}

fn sku(stock: &SkuStock) -> Answer {
    let shelves = stock.locations.iter().map(|row| shelf(&stock.sku, row)).collect();
    let key = |channel: &Channel| LimitKey::SkuChannel(stock.sku.clone(), channel.clone());
    let taken = stock.rules.as_ref().map(|rules| channels(&rules.channels, key));
    Answer::Sku(shelves, stock.settings().cloned().unwrap_or_default(), taken.unwrap_or_default())
}

fn channels(taken: &[(Channel, Taken)], key: impl Fn(&Channel) -> LimitKey) -> Vec<(LimitKey, Count)> {
    let mut counts: Vec<_> = taken.iter().map(|(channel, taken)| (key(channel), count(*taken))).collect();
    counts.sort_by(|one, other| one.0.cmp(&other.0));
    counts
}

fn words(refusal: &Refusal) -> String {
    let code = refusal.code();
    match refusal {
        Refusal::Invalid { pointer, .. } => format!("{code} {pointer}"),
        Refusal::UnknownSku { sku, location } => format!("{code} {}", place(sku, location.as_ref())),
        Refusal::SaleNotOpen { starts } => {
            format!("{code} {}", starts.map_or("-".to_owned(), |starts| starts.0.to_string()))
        }
        Refusal::LimitExceeded { limit, sku, remaining } => {
            format!("{code} {} {} {remaining}", limit.as_str(), sku.as_ref().map_or("-", Sku::as_str))
        }
        Refusal::InsufficientStock { shortfalls } => {
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

fn place(sku: &Sku, location: Option<&Location>) -> String {
    location.map_or(sku.to_string(), |location| format!("{sku}@{location}"))
}
