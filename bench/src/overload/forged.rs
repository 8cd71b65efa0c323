//! A client that makes up a new key for each request, so that each is a new client. The memory for clients is bounded. It
//! must not know how clients are kept.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use super::Options;
use super::judges::Finding;
use super::open_loop::{Ask, ask, block_on, connections};
use super::table::{Played, Row};
use super::watch::Watch;
use super::world::{SPARE_BYTES, Setup, World};

const KEYS: u64 = 1_000_000;
const SHORT_KEYS: u64 = 10_000;
const AT_ONCE: usize = 64;

pub(super) fn play(_row: &Row, options: &Options, say: &mut dyn FnMut(&str)) -> Played {
    let setup = Setup { client_rate_per_s: 10, ..Setup::default() };
    let world = World::new(&options.tidegate, &setup)?;
    let keys = if options.is_short { SHORT_KEYS } else { KEYS };
    say(&format!("{keys} requests, each with a key of its own, {AT_ONCE} at a time"));
    let watch = Watch::start(&world.server);
    let asked = block_on(forge(world.gateway()?, keys));
    let looks = watch.end()?;
    let unanswered = asked?;
    let most = looks.iter().map(|look| look.resident_bytes).max().unwrap_or_default();
    let growth = most.saturating_sub(world.rest_bytes);
    let leaks = world.leaks()?;
    let rest_mib = world.rest_bytes >> 20;
    world.server.stop()?;
    let figure = format!("{} MiB at the most, {rest_mib} MiB at rest; {unanswered} of {keys} unanswered", most >> 20);
    let holds = growth <= SPARE_BYTES && unanswered == 0;
    Ok((Finding { holds: Some(holds), figure, details: Vec::new() }, leaks))
}

/// How many requests had no answer.
async fn forge(gateway: SocketAddr, keys: u64) -> u64 {
    let (next, unanswered) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let forgers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (next, unanswered, connections) = (Rc::clone(&next), Rc::clone(&unanswered), connections());
            tokio::task::spawn_local(async move {
                while next.get() < keys {
                    let client = format!("forged-{:016x}", next.replace(next.get() + 1));
                    let asked = Ask { class: "browse", path: "/browse/", client };
                    let answer = ask(&connections, gateway, asked).await;
                    unanswered.set(unanswered.get() + u64::from(answer.outcome == "no_answer"));
                }
            })
        })
        .collect();
    for forger in forgers {
        // One that panicked has said so, and what it left undone is unanswered.
        if forger.await.is_err() {
            unanswered.set(unanswered.get() + 1);
        }
    }
    unanswered.get()
}
