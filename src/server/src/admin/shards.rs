//! `GET /admin/v1/shards`: the engine's shards one by one, and its marks.

use engine::{Engine, ShardStatus};
use serde::Serialize;

#[derive(Serialize)]
struct Body {
    durable_lsn: u64,
    now_ms: u64,
    shards: Vec<Shard>,
}

#[derive(Serialize)]
struct Shard {
    #[serde(rename = "shard")]
    number: u8,
    settle_depth: usize,
    reserve_depth: usize,
    capacity: usize,
    waits: u64,
    skus: u64,
    held_units: u64,
    allocated_units: u64,
    live_reservations: u64,
    ended_reservations: u64,
    sales: u64,
    customer_buckets: u64,
    shortfall_units: u64,
    remembered_refusals: usize,
    last_lsn: u64,
}

/// The answer's body.
pub fn body(engine: &Engine) -> Vec<u8> {
    let shards = engine.shards().into_iter().map(shard).collect();
    let body = Body { durable_lsn: engine.durable_mark().0, now_ms: engine.now().0, shards };
    // Numbers and lists of them always serialise.
    serde_json::to_vec(&body).unwrap_or_default()
}

fn shard(status: ShardStatus) -> Shard {
    Shard {
        number: status.shard,
        settle_depth: status.settle_depth,
        reserve_depth: status.reserve_depth,
        capacity: status.capacity,
        waits: status.waits,
        skus: status.skus,
        held_units: status.held_units,
        allocated_units: status.allocated_units,
        live_reservations: status.live_reservations,
        ended_reservations: status.ended_reservations,
        sales: status.sales,
        customer_buckets: status.customer_buckets,
        shortfall_units: status.shortfall_units,
        remembered_refusals: status.remembered_refusals,
        last_lsn: status.last_lsn.0,
    }
}
