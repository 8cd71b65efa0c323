//! What became of the requests, by the second in which they came and by class.

use admission::{CLASSES, Class, Nanos, Reason};

/// The requests of one class in one second.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub offered: u32,
    /// Answered in time.
    pub served: u32,
    pub timed_out: u32,
    /// Answered by the platform that it cannot.
    pub failed: u32,
    /// By reason, in the order of [`Reason::ALL`].
    pub refused: [u32; Reason::ALL.len()],
    /// How long those that were served took.
    pub latencies: Vec<Nanos>,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.served += other.served;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        for (sum, more) in self.refused.iter_mut().zip(other.refused) {
            *sum += more;
        }
        self.latencies.extend(&other.latencies);
    }

    /// Refused for this reason.
    pub fn refused_for(&self, reason: Reason) -> u32 {
        self.refused[reason as usize]
    }

    /// The latency that 99 of 100 stay below, in milliseconds; 0 if nothing was served.
    pub fn p99_ms(&self) -> f64 {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let rank = latencies.len() * 99 / 100;
        latencies.get(rank).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// One second.
#[derive(Debug, Clone, Default)]
pub struct Second {
    pub classes: [Counts; CLASSES],
    /// The first client alone, whatever its class.
    pub first_client: Counts,
    /// What was sent to the platform, retries among it.
    pub sent: u32,
    pub retried: u32,
    /// At the end of the second.
    pub limit: u32,
    pub admitted: u16,
    /// How often something of a class was shed while a lower class came in.
    pub order_broken: u32,
}

/// Watches the order of classes from one move of the level to the next: once something of a class has been shed,
/// nothing of a lower one may come in, nor the other way round.
#[derive(Debug, Default)]
pub struct Order {
    level: u16,
    /// The most important class of which something was shed.
    shed: Option<Class>,
    /// The least important of which something came in.
    came_in: Option<Class>,
}

impl Order {
    /// Takes note of a decision at a level; tells whether the order is broken.
    pub fn note(&mut self, level: u16, class: Class, decision: Result<(), Reason>) -> bool {
        if self.level != level {
            *self = Self { level, ..Self::default() };
        }
        match decision {
            Ok(()) => self.came_in = self.came_in.max(Some(class)),
            Err(Reason::Level | Reason::QueueDelay) => {
                self.shed = Some(self.shed.map_or(class, |shed| shed.min(class)));
            }
            Err(_) => {}
        }
        self.shed.is_some_and(|shed| self.came_in > Some(shed))
    }
}

/// Every second of a run.
#[derive(Debug, Default)]
pub struct Tally(pub Vec<Second>);

impl Tally {
    pub fn at(&mut self, now: Nanos) -> &mut Second {
        let second = (now.0 / 1_000_000_000) as usize;
        if self.0.len() <= second {
            self.0.resize_with(second + 1, Second::default);
        }
        &mut self.0[second]
    }

    /// One class over some seconds.
    pub fn class(&self, class: Class, seconds: std::ops::Range<usize>) -> Counts {
        let mut sum = Counts::default();
        self.0[seconds].iter().for_each(|second| sum.add(&second.classes[class as usize]));
        sum
    }

    /// All classes over some seconds.
    pub fn all(&self, seconds: std::ops::Range<usize>) -> Counts {
        let mut sum = Counts::default();
        self.0[seconds].iter().flat_map(|second| &second.classes).for_each(|counts| sum.add(counts));
        sum
    }

    /// What the first client asked and got over some seconds.
    pub fn first_client(&self, seconds: std::ops::Range<usize>) -> Counts {
        let mut sum = Counts::default();
        self.0[seconds].iter().for_each(|second| sum.add(&second.first_client));
        sum
    }
}
