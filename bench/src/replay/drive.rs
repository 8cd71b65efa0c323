//! Carries a plan out over one connection of several: waits until an operation is due, sends it, books the answer.
//! It must not decide what to do; the plan has.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use hyper::Method;
use indicatif::ProgressBar;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Identifier;
use super::books::{AnsweredReservation, Books, State};
use super::client::{Call, Client};
use super::plan::{Action, Operation, Plan, Reservation, Wanted};
use super::tally::Tally;
use crate::Error;

/// The one location that the replay stocks and takes from.
pub const LOCATION: &str = "default";

/// A cart is confirmed at once; the default of the contract is plenty.
const CART_TTL_MS: u64 = 600_000;
/// What is set aside may wait for a cancellation at the end of an uncompressed day: the contract's longest.
const ASIDE_TTL_MS: u64 = 86_400_000;

/// How the day's time maps to ours.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Everything at once, in order.
    Unpaced,
    /// So many seconds of the day in one of ours.
    Times(f64),
}

/// What the connections share: the plan, how far it is done, and what came of it.
pub struct Drive {
    plan: Plan,
    next: Cell<usize>,
    start: Instant,
    pace: Pace,
    asides: Asides,
    /// The client's figures of every SKU.
    pub books: RefCell<Books>,
    tally: Rc<RefCell<Tally>>,
    progress: ProgressBar,
}

impl Drive {
    /// The plan's clock starts now.
    pub fn new(plan: Plan, pace: Pace, books: Books, tally: Rc<RefCell<Tally>>, progress: ProgressBar) -> Self {
        let (next, start, books) = (Cell::new(0), Instant::now(), RefCell::new(books));
        Self { plan, next, start, pace, asides: Asides::default(), books, tally, progress }
    }

    /// Works until the plan is done; any number of these may run beside each other on one thread.
    pub async fn work(&self, mut client: Client) {
        while let Some(operation) = self.take() {
            self.wait_for(operation.at_seconds).await;
            match &operation.action {
                Action::Sell(reservation) => self.sell(&mut client, reservation).await,
                Action::SetAside(reservation) => {
                    let granted = self.reserve(&mut client, reservation, ASIDE_TTL_MS).await;
                    self.asides.settle(reservation.id.clone(), granted);
                }
                Action::Release(id) => self.release(&mut client, id).await,
                Action::Adjust { key, reference, returned } => {
                    self.adjust(&mut client, key, reference, returned).await;
                }
            }
            self.progress.inc(1);
        }
    }

    fn take(&self) -> Option<&Operation> {
        let place = self.next.get();
        self.next.set(place + 1);
        self.plan.operations.get(place)
    }

    async fn wait_for(&self, at_seconds: i64) {
        if let Pace::Times(speed) = self.pace {
            sleep_until(self.start + Duration::from_secs_f64(at_seconds.max(0) as f64 / speed)).await;
        }
    }

    async fn sell(&self, client: &mut Client, reservation: &Reservation) {
        if !self.reserve(client, reservation, CART_TTL_MS).await {
            return;
        }
        let order = json!({ "order": reservation.order });
        let call = Call::json(Method::POST, verb_path(&reservation.id, "confirm"), &order);
        if let Some(answer) = self.settle(client, &call, "confirm a reservation").await {
            self.tally.borrow_mut().confirmed_units += answer.units();
        }
    }

    async fn reserve(&self, client: &mut Client, reservation: &Reservation, ttl_ms: u64) -> bool {
        let call = Call::json(
            Method::PUT,
            format!("/v1/reservations/{}", reservation.id),
            &reservation_body(reservation, ttl_ms),
        );
        let answer: Option<AnsweredReservation> = self.send(client, &call, "reserve").await;
        let Some(answer) = answer else { return false };
        self.books.borrow_mut().follow(None, &answer);
        self.tally.borrow_mut().reserved_units += answer.units();
        answer.state == State::Held
    }

    async fn release(&self, client: &mut Client, id: &Identifier) {
        if !self.asides.granted(id).await {
            self.tally.borrow_mut().moot_releases += 1;
            return;
        }
        let call = Call::json(Method::POST, verb_path(id, "release"), &json!({}));
        if let Some(answer) = self.settle(client, &call, "release a reservation").await {
            self.tally.borrow_mut().released_units += answer.units();
        }
    }

    /// A verb that moves a held reservation on.
    async fn settle(&self, client: &mut Client, call: &Call, attempt: &'static str) -> Option<AnsweredReservation> {
        let answer: AnsweredReservation = self.send(client, call, attempt).await?;
        self.books.borrow_mut().follow(Some(State::Held), &answer);
        Some(answer)
    }

    async fn adjust(&self, client: &mut Client, key: &Identifier, reference: &Identifier, returned: &Wanted) {
        let units = returned.quantity.get();
        let call = Call {
            idempotency_key: Some(key.to_string()),
            ..Call::json(
                Method::POST,
                format!("/v1/skus/{}/locations/{LOCATION}/adjust", returned.sku),
                &json!({ "delta": units, "reason": "returned", "reference": reference }),
            )
        };
        if self.send::<serde::de::IgnoredAny>(client, &call, "adjust the stock").await.is_some() {
            self.books.borrow_mut().adjust(&returned.sku, i64::from(units));
            self.tally.borrow_mut().adjusted_units += u64::from(units);
        }
    }

    /// Nothing when it was refused or its outcome is unknown; either is counted.
    async fn send<T: serde::de::DeserializeOwned>(
        &self,
        client: &mut Client,
        call: &Call,
        attempt: &'static str,
    ) -> Option<T> {
        let outcome = client.send(call).await.and_then(|answer| {
            if answer.status.is_success() {
                return answer.read(attempt).map(Some);
            }
            self.tally.borrow_mut().refuse(answer.code());
            Ok(None)
        });
        outcome.unwrap_or_else(|error| self.count_unknown(&error))
    }

    fn count_unknown<T>(&self, error: &Error) -> Option<T> {
        let mut tally = self.tally.borrow_mut();
        tally.unanswered += 1;
        if tally.unanswered == 1 {
            self.progress.suspend(|| eprintln!("outcome unknown, and more like it will only be counted: {error}"));
        }
        None
    }
}

/// Whether what was set aside was granted; a release may be taken up while its reservation is still under way.
#[derive(Default)]
struct Asides {
    granted: RefCell<HashMap<Identifier, bool>>,
    settled: Notify,
}

impl Asides {
    fn settle(&self, id: Identifier, granted: bool) {
        self.granted.borrow_mut().insert(id, granted);
        self.settled.notify_waiters();
    }

    /// Ends: in the plan a release stands after what it releases, so that somebody is already at that.
    async fn granted(&self, id: &Identifier) -> bool {
        loop {
            let settled = self.settled.notified();
            if let Some(&granted) = self.granted.borrow().get(id) {
                return granted;
            }
            settled.await;
        }
    }
}

fn verb_path(id: &Identifier, verb: &str) -> String {
    format!("/v1/reservations/{id}/{verb}")
}

fn reservation_body(reservation: &Reservation, ttl_ms: u64) -> serde_json::Value {
    let line = |wanted: &Wanted| json!({ "sku": wanted.sku, "quantity": wanted.quantity, "location": LOCATION });
    let mut body = json!({ "ttl_ms": ttl_ms, "lines": reservation.lines.iter().map(line).collect::<Vec<_>>() });
    if let Some(customer) = &reservation.customer {
        body["customer"] = json!(customer);
    }
    body
}
