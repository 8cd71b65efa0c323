//! What goes on beside the requests: names are resolved again and again, endpoints are asked whether they work. A name
//! that cannot be resolved leaves what was known; an endpoint is given up only by what it says itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Uri};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Shared;
use super::body::Source;
use super::connections::Connections;
use super::rules::Target;
use super::upstream::Endpoint;
use crate::shedding::duration;

/// How often names are resolved and checks looked for.
const EVERY: Duration = Duration::from_millis(500);

/// Every so many rounds names are resolved again: those that were resolved, and those that were not.
const ROUNDS_A_RESOLVE: u64 = 10;

/// Tends all upstreams until dropped.
pub async fn tend(shared: Arc<Shared>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        ticks.tick().await;
        let rules = shared.rules.load_full();
        for target in &rules.targets {
            let has_none = target.upstream.endpoints().is_empty();
            if has_none || round % ROUNDS_A_RESOLVE == 0 {
                tokio::spawn(resolve(Arc::clone(&shared), Arc::clone(target)));
            }
            check_all(&shared, target, round);
        }
        shared.metrics.level.set(f64::from(shared.gate.level().admitted()) / admission::PRIORITIES as f64);
        shared.metrics.cache_bytes.set(shared.cache.as_ref().map_or(0, |cache| cache.bytes()) as f64);
        shared.metrics.brownout.set(f64::from(shared.gate.brownout().level()));
        shared.metrics.would_refuse(shared.would_refuse());
    }
}

/// Brings the endpoints up to date with what the names say now.
async fn resolve(shared: Arc<Shared>, target: Arc<Target>) {
    let found = look_up(&target).await;
    if shared.goes_by(&target) {
        target.upstream.set_addresses(&found);
    }
}

/// Where an upstream is, by what its names say now; where it was, if none of them says anything.
pub(super) async fn look_up(target: &Target) -> Vec<SocketAddr> {
    let patience = target.connect_timeout.max(EVERY);
    let found = target.upstream.names.look_up(&target.upstream.name, &target.authorities, patience).await;
    if found.is_empty() { target.upstream.addresses() } else { found }
}

/// Asks every endpoint, each on its own: one that hangs holds nobody up. Where nothing is asked, nothing is held against
/// them.
fn check_all(shared: &Arc<Shared>, target: &Arc<Target>, round: u64) {
    let Some((_, every)) = &target.check else {
        return target.upstream.endpoints().iter().for_each(|endpoint| endpoint.forget_checks());
    };
    let rounds = (every.as_millis() / EVERY.as_millis()).max(1) as u64;
    if !round.is_multiple_of(rounds) {
        return;
    }
    for endpoint in target.upstream.endpoints().iter() {
        tokio::spawn(check(Arc::clone(shared), Arc::clone(target), Arc::clone(endpoint)));
    }
}

/// It is given up before the next one begins: an earlier one never has the last word.
async fn check(shared: Arc<Shared>, target: Arc<Target>, endpoint: Arc<Endpoint>) {
    let Some((_, every)) = &target.check else { return };
    let limit = duration(target.settings.timeout).min((*every).max(EVERY));
    let is_sound = timeout(limit, answers(&target, endpoint.address)).await.unwrap_or(false);
    if shared.goes_by(&target) && endpoint.note_check(is_sound) {
        let (upstream, address) = (&target.upstream.name, endpoint.address);
        if is_sound {
            tracing::info!(upstream, %address, "an endpoint answers its checks again");
        } else {
            tracing::warn!(upstream, %address, "an endpoint fails its checks, and gets no requests while others do not");
        }
    }
}

/// Whether what is asked as a check is answered with success, over a connection of its own: whether one can be made is part
/// of the question.
async fn answers(target: &Target, address: SocketAddr) -> bool {
    let Some((path, _)) = &target.check else { return false };
    let (Ok(uri), Ok(host)) = (Uri::try_from(path), HeaderValue::try_from(address.to_string())) else { return false };
    let Ok(connection) = Arc::<Connections>::default().get(address, target.connect_timeout).await else { return false };
    let mut request = Request::new(Source::empty().open());
    *request.uri_mut() = uri;
    request.headers_mut().insert(HOST, host);
    connection.ask(request).await.is_ok_and(|answer| answer.status().is_success())
}

#[cfg(test)]
mod tests {
    use super::{Shared, Target, check, look_up};
    use crate::config::{Config, Flags};
    use crate::gateway::GatewayMetrics;
    use crate::gateway::rules::Rules;
    use crate::shedding::Clock;
    use crate::stage::Stage;
    use crate::telemetry::Registry;
    use std::sync::Arc;

    /// With one upstream, and these keys of it.
    fn config(upstream: &str) -> Config {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("tidegate.toml");
        std::fs::write(&file, format!("[[gateway.upstream]]\nname = \"a\"\n{upstream}\n")).expect("writable");
        Config::load(Some(&file), std::iter::empty(), Flags::default()).expect("a valid configuration")
    }

    fn target(rules: &Rules, authority: &str) -> Target {
        let known = &rules.targets[0];
        let (upstream, settings) = (Arc::clone(&known.upstream), Arc::clone(&known.settings));
        let authorities = vec![authority.to_owned()];
        Target { upstream, settings, connect_timeout: known.connect_timeout, authorities, check: None }
    }

    async fn resolve(target: &Target) {
        target.upstream.set_addresses(&look_up(target).await);
    }

    fn addresses(target: &Target) -> Vec<String> {
        target.upstream.endpoints().iter().map(|endpoint| endpoint.address.to_string()).collect()
    }

    #[tokio::test]
    async fn names_are_followed_where_they_lead_and_kept_where_they_lead_nowhere() {
        let config = config("url = \"http://127.0.0.1:9\"");
        let rules = Rules::new(&config, None, Clock::start(), [1, 2]).expect("valid rules");
        let first = target(&rules, "127.0.0.1:9000");
        resolve(&first).await;
        assert_eq!(addresses(&first), ["127.0.0.1:9000"]);
        let endpoint = first.upstream.endpoints()[0].clone();
        resolve(&target(&rules, "nobody.invalid:9000")).await;
        assert_eq!(addresses(&first), ["127.0.0.1:9000"], "what was known stays");
        resolve(&first).await;
        assert!(Arc::ptr_eq(&endpoint, &first.upstream.endpoints()[0]), "with what is known of it");
        resolve(&target(&rules, "127.0.0.2:9000")).await;
        assert_eq!(addresses(&first), ["127.0.0.2:9000"]);
    }

    #[tokio::test]
    async fn what_was_replaced_meanwhile_has_no_say_any_more() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let here = format!("url = \"http://{free}\"");
        let checked = format!("{here}\nhealth_path = \"/health\"");
        let (stage, metrics) = (Arc::new(Stage::new(Arc::default())), GatewayMetrics::new(&Registry::new()));
        let shared = Arc::new(Shared::new(&config(&checked), 1, stage, metrics).expect("valid rules"));
        let old = Arc::clone(&shared.rules.load().targets[0]);
        super::resolve(Arc::clone(&shared), Arc::clone(&old)).await;
        assert_eq!(addresses(&old), [free.to_string()]);
        let endpoint = Arc::clone(&old.upstream.endpoints()[0]);
        let check_often = async || {
            for _ in 0..10 {
                check(Arc::clone(&shared), Arc::clone(&old), Arc::clone(&endpoint)).await;
            }
            endpoint.is_failing_checks()
        };
        assert!(check_often().await, "nobody listens there");
        endpoint.forget_checks();
        shared.put(shared.draft(&config(&here)).await.expect("valid rules"));
        assert!(!check_often().await, "nothing is asked of it any more");
        shared.put(shared.draft(&config("url = \"http://127.0.0.2:9\"")).await.expect("valid rules"));
        super::resolve(Arc::clone(&shared), Arc::clone(&old)).await;
        assert_eq!(addresses(&old), ["127.0.0.2:9"], "the same upstream, which is elsewhere now");
    }
}
