//! How admission stands at this moment, for operators: levels, limits, breakers, budgets, the busiest clients.

use admission::Nanos;
use admission::breaker::Position;
use serde_json::{Value, json};

use super::Shared;
use super::metrics::SHADOWED;
use super::rules::Target;
use super::upstream::Endpoint;
use crate::shedding::by_class;

/// Clients that are listed.
const TOP: usize = 20;

/// As `GET /admin/v1/admission` answers it.
pub fn status(shared: &Shared) -> Value {
    let now = shared.clock.now();
    let rules = shared.rules.load();
    let gate = &shared.gate;
    let would_refuse: serde_json::Map<_, _> = SHADOWED
        .iter()
        .zip(shared.would_refuse())
        .map(|(reason, counts)| (reason.word().to_owned(), by_class(counts)))
        .collect();
    let top = shared.quotas.top(TOP, now);
    json!({
        "overloaded": gate.is_overloaded(&rules.gate, now),
        "smallest_delay_us": gate.smallest_delay(&rules.gate, now).map(micros),
        "admitted_level": gate.level().admitted(),
        "levels": admission::PRIORITIES,
        "last_class": gate.level().last_class().word(),
        "brownout": {"level": gate.brownout().level(), "pinned": gate.brownout().pinned()},
        "shadow_would_refuse": would_refuse,
        "cache": shared.cache.as_ref().map(|cache| cache.status()),
        "upstreams": rules.targets.iter().map(|target| upstream(target, now)).collect::<Vec<_>>(),
        "clients": top.iter().map(|busy| json!({"client": busy.client.to_string(), "requests": busy.requests})).collect::<Vec<_>>(),
    })
}

fn upstream(target: &Target, now: Nanos) -> Value {
    let (way_in, retries) = target.upstream.guards();
    let limit = way_in.limiter().status(&target.settings.admission.limit);
    json!({
        "name": target.upstream.name,
        "limit": limit.limit,
        "in_flight": limit.in_flight,
        "streams": target.upstream.streams(),
        "base_latency_us": limit.base.map(micros),
        "recent_latency_us": limit.recent.map(micros),
        "admitted_level": way_in.level().admitted(),
        "breaker": position(target.upstream.position(), now),
        "retries_left": retries.left(&target.settings.retry, now),
        "endpoints": target.upstream.endpoints().iter().map(|one| endpoint(one, now)).collect::<Vec<_>>(),
    })
}

fn endpoint(endpoint: &Endpoint, now: Nanos) -> Value {
    json!({
        "address": endpoint.address.to_string(),
        "in_flight": endpoint.in_flight(),
        "ejected": endpoint.is_ejected(now),
        "failing_checks": endpoint.is_failing_checks(),
    })
}

fn position(position: Position, now: Nanos) -> Value {
    match position {
        Position::Closed => json!({"state": "closed"}),
        Position::Open { until } => json!({"state": "open", "for_ms": until.since(now).0 / 1_000_000}),
        Position::HalfOpen => json!({"state": "half_open"}),
    }
}

fn micros(span: Nanos) -> u64 {
    span.0 / 1_000
}
