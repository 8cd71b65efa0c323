//! An I/O thread's side of the engine's port: who waits for which answer.
//! A request whose client has gone is still decided; only nobody waits for the answer any more.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use engine::{Answer, Engine, Lsn, Port, Request, Ticket};
use parking_lot::Mutex;
use slab::Slab;
use tokio::sync::Notify;

use crate::stage::Stage;

/// The desk of one I/O thread. The lock is only ever taken on that thread: it costs next to
/// nothing, and makes the futures movable.
#[derive(Debug)]
pub struct Desk {
    port: Arc<Port>,
    bell: Arc<Notify>,
    /// Rung on after the bell, for who waits for the durable mark.
    moved: Notify,
    waiters: Mutex<Slab<Waiter>>,
}

#[derive(Debug)]
enum Waiter {
    Waiting {
        since: Instant,
        waker: Option<Waker>,
    },
    Answered(Answer),
    /// The place is free once the answer has come.
    Gone,
}

impl Desk {
    /// A desk with a port of its own.
    pub fn new() -> Self {
        let bell = Arc::new(Notify::new());
        let ring = Arc::clone(&bell);
        let port = Port::new(move || ring.notify_one());
        Self { port, bell, moved: Notify::new(), waiters: Mutex::default() }
    }

    /// Makes the port known to the engine.
    pub fn attach(&self, engine: &Engine) {
        engine.attach(&self.port);
    }

    /// Submits the request at once; the future gives the answer.
    pub fn ask(&self, engine: &Engine, request: Request) -> Asked<'_> {
        let place = self.waiters.lock().insert(Waiter::begin());
        // Connections are bounded far below 2^32, and so is what an import or a batch has in flight.
        match engine.submit(&self.port, Ticket(place as u32), request) {
            Some(answer) => {
                self.waiters.lock().remove(place);
                Asked { desk: self, state: Asking::Answered(Some(answer)) }
            }
            None => Asked { desk: self, state: Asking::At(place) },
        }
    }

    /// Delivers answers for ever, and tells `note` of each batch how long the one waited that waited least.
    pub async fn collect(&self, stage: &Stage, mut note: impl FnMut(Duration)) {
        loop {
            self.bell.notified().await;
            if let Some(engine) = stage.engine() {
                let mut youngest = None;
                engine.collect(&self.port, |ticket, answer| youngest = youngest.max(self.deliver(ticket, answer)));
                if let Some(since) = youngest {
                    note(since.elapsed());
                }
            }
            self.moved.notify_waiters();
        }
    }

    /// How long the one has waited that waits longest. It looks at all.
    pub fn longest_wait(&self) -> Option<Duration> {
        let since = |waiter: &Waiter| match waiter {
            Waiter::Waiting { since, .. } => Some(*since),
            Waiter::Answered(_) | Waiter::Gone => None,
        };
        let oldest = self.waiters.lock().iter().filter_map(|(_, waiter)| since(waiter)).min();
        oldest.map(|since| since.elapsed())
    }

    /// Waits until a record after `seen` is durable.
    pub async fn durable_after(&self, engine: &Engine, seen: Lsn) {
        loop {
            // It hears of every move from its making on, and of those before by the look.
            let moved = self.moved.notified();
            self.port.listen();
            if engine.durable_mark() > seen {
                return;
            }
            moved.await;
        }
    }

    /// Since when it was waited for, if it still was.
    fn deliver(&self, Ticket(place): Ticket, answer: Answer) -> Option<Instant> {
        let place = place as usize;
        let mut waiters = self.waiters.lock();
        match std::mem::replace(&mut waiters[place], Waiter::Answered(answer)) {
            Waiter::Waiting { since, waker } => {
                waker.into_iter().for_each(Waker::wake);
                return Some(since);
            }
            Waiter::Gone => drop(waiters.remove(place)),
            Waiter::Answered(_) => {}
        }
        None
    }
}

impl Waiter {
    fn begin() -> Self {
        Self::Waiting { since: Instant::now(), waker: None }
    }
}

/// An answer on its way.
#[derive(Debug)]
#[must_use = "the request is submitted, but its answer is thrown away unless awaited"]
pub struct Asked<'d> {
    desk: &'d Desk,
    state: Asking,
}

#[derive(Debug)]
enum Asking {
    /// Here already; taken by the first poll.
    Answered(Option<Answer>),
    /// Comes to this place.
    At(usize),
}

impl Future for Asked<'_> {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let place = match &mut self.state {
            Asking::Answered(answer) => {
                return Poll::Ready(answer.take().expect("a future that is done is not polled again"));
            }
            Asking::At(place) => *place,
        };
        let mut waiters = self.desk.waiters.lock();
        if let Waiter::Waiting { waker, .. } = &mut waiters[place] {
            match waker {
                Some(known) => known.clone_from(cx.waker()),
                None => *waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        let Waiter::Answered(answer) = waiters.remove(place) else {
            unreachable!("a place is gone only when its future was dropped")
        };
        drop(waiters);
        self.state = Asking::Answered(None);
        Poll::Ready(answer)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let Asking::At(place) = self.state else { return };
        let mut waiters = self.desk.waiters.lock();
        match &mut waiters[place] {
            Waiter::Answered(_) => drop(waiters.remove(place)),
            waiter => *waiter = Waiter::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Asking, Desk, Waiter};
    use engine::{Answer, Ticket, Unavailable};
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    /// As if the engine had queued a request.
    fn asked(desk: &Desk) -> (Asked<'_>, Ticket) {
        let place = desk.waiters.lock().insert(Waiter::begin());
        (Asked { desk, state: Asking::At(place) }, Ticket(place as u32))
    }

    fn answer() -> Answer {
        Answer::Unavailable(Unavailable::QueueFull)
    }

    #[test]
    fn an_answer_goes_to_who_asked_and_its_place_is_free_again() {
        let desk = Desk::new();
        let (one, first) = asked(&desk);
        let (_other, second) = asked(&desk);
        assert_ne!(first, second);
        let mut one = pin!(one);
        let mut context = Context::from_waker(Waker::noop());
        assert!(one.as_mut().poll(&mut context).is_pending());
        desk.deliver(first, answer());
        assert!(matches!(one.as_mut().poll(&mut context), Poll::Ready(Answer::Unavailable(Unavailable::QueueFull))));
        assert_eq!(desk.waiters.lock().len(), 1);
    }

    #[test]
    fn how_long_each_waits_is_known_until_it_is_answered() {
        let desk = Desk::new();
        assert_eq!(desk.longest_wait(), None);
        let (_first, ticket) = asked(&desk);
        std::thread::sleep(Duration::from_millis(20));
        let (_second, later) = asked(&desk);
        assert!(desk.longest_wait() >= Some(Duration::from_millis(20)));
        assert!(desk.deliver(ticket, answer()) < desk.deliver(later, answer()));
        assert_eq!((desk.longest_wait(), desk.deliver(later, answer())), (None, None));
    }

    #[test]
    fn who_has_gone_keeps_the_place_until_the_answer_comes() {
        let desk = Desk::new();
        let (gone, ticket) = asked(&desk);
        drop(gone);
        assert_eq!(desk.waiters.lock().len(), 1, "another request must not get this answer");
        desk.deliver(ticket, answer());
        assert_eq!(desk.waiters.lock().len(), 0);
    }

    #[test]
    fn who_goes_with_the_answer_there_leaves_nothing() {
        let desk = Desk::new();
        let (gone, ticket) = asked(&desk);
        desk.deliver(ticket, answer());
        drop(gone);
        assert_eq!(desk.waiters.lock().len(), 0);
    }
}
