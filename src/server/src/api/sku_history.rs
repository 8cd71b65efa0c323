//! `GET /v1/skus/{sku}/history`: what moved a SKU's balances, and what they were after each.

use std::ops::RangeInclusive;
use std::time::Instant;

use hyper::StatusCode;
use ledger::{Location, Millis, Sku};
use store::{
    HistoryEntry, HistoryError, HistoryPage, HistoryPlace, HistoryQuery, Lsn, MAX_HISTORY_PAGE, Movement, Store,
};

use super::query::{Query, TIME_MS, invalid};
use super::store_reads::{Covered, StoreRead, page_ends, untold, up_to_now};
use super::{Call, input, places, write};
use crate::http::{Problem, Reply, json};

/// Entries in a page.
pub const LIMIT: RangeInclusive<u64> = 1..=MAX_HISTORY_PAGE as u64;
/// Those of a page where nothing is said.
pub const DEFAULT_LIMIT: u64 = 100;

/// The oldest first.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let asked = Asked::parse(input::path_name(call.target.name, "/path/sku")?, call.head.uri.query())?;
    let named = asked.to.or(asked.from);
    let durable = up_to_now(call.engine).await;
    let page = call.read_store(StoreRead::SkuHistory, move |store| asked.read(store, Some(page_ends()))).await?;
    let page = page.map_err(untold)?;
    if is_short(&page, named, durable) {
        return Err(call.store_behind());
    }
    Ok(json(StatusCode::OK, body(&page)))
}

/// Whether a page that says that it is the last one does not come to the time that was named. Who
/// named none is told how far it goes.
fn is_short(page: &HistoryPage, named: Option<Millis>, durable: Lsn) -> bool {
    let covered = Covered { as_of: page.as_of, until: page.until };
    page.next.is_none() && named.is_some_and(|named| !covered.reaches(named, durable))
}

#[derive(Debug)]
struct Asked {
    sku: Sku,
    location: Option<Location>,
    from: Option<Millis>,
    to: Option<Millis>,
    after: Option<HistoryPlace>,
    limit: usize,
}

impl Asked {
    fn parse(sku: Sku, query: Option<&str>) -> Result<Self, Problem> {
        let query = Query::parse(query, &["location", "from_ms", "to_ms", "after", "limit"])?;
        let from = query.number("from_ms", TIME_MS)?.map(Millis);
        let to = query.number("to_ms", TIME_MS)?.map(Millis);
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            return Err(invalid("to_ms", "must be later than `from_ms`"));
        }
        let location = query.name("location")?;
        let after = query.place("after", places::history)?;
        let limit = query.number("limit", LIMIT)?.unwrap_or(DEFAULT_LIMIT) as usize;
        Ok(Self { sku, location, from, to, after, limit })
    }

    /// Who does not say from when asks for what there is. Who goes on after a place must not be given
    /// what comes later as if nothing had been between.
    fn read(self, store: &Store, deadline: Option<Instant>) -> Result<HistoryPage, HistoryError> {
        let begins = self.from.max(self.after.as_ref().map(|place| place.at));
        let mut query = HistoryQuery {
            sku: self.sku,
            location: self.location,
            from: begins.unwrap_or_default(),
            to: self.to.unwrap_or(Millis(u64::MAX)),
            after: self.after,
            limit: self.limit,
            deadline,
        };
        match store.sku_history(&query) {
            Err(HistoryError::Gone { oldest }) if begins.is_none() => {
                query.from = oldest;
                store.sku_history(&query)
            }
            told => told,
        }
    }
}

fn body(page: &HistoryPage) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + 320 * page.entries.len());
    body.extend_from_slice(b"{\"entries\":");
    write::list(&mut body, &page.entries, entry);
    if let Some(next) = &page.next {
        write::text_member(&mut body, b",\"next\":", &places::of_history(next));
    }
    write::number_member(&mut body, b",\"as_of_lsn\":", page.as_of.0);
    body.push(b'}');
    body
}

fn entry(into: &mut Vec<u8>, entry: &HistoryEntry) {
    write::number_member(into, b"{\"lsn\":", entry.lsn.0);
    write::number_member(into, b",\"at_ms\":", entry.at.0);
    write::text_member(into, b",\"type\":", entry.kind.as_str());
    write::text_member(into, b",\"location\":", entry.location.as_str());
    if let Some(row) = &entry.row {
        write::balance(into, row);
    }
    movement(into, &entry.movement);
    into.push(b'}');
}

fn movement(into: &mut Vec<u8>, movement: &Movement) {
    match movement {
        Movement::Written => {}
        Movement::Adjusted(made) => {
            write::number_member(into, b",\"delta\":", made.delta);
            if let Some(reason) = &made.reason {
                write::free_text_member(into, b",\"reason\":", reason.as_str());
            }
            if let Some(reference) = &made.reference {
                write::free_text_member(into, b",\"reference\":", reference.as_str());
            }
        }
        Movement::Reserved { id, quantity } => {
            write::text_member(into, b",\"reservation\":", id.as_str());
            write::number_member(into, b",\"quantity\":", *quantity);
        }
    }
}

#[cfg(test)]
mod tests;
