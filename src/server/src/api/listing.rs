//! `GET /v1/reservations`: reservations in the order of their creation, page by page, live and ended
//! ones, as the store has them and with their deadlines judged now.

use std::ops::RangeInclusive;
use std::time::Instant;

use hyper::StatusCode;
use ledger::{Millis, Reservation, State};
use store::{Lsn, MAX_PAGE, ReservationQuery, Store, StoreError};

use super::query::{Query, invalid};
use super::store_reads::{StoreRead, page_ends, unreadable, up_to_now};
use super::{Call, places, write};
use crate::http::{Problem, Reply, json};

/// Reservations in a page.
pub const LIMIT: RangeInclusive<u64> = 1..=MAX_PAGE as u64;
/// Those of a page where nothing is said.
pub const DEFAULT_LIMIT: u64 = 100;

/// The states of the contract.
pub const STATES: [State; 6] =
    [State::Held, State::Confirmed, State::Released, State::Expired, State::Fulfilled, State::Cancelled];

/// A page grows no further beyond this: a reservation may have a hundred lines.
const PAGE_BYTES: usize = 1 << 20;

/// How often the store is asked for one page: what is looked at in vain is bounded.
const MOST_READS: usize = 16;

/// Live and ended reservations.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let asked = Asked::parse(call.head.uri.query(), call.api.event_log.epoch())?;
    up_to_now(call.engine).await;
    let now = call.engine.now();
    let page =
        call.read_store(StoreRead::Reservations, move |store| page(store, asked, now, Some(page_ends()))).await?;
    Ok(json(StatusCode::OK, page.map_err(|error| unreadable(&error))?))
}

#[derive(Debug)]
struct Asked {
    /// What the store is asked.
    query: ReservationQuery,
    /// As it is judged now.
    state: Option<State>,
    limit: usize,
    /// Of the log in whose order they are.
    epoch: u32,
}

impl Asked {
    fn parse(query: Option<&str>, epoch: u32) -> Result<Self, Problem> {
        let query = Query::parse(query, &["sku", "customer", "sale", "state", "after", "limit"])?;
        let state = query.text("state").map(state).transpose()?;
        let limit = query.number("limit", LIMIT)?.unwrap_or(DEFAULT_LIMIT) as usize;
        let in_store = ReservationQuery {
            sku: query.name("sku")?,
            customer: query.name("customer")?,
            sale: query.name("sale")?,
            // A hold that is past its deadline has expired, whether or not the store has been told.
            state: state.filter(|state| *state != State::Expired),
            after: query.place("after", |text| places::reservation(text, epoch))?,
            limit: if state == Some(State::Expired) { MAX_PAGE } else { limit },
            deadline: None,
        };
        Ok(Self { query: in_store, state, limit, epoch })
    }
}

fn state(word: &str) -> Result<State, Problem> {
    let known = STATES.into_iter().find(|state| state.as_str() == word);
    known.ok_or_else(|| invalid("state", format!("must be one of {}", STATES.map(State::as_str).join(", "))))
}

fn page(store: &Store, asked: Asked, now: Millis, deadline: Option<Instant>) -> Result<Vec<u8>, StoreError> {
    let Asked { mut query, state, limit, epoch } = asked;
    query.deadline = deadline;
    let mut page = Page::new(limit, epoch);
    let mut as_of = None;
    for _ in 0..MOST_READS {
        let found = store.reservations(&query)?;
        // What is read later may cover more, but this is what all of it covers.
        let as_of = *as_of.get_or_insert(found.as_of);
        let is_cut_short = found.reservations.len() < query.limit;
        query.after = found.next;
        let mut left =
            found.reservations.iter().map(|(made, reservation)| (*made, ledger::view(reservation.clone(), now)));
        while let Some((made, seen)) = left.next() {
            if state.is_none_or(|state| seen.state == state) {
                page.push(&seen);
            }
            if page.is_full() {
                if left.len() > 0 {
                    query.after = Some(made);
                }
                return Ok(page.finish(query.after, as_of));
            }
        }
        if is_cut_short || query.after.is_none() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
    }
    Ok(page.finish(query.after, as_of.unwrap_or_default()))
}

/// A page in the making.
struct Page {
    body: Vec<u8>,
    reservations: usize,
    limit: usize,
    epoch: u32,
}

impl Page {
    fn new(limit: usize, epoch: u32) -> Self {
        Self { body: b"{\"reservations\":[".to_vec(), reservations: 0, limit, epoch }
    }

    fn push(&mut self, reservation: &Reservation) {
        if self.reservations > 0 {
            self.body.push(b',');
        }
        write::reservation(&mut self.body, reservation, false);
        self.reservations += 1;
    }

    fn is_full(&self) -> bool {
        self.reservations >= self.limit || self.body.len() >= PAGE_BYTES
    }

    fn finish(mut self, next: Option<Lsn>, as_of: Lsn) -> Vec<u8> {
        self.body.push(b']');
        if let Some(next) = next {
            write::text_member(&mut self.body, b",\"next\":", &places::of_reservation(next, self.epoch));
        }
        write::number_member(&mut self.body, b",\"as_of_lsn\":", as_of.0);
        self.body.push(b'}');
        self.body
    }
}

#[cfg(test)]
mod tests;
