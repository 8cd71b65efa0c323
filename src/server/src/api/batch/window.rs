//! The operations of a batch that are in flight, so many that one sync covers many, while those on
//! one reservation follow one another. It knows no verb and no format.

use std::collections::{HashSet, VecDeque};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use engine::Request;
use ledger::{Command, Outcome};
use xxhash_rust::xxh3::xxh3_64;

use super::operation::{self, Operation};
use super::results::Results;
use crate::api::desk::Asked;
use crate::api::{Call, answer};
use crate::http::{Code, Problem};

/// Operations in flight.
const IN_FLIGHT: usize = 1024;

/// After so many operations the thread's other connections have their turn.
const TURN: usize = 64;

/// After results of so many bytes, too.
const TURN_BYTES: usize = 64 << 10;

/// Operations that are not answered yet, in their order, and the results of those before them.
pub struct Window<'c> {
    call: Call<'c>,
    slots: VecDeque<Slot<'c>>,
    /// Hashes of the reservations that have an operation asked: the engine keeps no order between a
    /// reserve and a verb that are both queued. Two with one hash needlessly wait for one another.
    busy: HashSet<u64>,
    /// Slots that wait for an earlier one.
    waiting: usize,
    pushed: usize,
    results: Results,
}

struct Slot<'c> {
    reservation: u64,
    is_id_ours: bool,
    state: State<'c>,
}

enum State<'c> {
    /// Until nothing else is asked about its reservation; taken then.
    Waiting(Option<Box<Command>>),
    Asked(Asked<'c>),
    Done(Result<Outcome, Problem>),
}

impl<'c> Window<'c> {
    /// Nothing in flight.
    pub fn new(call: Call<'c>, minimal: bool) -> Self {
        Self {
            call,
            slots: VecDeque::with_capacity(IN_FLIGHT),
            busy: HashSet::with_capacity(IN_FLIGHT),
            waiting: 0,
            pushed: 0,
            results: Results::new(minimal),
        }
    }

    /// Takes the next operation's text, or why there is none; waits for room.
    pub async fn push(&mut self, text: Result<impl AsRef<[u8]>, Problem>) {
        if self.slots.len() == IN_FLIGHT {
            self.finish_first().await;
        }
        self.pushed += 1;
        // A long result costs as much as many operations.
        if self.pushed.is_multiple_of(TURN) || self.results.take_bytes() > TURN_BYTES {
            tokio::task::yield_now().await;
        }
        let api = self.call.api;
        let text = if self.results.is_full() { Err(too_much()) } else { text };
        let parsed = text.and_then(|text| operation::parse(text.as_ref(), api.max_hold, || api.keys.fresh()));
        let slot = match parsed {
            Ok(operation) => self.begin(operation),
            Err(problem) => Slot { reservation: 0, is_id_ours: false, state: State::Done(Err(problem)) },
        };
        self.slots.push_back(slot);
    }

    fn begin(&mut self, Operation { id, is_id_ours, command }: Operation) -> Slot<'c> {
        let reservation = xxh3_64(id.as_str().as_bytes());
        let state = if self.busy.insert(reservation) {
            State::Asked(ask(self.call, command))
        } else {
            self.waiting += 1;
            State::Waiting(Some(Box::new(command)))
        };
        Slot { reservation, is_id_ours, state }
    }

    /// Awaits something else, and meanwhile asks what waits here.
    pub async fn meanwhile<F: Future>(&mut self, other: F) -> F::Output {
        let mut other = pin!(other);
        poll_fn(|cx| {
            let polled = other.as_mut().poll(cx);
            if polled.is_pending() {
                self.advance(cx);
            }
            polled
        })
        .await
    }

    /// The results of all operations, once all are done.
    pub async fn finish(mut self) -> Results {
        while !self.slots.is_empty() {
            self.finish_first().await;
        }
        self.results
    }

    async fn finish_first(&mut self) {
        poll_fn(|cx| {
            if self.write_first() {
                return Poll::Ready(());
            }
            self.advance(cx);
            if self.write_first() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Writes the first operation's result, if it is known.
    fn write_first(&mut self) -> bool {
        match self.slots.pop_front() {
            Some(Slot { is_id_ours, state: State::Done(outcome), .. }) => {
                self.results.add(is_id_ours, outcome);
                true
            }
            Some(pending) => {
                self.slots.push_front(pending);
                false
            }
            None => true,
        }
    }

    /// Takes the answers that have come, and asks what waited for them. Where nothing waits, what
    /// comes after the first slot without an answer is of no interest yet.
    fn advance(&mut self, cx: &mut Context<'_>) {
        for slot in &mut self.slots {
            if let State::Waiting(command) = &mut slot.state
                && let Some(command) = command.take_if(|_| self.busy.insert(slot.reservation))
            {
                self.waiting -= 1;
                slot.state = State::Asked(ask(self.call, *command));
            }
            if let State::Asked(asked) = &mut slot.state
                && let Poll::Ready(answer) = Pin::new(asked).poll(cx)
            {
                self.busy.remove(&slot.reservation);
                slot.state = State::Done(answer::outcome(answer));
            }
            if self.waiting == 0 && !matches!(slot.state, State::Done(_)) {
                break;
            }
        }
    }
}

/// Nothing was done for this operation.
fn too_much() -> Problem {
    Problem::new(Code::Overloaded, "the answer is too long: send the rest in another batch, or ask for less of it")
        .with_text("reason", "answer_full")
}

fn ask(call: Call<'_>, command: Command) -> Asked<'_> {
    call.api.desk.ask(call.engine, Request::Command(command))
}
