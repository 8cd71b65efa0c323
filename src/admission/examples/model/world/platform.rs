//! The platform behind the gateway: so many places, a queue without end before them, and service times around a mean.
//! Beyond its places, whatever more is sent only waits: that is its knee. It works off what nobody waits for any more,
//! as real ones do.

use std::collections::VecDeque;

use admission::Nanos;

use super::crowd::Crowd;

/// How many it serves at once.
pub const PLACES: usize = 25;

/// How long one takes, on average; half of it is sure.
const SERVICE: f64 = 50e6;

/// What it serves a second.
pub const CAPACITY: f64 = PLACES as f64 / SERVICE * 1e9;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Health {
    /// Service takes so many times as long as it should.
    Slower(f64),
    /// Every answer is that it cannot, at once.
    Failing,
}

pub struct Platform {
    pub health: Health,
    busy: usize,
    queue: VecDeque<usize>,
}

impl Platform {
    pub fn new() -> Self {
        Self { health: Health::Slower(1.0), busy: 0, queue: VecDeque::new() }
    }

    /// Takes a call; tells when it will be done if it is begun at once.
    pub fn accept(&mut self, call: usize, crowd: &mut Crowd) -> Option<Nanos> {
        if self.busy == PLACES {
            self.queue.push_back(call);
            return None;
        }
        self.busy += 1;
        Some(self.service(crowd))
    }

    /// A call is done; tells which is begun now, and how long it will take.
    pub fn finish(&mut self, crowd: &mut Crowd) -> Option<(usize, Nanos)> {
        self.busy -= 1;
        let call = self.queue.pop_front()?;
        self.busy += 1;
        Some((call, self.service(crowd)))
    }

    fn service(&self, crowd: &mut Crowd) -> Nanos {
        match self.health {
            Health::Slower(times) => {
                let span = SERVICE / 2.0 * times;
                Nanos(span as u64).plus(crowd.exponential(span))
            }
            Health::Failing => Nanos::from_millis(1),
        }
    }
}
