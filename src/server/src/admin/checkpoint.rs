//! `POST /admin/v1/checkpoint`: makes the store durable now, and lets go of the log below.

use hyper::StatusCode;
use serde::Serialize;

use super::Work;
use crate::http::{Code, Problem, Reply, json};

#[derive(Serialize)]
struct Body {
    lsn: u64,
    trimmed_segments: u64,
    trimmed_bytes: u64,
    log_kept_bytes: u64,
    oldest_lsn: u64,
}

/// Takes a checkpoint; the answer comes when it is taken.
pub async fn answer(work: &Work) -> Result<Reply, Problem> {
    let checkpoints = work.stage.opened()?.checkpoints.clone();
    let taken = work.alone("checkpoint", move |_stage| checkpoints.take()).await?;
    let taken = taken.map_err(|error| {
        Problem::new(Code::StorageFailed, error.to_string()).with_text("reason", "checkpoint_failed")
    })?;
    let body = Body {
        lsn: taken.lsn.0,
        trimmed_segments: taken.trimmed.segments,
        trimmed_bytes: taken.trimmed.bytes,
        log_kept_bytes: taken.trimmed.kept_bytes,
        oldest_lsn: taken.trimmed.oldest.0,
    };
    // Numbers always serialise.
    Ok(json(StatusCode::OK, serde_json::to_vec(&body).unwrap_or_default()))
}
