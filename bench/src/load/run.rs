//! One run: opens the connections, sends what is due, and counts until the time is over. It must not print.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::{Events, Poll, Token};

use super::connection::{Connection, Progress};
use super::count::Count;
use super::{Pace, Schedule, Summary, Target};
use crate::Error;
use crate::processor::Watch;

/// A server that answers nothing for so long ends the run; after the end of an open loop nobody waits longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a run takes.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Before anything is counted.
    pub warm_up: Duration,
    /// While it is counted.
    pub measured: Duration,
}

/// What is to be run.
pub struct Job<'a> {
    /// The name in results.
    pub name: &'a str,
    /// Who is asked, prepared.
    pub target: &'a dyn Target,
    /// Where it listens.
    pub address: SocketAddr,
    /// Over how many connections.
    pub connections: usize,
    /// How requests follow one another.
    pub pace: Pace,
    /// How long.
    pub span: Span,
    /// Whose processor time is counted, with that of its children; nobody's if nothing.
    pub process: Option<u32>,
}

/// Loads a prepared target and sums up. In the closed loop what is under way at the end is not waited for; in the open loop
/// it is, and what has no answer by then counts with the time that it has taken.
pub fn run(job: &Job<'_>) -> Result<Summary, Error> {
    run_telling(job, |_, _| {})
}

/// The same, and tells of each expected answer from when its latency counts and when it was complete.
pub(crate) fn run_telling(job: &Job<'_>, tell: impl FnMut(Instant, Instant)) -> Result<Summary, Error> {
    let poll = Poll::new().map_err(Error::system("make an event queue"))?;
    let connections = (0..job.connections)
        .map(|place| Connection::open(job.address, job.target, place, poll.registry(), Token(place)))
        .collect::<Result<Vec<_>, _>>()?;

    let begin = Instant::now();
    let start = begin + job.span.warm_up;
    let end = start + job.span.measured;
    let watch = job.process.map(|process| Watch::begin(process, start, end));
    let mut run = Run {
        poll,
        idle: (0..connections.len()).collect(),
        connections,
        schedule: Schedule::new(job.pace, begin, end),
        count: Count::new(job.pace, start, end),
        last_answer: begin,
        next_id: unique_ids(),
        tell,
    };
    run.play(job, end)?;
    let processor_s = watch.and_then(Watch::seconds);
    Ok(run.count.into_summary(job, processor_s))
}

struct Run<N, T> {
    poll: Poll,
    connections: Vec<Connection>,
    /// Places of those without a request under way; whoever has waited longest is first.
    idle: VecDeque<usize>,
    schedule: Schedule,
    count: Count,
    last_answer: Instant,
    next_id: N,
    tell: T,
}

impl<N: FnMut() -> u64, T: FnMut(Instant, Instant)> Run<N, T> {
    fn play(&mut self, job: &Job<'_>, end: Instant) -> Result<(), Error> {
        let mut events = Events::with_capacity(job.connections.clamp(64, 1024));
        loop {
            let now = Instant::now();
            if self.is_over(job.pace, now, end) {
                self.give_up(job.pace, now);
                return Ok(());
            }
            if job.pace == Pace::Closed && self.last_answer.elapsed() > PATIENCE {
                return Err(Error::connection(job.address)("no answer for 10 s"));
            }
            self.send_due()?;
            self.wait(&mut events)?;
            for event in &events {
                self.receive(event.token().0, job.target)?;
            }
        }
    }

    fn is_over(&self, pace: Pace, now: Instant, end: Instant) -> bool {
        let is_answered = self.idle.len() == self.connections.len() && self.schedule.wait(now).is_none();
        now >= end && (pace == Pace::Closed || is_answered || now >= end + PATIENCE)
    }

    /// What is due, as far as there are idle connections for it.
    fn send_due(&mut self) -> Result<(), Error> {
        while let Some(&place) = self.idle.front() {
            let Some(since) = self.schedule.take(Instant::now()) else { break };
            self.idle.pop_front();
            self.send(place, since)?;
        }
        Ok(())
    }

    fn send(&mut self, place: usize, since: Instant) -> Result<(), Error> {
        self.connections[place].send((self.next_id)(), since)
    }

    fn receive(&mut self, place: usize, target: &dyn Target) -> Result<(), Error> {
        let connection = &mut self.connections[place];
        let Progress::Done { expected, since, at } = connection.receive(target)? else { return Ok(()) };
        self.count.answer(expected, since, at, || connection.excerpt());
        self.last_answer = at;
        if expected {
            (self.tell)(since, at);
        }
        let Some(since) = self.schedule.take(at) else {
            self.idle.push_back(place);
            return Ok(());
        };
        self.send(place, since)
    }

    /// For answers, or until a request is due that a connection is there for. The event queue counts in milliseconds: shorter
    /// waits are slept through, which costs an answer up to a tenth of one and a server nothing.
    fn wait(&mut self, events: &mut Events) -> Result<(), Error> {
        const LONGEST: Duration = Duration::from_millis(100);
        const COARSE: Duration = Duration::from_millis(2);
        const FINE: Duration = Duration::from_micros(50);
        let due = if self.idle.is_empty() { None } else { self.schedule.wait(Instant::now()) };
        let wait = due.unwrap_or(LONGEST);
        let timeout = if wait < COARSE { Duration::ZERO } else { LONGEST.min(wait.saturating_sub(COARSE / 2)) };
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for answers")(error));
            }
            _ => {}
        }
        if timeout.is_zero() && events.is_empty() {
            thread::sleep(wait.min(FINE));
        }
        Ok(())
    }

    fn give_up(&mut self, pace: Pace, now: Instant) {
        if pace == Pace::Closed {
            return;
        }
        self.idle.make_contiguous().sort_unstable();
        for (place, connection) in self.connections.iter().enumerate() {
            if self.idle.binary_search(&place).is_err() {
                self.count.give_up(connection.since(), now);
            }
        }
        while let Some(since) = self.schedule.take(now) {
            self.count.give_up(since, now);
        }
    }
}

/// Ids that no other run has used: the time in microseconds leads, and no run makes 2^12 requests a microsecond.
pub(super) fn unique_ids() -> impl FnMut() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut next = (since_epoch.as_micros() as u64) << 12;
    move || {
        next = next.wrapping_add(1);
        next
    }
}
