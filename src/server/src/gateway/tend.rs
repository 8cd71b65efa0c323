//! What goes on beside the requests: names are resolved again and again, endpoints are asked whether they work. A name
//! that cannot be resolved leaves what was known; an endpoint is given up only by what it says itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::lookup_host;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Shared;
use super::rules::Target;
use super::upstream::Endpoint;
use crate::shedding::duration;

/// How often names are resolved and checks looked for.
const EVERY: Duration = Duration::from_millis(500);

/// Every so many rounds names are resolved again: those that were resolved, and those that were not.
const ROUNDS_A_RESOLVE: u64 = 10;

/// The most endpoints of one upstream.
const MOST_ENDPOINTS: usize = 256;

type Checks = Client<HttpConnector, Empty<Bytes>>;

/// Tends all upstreams until dropped.
pub async fn tend(shared: Arc<Shared>) {
    let checks: Checks = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(HttpConnector::new());
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        ticks.tick().await;
        let rules = shared.rules.load_full();
        for target in &rules.targets {
            let has_none = target.upstream.endpoints().is_empty();
            if has_none || round % ROUNDS_A_RESOLVE == 0 {
                resolve(target).await;
            }
            check_all(&checks, target, round);
        }
        shared.metrics.level.set(f64::from(shared.gate.level().admitted()) / admission::PRIORITIES as f64);
        shared.metrics.brownout.set(f64::from(shared.gate.brownout().level()));
    }
}

/// Brings the endpoints up to date with what the names say now.
pub async fn resolve(target: &Target) {
    let mut found: Vec<SocketAddr> = Vec::new();
    for authority in &target.authorities {
        match timeout(target.connect_timeout.max(EVERY), lookup_host(authority)).await {
            Ok(Ok(addresses)) => found.extend(addresses),
            failed => {
                let name = &target.upstream.name;
                let why = failed.map_or_else(
                    |elapsed| elapsed.to_string(),
                    |looked| looked.map_or_else(|error| error.to_string(), |_| String::new()),
                );
                tracing::warn!(upstream = name, authority, why, "cannot resolve an upstream; what was known stays");
                return;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST_ENDPOINTS);
    if !found.is_empty() {
        target.upstream.set_addresses(&found);
    }
}

/// Asks every endpoint, each on its own: one that hangs holds nobody up.
fn check_all(checks: &Checks, target: &Arc<Target>, round: u64) {
    let Some((_, every)) = &target.check else { return };
    let rounds = (every.as_millis() / EVERY.as_millis()).max(1) as u64;
    if !round.is_multiple_of(rounds) {
        return;
    }
    for endpoint in target.upstream.endpoints().iter() {
        tokio::spawn(check(checks.clone(), Arc::clone(target), Arc::clone(endpoint)));
    }
}

async fn check(checks: Checks, target: Arc<Target>, endpoint: Arc<Endpoint>) {
    let Some((path, _)) = &target.check else { return };
    let uri =
        Uri::builder().scheme("http").authority(endpoint.address.to_string()).path_and_query(path.as_str()).build();
    let Ok(uri) = uri else { return };
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = uri;
    let limit = duration(target.settings.timeout);
    let is_sound =
        matches!(timeout(limit, checks.request(request)).await, Ok(Ok(answer)) if answer.status().is_success());
    if endpoint.note_check(is_sound) {
        let (upstream, address) = (&target.upstream.name, endpoint.address);
        if is_sound {
            tracing::info!(upstream, %address, "an endpoint answers its checks again");
        } else {
            tracing::warn!(upstream, %address, "an endpoint fails its checks, and gets no requests while others do not");
        }
    }
}
