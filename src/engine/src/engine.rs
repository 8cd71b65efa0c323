//! The engine itself: takes requests in, brings each to its shard, and hands the answers back.
//!
//! A request to one shard is decided at once by whoever gets the shard's lock; otherwise it is
//! queued, and the holder works the queue off. A cart over several shards locks them all in
//! ascending order and is decided once. Every answer waits at the reply gate until all that it
//! depends on is durable.

use crate::claims::Directory;
use crate::commit::CommitBuffer;
use crate::recovery::Recovered;
use crate::request::{Answer, Request, Unavailable};
use crate::routing::{Place, Routing, ShardSet};
use crate::section::Section;
use crate::shard::{Job, Shard};
use crate::step::Verdict;
use crate::sync::{AtomicU64, Mutex, RwLock};
use crate::upkeep::{Failures, Upkeep};
use crate::{EngineClock, EngineMetrics, Options, Port, Ticket};
use ledger::{Command, Millis, Outcome, Refusal, ReservationId, Totals};
use smallvec::SmallVec;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wal::{Lsn, SpaceHandle};

/// The most queued requests that one step works off before it unlocks.
const STEP_REQUESTS: usize = 64;

/// How often one request may sweep before it is told to come back: the ticker sweeps too.
const REQUEST_SWEEPS: u32 = 128;

/// How many steps one caller works for others before it goes back to its own: the next to come, or
/// the ticker, goes on.
const STEPS_FOR_OTHERS: usize = 16;

/// Shards, directory and commit buffer; see the module.
pub struct Engine {
    pub(crate) options: Options,
    pub(crate) routing: Routing,
    pub(crate) shards: Box<[Shard]>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) commit: CommitBuffer,
    pub(crate) clock: EngineClock,
    pub(crate) metrics: EngineMetrics,
    pub(crate) space: SpaceHandle,
    /// Reservations that are held or confirmed.
    pub(crate) live: AtomicU64,
    /// Customers who are counted.
    pub(crate) customers: AtomicU64,
    /// The last record that the projection has applied.
    applied: AtomicU64,
    /// Once the projection has this record, it has every reservation that is forgotten here.
    forgotten: AtomicU64,
    ports: RwLock<Vec<Arc<Port>>>,
    upkeep: Failures,
    /// Why a restart would not find what was acknowledged.
    damage: OnceLock<String>,
    failure: Mutex<Option<String>>,
}

/// A queued request that needs more than the shard it was queued at.
type Unfinished = SmallVec<[(Box<Job>, Verdict); 1]>;

impl Engine {
    pub(crate) fn new(
        options: Options,
        recovered: Recovered,
        clock: EngineClock,
        metrics: EngineMetrics,
        space: SpaceHandle,
    ) -> Self {
        let totals = recovered.books.iter().map(|books| books.ledger.totals()).fold(Totals::default(), Totals::plus);
        let shards = recovered.books.into_iter().map(|books| Shard::new(books, options.queue_capacity)).collect();
        Self {
            routing: recovered.routing,
            shards,
            directory: recovered.directory,
            commit: CommitBuffer::new(recovered.last_lsn, frame_limit_bytes(&options.log)),
            clock,
            metrics,
            space,
            live: AtomicU64::new(totals.live_reservations),
            customers: AtomicU64::new(totals.customer_buckets),
            applied: AtomicU64::new(0),
            // A replay forgets as it goes, whatever the projection has by then.
            forgotten: AtomicU64::new(recovered.last_lsn.0),
            ports: RwLock::default(),
            upkeep: Failures::default(),
            damage: OnceLock::new(),
            failure: Mutex::default(),
            options,
        }
    }

    /// Makes a port known, so that it is woken when answers become ready.
    pub fn attach(&self, port: &Arc<Port>) {
        self.ports.write().push(Arc::clone(port));
    }

    /// Asks for something. `Some`: answered at once. `None`: the answer comes through the port
    /// under the ticket, whatever happens to who asked.
    pub fn submit(&self, port: &Arc<Port>, ticket: Ticket, request: Request) -> Option<Answer> {
        if self.commit.has_failed() {
            return Some(Answer::Unavailable(Unavailable::StorageFailed));
        }
        let Some(place) = self.place(&request) else {
            return self.answer_unknown(port, ticket, &request);
        };
        let job = Job { request, place, port: Arc::clone(port), ticket, pushed_us: 0 };
        if place.shards.is_single() { self.submit_local(job) } else { self.submit_spanning(&job) }
    }

    /// Gives the owner of a port what has become ready; to be called after its wake.
    pub fn collect(&self, port: &Port, mut deliver: impl FnMut(Ticket, Answer)) {
        let failed = self.commit.has_failed();
        let durable = self.commit.durable();
        let may_give = |gate| gate <= durable || failed;
        port.take(may_give, |gate, ticket, answer| {
            let answer = if gate <= durable { answer } else { Answer::Unavailable(Unavailable::StorageFailed) };
            deliver(ticket, answer);
        });
    }

    /// Engine time.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The last record that is durable.
    pub fn durable_mark(&self) -> Lsn {
        self.commit.durable()
    }

    /// How long the last group took to become durable, once it was the log's turn; nothing before the first.
    pub fn last_group(&self) -> Option<Duration> {
        Some(self.commit.last_group_us()).filter(|us| *us > 0).map(Duration::from_micros)
    }

    /// The last record that the projection has applied.
    pub fn applied_mark(&self) -> Lsn {
        Lsn(self.applied.load(Ordering::SeqCst))
    }

    pub(crate) fn note_applied(&self, lsn: Lsn) {
        self.applied.store(lsn.0, Ordering::SeqCst);
    }

    /// A reservation that nobody here knows is as the projection says, once that has this record: it lies
    /// ahead after a replay, and where more has ended than can be kept for a projection that lags.
    pub fn forgotten_mark(&self) -> Lsn {
        Lsn(self.forgotten.load(Ordering::SeqCst))
    }

    pub(crate) fn note_forgotten(&self, lsn: Lsn) {
        self.forgotten.fetch_max(lsn.0, Ordering::SeqCst);
    }

    /// Why a part of the upkeep does not go on, as long as it does not. Reservations do.
    pub fn upkeep_failure(&self, part: Upkeep) -> Option<String> {
        self.upkeep.of(part)
    }

    /// Every part of the upkeep that does not go on, and why.
    pub fn upkeep_failures(&self) -> Vec<(Upkeep, String)> {
        self.upkeep.all()
    }

    pub(crate) fn note_upkeep(&self, part: Upkeep, failure: Option<String>) {
        self.upkeep.note(part, failure);
    }

    /// Why a restart would not find what was acknowledged, once that was seen: nothing new is held from then on.
    /// What is in memory is sound, and is read as ever.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    pub(crate) fn note_damage(&self, what: String) {
        // The first stands; more of it changes nothing.
        let _known = self.damage.set(what);
    }

    /// Why the log failed, once it has.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().clone()
    }

    /// Sums over all shards; each shard at its own instant.
    pub fn totals(&self) -> Totals {
        let parts: Vec<_> = self.shards.iter().map(|shard| shard.books.lock().ledger.totals()).collect();
        self.look_again(ShardSet::first(self.routing.shards()));
        parts.into_iter().fold(Totals::default(), Totals::plus)
    }

    /// The digest of all books at one instant. Stops every shard for a pass over everything.
    pub fn digest(&self) -> u64 {
        let locked: Vec<_> = self.shards.iter().map(|shard| shard.books.lock()).collect();
        let digest = locked.iter().fold(0_u64, |sum, books| sum.wrapping_add(books.ledger.digest()));
        drop(locked);
        self.look_again(ShardSet::first(self.routing.shards()));
        digest
    }

    /// Whether the space that is kept for settling on a full disk is prepared.
    pub(crate) fn has_reserve(&self) -> bool {
        self.space.prepared_ahead_bytes() > self.options.log.reserve_bytes
    }

    /// Nothing is acknowledged from here on.
    pub(crate) fn fail(&self, why: String) {
        self.failure.lock().get_or_insert(why);
        self.commit.fail();
        self.wake_ports();
    }

    pub(crate) fn wake_ports(&self) {
        for port in self.ports.read().iter() {
            port.wake();
        }
    }

    /// Where a request is decided. A reserve claims its id here; the step that decides it settles
    /// the claim.
    fn place(&self, request: &Request) -> Option<Place> {
        match self.routing.of_request(request) {
            Some(place) => match request {
                Request::Command(Command::Reserve(reserve)) => Some(self.directory.claim(&reserve.id, place)),
                _ => Some(place),
            },
            None => self.directory.find(reservation_of(request)?),
        }
    }

    /// That nobody knows a reservation may rest on an end that was decided and forgotten, and that a crash
    /// can still take back.
    fn answer_unknown(&self, port: &Arc<Port>, ticket: Ticket, request: &Request) -> Option<Answer> {
        let (gate, answer) = (self.commit.decided(), unknown_reservation(request));
        if gate <= self.commit.durable() {
            return Some(answer);
        }
        self.put(port, ticket, gate, answer);
        None
    }

    fn submit_local(&self, job: Job) -> Option<Answer> {
        let home = job.place.home;
        let shard = &self.shards[home as usize];
        let Some(books) = shard.books.try_lock() else {
            let refused = self.queue(shard, job);
            self.look_again(ShardSet::one(home));
            return refused;
        };
        let mut section = Section::one(self.routing, home, books);
        let unfinished = self.drain(shard, &mut section);
        let mut unlocked = ShardSet::one(home);
        if shard.lanes.has_waiting() {
            // Others were first: overtaking them would reorder what one caller sent in order.
            drop(section);
            let refused = self.queue(shard, job);
            self.work_off(unlocked, unfinished);
            return refused;
        }
        let verdict = self.step(&mut section, &job.request, true);
        drop(section);
        let answer = self.finish(&job, verdict, &mut unlocked);
        self.work_off(unlocked, unfinished);
        answer
    }

    /// Queues a request; answers it at once when there is no room.
    fn queue(&self, shard: &Shard, mut job: Job) -> Option<Answer> {
        job.pushed_us = self.clock.monotonic_us();
        let job = shard.lanes.push(job.request.lane(), Box::new(job)).err()?;
        self.metrics.queue_full.increment(1);
        self.drop_claim(&job.request);
        Some(Answer::Unavailable(Unavailable::QueueFull))
    }

    fn submit_spanning(&self, job: &Job) -> Option<Answer> {
        let mut unlocked = ShardSet::default();
        let answer = self.finish(job, Verdict::Wider(job.place.shards), &mut unlocked);
        self.look_again(unlocked);
        answer
    }

    /// Works off what others pushed to these shards while they were locked.
    pub(crate) fn look_again(&self, unlocked: ShardSet) {
        self.work_off(unlocked, Unfinished::new());
    }

    /// A loop and not a recursion: finishing one request unlocks shards where others wait.
    fn work_off(&self, mut unlocked: ShardSet, mut unfinished: Unfinished) {
        let mut steps_left = STEPS_FOR_OTHERS;
        loop {
            if let Some((job, verdict)) = unfinished.pop() {
                if let Some(answer) = self.finish(&job, verdict, &mut unlocked) {
                    self.put(&job.port, job.ticket, Lsn::default(), answer);
                }
                continue;
            }
            let Some(shard_id) = unlocked.iter().next().filter(|_| steps_left > 0) else { return };
            steps_left -= 1;
            let shard = &self.shards[shard_id as usize];
            match shard.lanes.has_waiting().then(|| shard.books.try_lock()).flatten() {
                Some(books) => unfinished = self.drain(shard, &mut Section::one(self.routing, shard_id, books)),
                // Nobody waits, or who has the lock will look.
                None => unlocked = unlocked.without(shard_id),
            }
        }
    }

    fn drain(&self, shard: &Shard, section: &mut Section<'_>) -> Unfinished {
        let mut unfinished = Unfinished::new();
        for _ in 0..STEP_REQUESTS {
            let Some(job) = shard.lanes.pop() else { break };
            let waited_us = self.clock.monotonic_us().saturating_sub(job.pushed_us);
            self.metrics.queue_wait.record(waited_us as f64 / 1e6);
            match self.step(section, &job.request, true) {
                Verdict::Answered(gate, answer) => self.put(&job.port, job.ticket, gate, answer),
                verdict => unfinished.push((job, verdict)),
            }
        }
        unfinished
    }

    /// Brings a request to its answer: with more shards, or after what is due was swept. Nothing
    /// is locked on entry; what was locked meanwhile is added to `unlocked`.
    fn finish(&self, job: &Job, mut verdict: Verdict, unlocked: &mut ShardSet) -> Option<Answer> {
        let mut place = job.place;
        let mut sweeps_left = REQUEST_SWEEPS;
        loop {
            match verdict {
                Verdict::Answered(gate, answer) => {
                    if gate <= self.commit.durable() {
                        return Some(answer);
                    }
                    self.put(&job.port, job.ticket, gate, answer);
                    return None;
                }
                Verdict::Wider(shards) => place.shards = place.shards.with(shards),
                Verdict::SweepFirst => {
                    sweeps_left -= 1;
                    self.sweep_shards(place.shards, unlocked);
                }
            }
            let mut section = Section::lock(self, place.home, place.shards);
            verdict = self.step(&mut section, &job.request, sweeps_left > 0);
            drop(section);
            *unlocked = unlocked.with(place.shards);
        }
    }

    fn put(&self, port: &Port, ticket: Ticket, gate: Lsn, answer: Answer) {
        port.put(gate, ticket, answer);
        if gate <= self.commit.durable() || self.commit.has_failed() {
            port.wake();
        }
    }

    fn drop_claim(&self, request: &Request) {
        if let Request::Command(Command::Reserve(reserve)) = request {
            self.directory.settle(&reserve.id, None);
        }
    }
}

/// At most half a segment: a segment's worth is prepared ahead, but in two pieces where the tail is
/// close to a segment's end, and a frame that fits neither piece would wait for ever.
fn frame_limit_bytes(log: &wal::Options) -> usize {
    log.frame_limit_bytes().min(log.segment_bytes as usize / 2)
}

/// The reservation that a request is about, where it names nothing else.
fn reservation_of(request: &Request) -> Option<&ReservationId> {
    match request {
        Request::Reservation(id) => Some(id),
        Request::Command(command) => command.verb_on(),
        Request::Stock(_) | Request::Sale(_) => None,
    }
}

fn unknown_reservation(request: &Request) -> Answer {
    match request {
        Request::Reservation(_) => Answer::Reservation(None),
        Request::Command(_) | Request::Stock(_) | Request::Sale(_) => {
            Answer::Outcome(Outcome::Refused(Refusal::ReservationNotFound))
        }
    }
}

#[cfg(test)]
mod tests;
