//! One run: opens the connections, keeps each busy until the time is over, and counts. It must not print.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::{Events, Poll, Token};

use super::connection::{Connection, Progress};
use super::{Summary, Target};
use crate::Error;
use crate::latency::Latencies;

/// A server that answers nothing for so long ends the run.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a run takes.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Before anything is counted.
    pub warm_up: Duration,
    /// While it is counted.
    pub measured: Duration,
}

/// Loads a prepared target over so many connections and sums up. What is under way at the end is not waited for.
pub fn run(target: &dyn Target, address: SocketAddr, connections: usize, span: Span) -> Result<Summary, Error> {
    let mut poll = Poll::new().map_err(Error::system("make an event queue"))?;
    let mut ids = unique_ids();
    let mut open = (0..connections)
        .map(|place| Connection::open(address, target.request(place), poll.registry(), Token(place)))
        .collect::<Result<Vec<_>, _>>()?;

    let start = Instant::now() + span.warm_up;
    let end = start + span.measured;
    for connection in &mut open {
        connection.send(ids(), Instant::now())?;
    }
    let mut count = Count::default();
    let mut events = Events::with_capacity(connections.clamp(64, 1024));
    let mut last_answer = Instant::now();
    loop {
        match poll.poll(&mut events, Some(Duration::from_millis(100))) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for answers")(error));
            }
            _ => {}
        }
        for event in &events {
            let connection = &mut open[event.token().0];
            let Progress::Done { expected, at, taken } = connection.receive(target)? else { continue };
            if at >= end {
                return Ok(count.into_summary(target.name(), connections, span.measured));
            }
            count.answer(expected, taken, at >= start, || connection.excerpt());
            connection.send(ids(), at)?;
            last_answer = at;
        }
        if Instant::now() >= end {
            return Ok(count.into_summary(target.name(), connections, span.measured));
        }
        if last_answer.elapsed() > PATIENCE {
            return Err(Error::connection(address)("no answer for 10 s"));
        }
    }
}

#[derive(Default)]
struct Count {
    latencies: Latencies,
    errors: u64,
    first_error: Option<String>,
}

impl Count {
    /// An unexpected answer is an error at any time, warm-up included.
    fn answer(&mut self, expected: bool, taken: Duration, measured: bool, excerpt: impl FnOnce() -> String) {
        if !expected {
            self.errors += 1;
            self.first_error.get_or_insert_with(excerpt);
        } else if measured {
            self.latencies.record(taken);
        }
    }

    fn into_summary(self, target: &'static str, connections: usize, measured: Duration) -> Summary {
        let Self { latencies, errors, first_error } = self;
        Summary { errors, first_error, ..Summary::new(target, connections, measured, &latencies) }
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
