//! The scenarios by which admission is judged, each with a seed of its own so that it plays the same every time.

use admission::{gate, upstream};

use super::platform::{self, Health};
use super::tally::Tally;
use super::{gateway, listener};

/// Seconds left out at the beginning, in which limits are still being found.
pub const WARM_UP: usize = 10;

/// Of a steady run, the seconds that count: not the first, nor the last, whose calls do not end any more.
pub const STEADY: std::ops::Range<usize> = WARM_UP..68;

/// Whether there is admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    On,
    Off,
}

/// A gateway before a healthy platform; what the scenarios change.
fn at_gateway(admission: Admission, seconds: u64, rates: &[(u64, f64)]) -> gateway::Setup {
    gateway::Setup {
        seed: 1,
        seconds,
        rates: rates.iter().map(|(second, load)| (*second, load * platform::CAPACITY)).collect(),
        health: vec![(0, Health::Slower(1.0))],
        clients: 1_000,
        greed: 1.0,
        admission: (admission == Admission::On).then(upstream::Settings::default),
        client_rate_per_s: None,
        retries: false,
    }
}

/// A steady load on the gateway.
pub fn steady(admission: Admission, load: f64) -> Tally {
    gateway::play(&at_gateway(admission, 70, &[(0, load)]))
}

/// From the capacity to ten times that at second 20.
pub fn step(admission: Admission) -> Tally {
    gateway::play(&at_gateway(admission, 50, &[(0, 1.0), (20, 10.0)]))
}

/// Ten times slower from second 20 to 40, at full load.
pub fn slow(admission: Admission) -> Tally {
    let health = vec![(0, Health::Slower(1.0)), (20, Health::Slower(10.0)), (40, Health::Slower(1.0))];
    gateway::play(&gateway::Setup { health, ..at_gateway(admission, 80, &[(0, 1.2)]) })
}

/// Nothing is answered in time from second 20 on.
pub fn hanging(admission: Admission) -> Tally {
    let health = vec![(0, Health::Slower(1.0)), (20, Health::Slower(1_000.0))];
    gateway::play(&gateway::Setup { health, ..at_gateway(admission, 60, &[(0, 1.2)]) })
}

/// Every answer is that the platform cannot, from second 20 on, and what may be tried again is.
pub fn failing() -> Tally {
    let health = vec![(0, Health::Slower(1.0)), (20, Health::Failing)];
    gateway::play(&gateway::Setup { health, retries: true, ..at_gateway(Admission::On, 60, &[(0, 0.5)]) })
}

/// A hundred clients take eight tenths of the capacity, but for the first, which asks so many times as much.
pub fn greedy(greed: f64, client_rate_per_s: Option<u32>) -> Tally {
    const CLIENTS: u64 = 100;
    let load = 0.8 * (1.0 + greed / CLIENTS as f64);
    gateway::play(&gateway::Setup {
        clients: CLIENTS,
        greed,
        client_rate_per_s: client_rate_per_s.and_then(std::num::NonZeroU32::new),
        ..at_gateway(Admission::On, 40, &[(0, load)])
    })
}

/// A steady load on a listener.
pub fn steady_listener(admission: Admission, load: f64) -> Tally {
    listener::play(&listener::Setup {
        seed: 2,
        seconds: 40,
        rates: vec![(0, load * listener::CAPACITY)],
        admission: (admission == Admission::On).then(gate::Rules::default),
    })
}
