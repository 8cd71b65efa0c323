//! `tidegate log`: what was decided, as NDJSON, a record a line.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use engine::records;
use ledger::{Event, Reservation, StockAfter};
use serde::Serialize;
use wal::{Frame, Lsn, VisitError};

use super::{Data, unusable};
use crate::error::ServerError;

#[derive(Serialize)]
struct Record<'e> {
    lsn: u64,
    at_ms: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reservation: Option<ReservationAfter<'e>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    adjustment: Option<Adjustment<'e>>,
    stock: Vec<Figures<'e>>,
}

#[derive(Serialize)]
struct ReservationAfter<'e> {
    reservation: &'e str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'e str>,
    created_ms: u64,
    expires_ms: u64,
    version: u32,
    lines: Vec<Line<'e>>,
}

#[derive(Serialize)]
struct Line<'e> {
    #[serde(rename = "line")]
    number: u16,
    sku: &'e str,
    location: &'e str,
    quantity: u32,
}

#[derive(Serialize)]
struct Adjustment<'e> {
    delta: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'e str>,
}

#[derive(Serialize)]
struct Figures<'e> {
    sku: &'e str,
    location: &'e str,
    on_hand: u32,
    held: u32,
    allocated: u32,
    safety_stock: u32,
    unavailable: u32,
    backorder_limit: u32,
    available: i64,
    version: u64,
}

/// Writes up to `limit` records from LSN `from` on. A reader that has seen enough is no error.
pub fn log(data_dir: &Path, from: u64, limit: u64, out: &mut impl Write) -> Result<(), ServerError> {
    let data = Data::open(data_dir)?;
    let mut printer = Printer { from, left: limit, out, stopped: None };
    let mut visit = |frame: &Frame<'_>| printer.print_frame(frame);
    let read = wal::read(&data.disk, &wal::Options::default(), Lsn(from), &mut visit, &mut |_progress| {});
    match printer.stopped {
        None => Ok(read.map(|_opened| ())?),
        Some(Stop::Enough) => Ok(()),
        Some(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Some(Stop::Output(error)) => Err(ServerError::Output(error)),
    }
}

enum Stop {
    Enough,
    Output(io::Error),
}

struct Printer<'o, W> {
    from: u64,
    left: u64,
    out: &'o mut W,
    /// Set before a visit fails for a reason that is not the log's.
    stopped: Option<Stop>,
}

impl<W: Write> Printer<'_, W> {
    fn print_frame(&mut self, frame: &Frame<'_>) -> Result<(), VisitError> {
        let mut lsn = frame.first_lsn;
        for record in wal::records(frame.payload) {
            let event = records::decode(record?).map_err(|error| unusable(lsn, &error))?;
            if lsn.0 >= self.from {
                self.print(lsn, &event)?;
            }
            lsn = lsn.next();
        }
        Ok(())
    }

    fn print(&mut self, lsn: Lsn, event: &Event) -> Result<(), VisitError> {
        if self.left == 0 {
            return Err(self.stop(Stop::Enough));
        }
        self.left -= 1;
        let written = serde_json::to_writer(&mut *self.out, &record(lsn, event)).map_err(io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(|error| self.stop(Stop::Output(error)))
    }

    fn stop(&mut self, why: Stop) -> VisitError {
        self.stopped = Some(why);
        VisitError("not read further".to_owned())
    }
}

fn record(lsn: Lsn, event: &Event) -> Record<'_> {
    Record {
        lsn: lsn.0,
        at_ms: event.at.0,
        kind: event.kind.as_str(),
        reservation: event.reservation.as_ref().map(reservation),
        adjustment: event.adjustment.as_ref().map(|made| Adjustment {
            delta: made.delta,
            reason: made.reason.as_ref().map(ledger::Text::as_str),
            reference: made.reference.as_ref().map(ledger::Text::as_str),
        }),
        stock: event.stock.iter().map(figures).collect(),
    }
}

fn reservation(after: &Reservation) -> ReservationAfter<'_> {
    ReservationAfter {
        reservation: after.id.as_str(),
        state: after.state.as_str(),
        customer: after.customer.as_ref().map(ledger::Customer::as_str),
        channel: after.channel.as_ref().map(ledger::Channel::as_str),
        sale: after.sale.as_ref().map(ledger::SaleId::as_str),
        order: after.order.as_ref().map(ledger::Order::as_str),
        created_ms: after.created.0,
        expires_ms: after.expires.0,
        version: after.version,
        lines: after
            .lines
            .iter()
            .map(|line| Line {
                number: line.line,
                sku: line.sku.as_str(),
                location: line.location.as_str(),
                quantity: line.quantity,
            })
            .collect(),
    }
}

fn figures(StockAfter { sku, row }: &StockAfter) -> Figures<'_> {
    Figures {
        sku: sku.as_str(),
        location: row.location.as_str(),
        on_hand: row.on_hand,
        held: row.held,
        allocated: row.allocated,
        safety_stock: row.safety_stock,
        unavailable: row.unavailable,
        backorder_limit: row.backorder_limit,
        available: row.available(),
        version: row.version,
    }
}
