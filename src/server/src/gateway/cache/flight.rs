//! One request for an answer that many wait for: who is first asks, the others learn what has come of it. It knows nothing
//! of how it is asked.

use std::collections::HashMap;
use std::sync::Arc;

use admission::Nanos;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::variant::Variant;
use super::{Cache, Key};

/// What has come of a flight, for those who wait.
#[derive(Debug, Clone)]
pub enum Landing {
    /// An answer, for whomever it suits.
    Shared(Arc<Variant>),
    /// An answer that is for nobody else.
    Alone,
    /// None, or that the upstream has failed.
    Failed,
}

/// Those under way, by their keys.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashMap<Key, watch::Sender<Option<Landing>>>>);

/// How somebody comes to an answer that is not kept.
#[derive(Debug)]
pub enum Boarding {
    /// He asks for it.
    Lead(Flight),
    /// He waits for somebody who does.
    Follow(Passenger),
    /// It is there by now.
    Landed(Arc<Variant>),
}

/// Somebody who waits.
#[derive(Debug)]
pub struct Passenger(watch::Receiver<Option<Landing>>);

/// The right to ask, until its drop.
#[derive(Debug)]
pub struct Flight {
    cache: Arc<Cache>,
    /// What the answer is kept under.
    pub key: Key,
    /// Who would wait for the same.
    precise: Key,
    /// Those who wait, where anybody can.
    landing: Option<watch::Sender<Option<Landing>>>,
}

impl Flights {
    /// How many are under way, and how many wait for them.
    pub fn count(&self) -> (usize, usize) {
        let flights = self.0.lock();
        (flights.len(), flights.values().map(watch::Sender::receiver_count).sum())
    }
}

impl Flight {
    /// The first for a key leads.
    pub(super) fn board(cache: &Arc<Cache>, key: &Key, precise: Key) -> Boarding {
        let mut flights = cache.flights.0.lock();
        if let Some(landing) = flights.get(&precise) {
            return Boarding::Follow(Passenger(landing.subscribe()));
        }
        let landing = watch::Sender::new(None);
        flights.insert(precise.clone(), landing.clone());
        Boarding::Lead(Self { cache: Arc::clone(cache), key: key.clone(), precise, landing: Some(landing) })
    }

    /// One that nobody waits for.
    pub(super) fn alone(cache: &Arc<Cache>, key: &Key, precise: Key) -> Self {
        Self { cache: Arc::clone(cache), key: key.clone(), precise, landing: None }
    }

    /// Where the answer is kept.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    /// Tells all who wait. What is to be kept must be by now: who comes next looks there.
    pub fn land(self, landing: Landing, now: Nanos) {
        match landing {
            Landing::Alone => self.cache.alone.note(&self.precise, now),
            Landing::Shared(_) => self.cache.alone.forget(&self.precise),
            Landing::Failed => {}
        }
        if let Some(waiting) = &self.landing {
            waiting.send_replace(Some(landing));
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.landing.is_some() {
            self.cache.flights.0.lock().remove(&self.precise);
        }
    }
}

impl Passenger {
    /// Waits until it is known. A flight that was lost leaves each to himself.
    pub async fn landing(mut self) -> Landing {
        let landed = self.0.wait_for(Option::is_some).await;
        landed.ok().and_then(|landed| landed.clone()).unwrap_or(Landing::Failed)
    }
}
