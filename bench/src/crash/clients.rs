//! Clients that reserve, confirm and release until the server is gone, and note what they were told: before a request
//! that its outcome is in doubt, and after an answer what it said.

use super::record::{Known, Record, State};
use crate::Error;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use ureq::Agent;

/// The SKUs that never sell out.
pub(super) const PLENTIFUL: u64 = 4;
/// Units of the one that does, a round.
pub(super) const SCARCE_UNITS: u64 = 150;

const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build().into()
}

/// An answer's status and body; none when the server is gone.
pub(super) fn ask(agent: &Agent, method: &str, url: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let text = body.map(ToString::to_string).unwrap_or_default();
    let request = ureq::http::Request::builder().method(method).uri(url).header("content-type", "application/json");
    let mut answer = agent.run(request.body(text).ok()?).ok()?;
    let body = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), serde_json::from_str(&body).ok()?))
}

/// Gives each SKU its units: plenty of the common ones, a few of this round's.
pub(super) fn restock(api: &str, round: u64) -> Option<()> {
    let agent = agent();
    let units = (0..PLENTIFUL).map(|sku| (format!("plenty-{sku}"), 900_000_000));
    for (sku, on_hand) in units.chain([(scarce(round), SCARCE_UNITS)]) {
        let url = format!("{api}/v1/skus/{sku}/locations/default");
        ask(&agent, "PUT", &url, Some(&json!({"on_hand": on_hand})))?;
    }
    Some(())
}

pub(super) fn scarce(round: u64) -> String {
    format!("scarce-{round}")
}

/// Buys until the server does not answer any more.
pub(super) fn buy(api: &str, record: &Mutex<Record>, round: u64, number: u64) -> Result<u64, Error> {
    let agent = agent();
    for attempt in 0.. {
        let id = format!("r{round}-{number}-{attempt}");
        note(record, &id, Some(Known::Asked));
        let Some((status, answer)) = reserve(&agent, api, &id) else { return Ok(attempt) };
        match status {
            201 => note(record, &id, Some(Known::Is(State::Held))),
            // Sold out, or turned away: nothing was taken.
            409 | 503 => {
                note(record, &id, None);
                continue;
            }
            _ => return Err(Error::Promise(format!("{id} was answered with {status} {answer}"))),
        }
        let (verb, state) = match attempt % 3 {
            0 => ("confirm", State::Confirmed),
            1 => ("release", State::Released),
            _ => continue,
        };
        note(record, &id, Some(Known::Either(state)));
        match ask(&agent, "POST", &format!("{api}/v1/reservations/{id}/{verb}"), None) {
            None => return Ok(attempt),
            Some((200, _)) => note(record, &id, Some(Known::Is(state))),
            Some((503, _)) => note(record, &id, Some(Known::Either(state))),
            Some((status, answer)) => {
                return Err(Error::Promise(format!("{verb} {id} was answered with {status} {answer}")));
            }
        }
    }
    Ok(0)
}

/// Asks for a backup.
pub(super) fn back_up(url: &str, directory: &Path) {
    let _answer = ask(&agent(), "POST", url, Some(&json!({"directory": directory})));
}

/// Asks for a reservation, whose id says of what it is: asked again, it is the same.
pub(super) fn reserve(agent: &Agent, api: &str, id: &str) -> Option<(u16, Value)> {
    let numbers: Vec<u64> = id.trim_start_matches('r').split('-').filter_map(|part| part.parse().ok()).collect();
    let (round, attempt) = (*numbers.first()?, *numbers.last()?);
    let sku = if attempt.is_multiple_of(8) { scarce(round) } else { format!("plenty-{}", attempt % PLENTIFUL) };
    let body = json!({"ttl_ms": 86_400_000, "lines": [{"sku": sku, "quantity": 1}]});
    ask(agent, "PUT", &format!("{api}/v1/reservations/{id}"), Some(&body))
}

fn note(record: &Mutex<Record>, id: &str, known: Option<Known>) {
    let mut record = record.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match known {
        Some(known) => record.reservations.insert(id.to_owned(), known),
        None => record.reservations.remove(id),
    };
}
