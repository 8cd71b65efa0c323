//! `POST /admin/v1/backup`: a copy of store and log, made while the server serves.

use std::path::PathBuf;

use hyper::StatusCode;
use serde::Deserialize;

use super::Work;
use crate::backup::{self, Source};
use crate::error::{BAD_USAGE, ServerError};
use crate::http::{Code, Problem, Reply, RequestBody, json};
use crate::stage::Stage;

/// A path is no longer on any system.
const BODY_BYTES: u64 = 16 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    directory: PathBuf,
}

/// Makes a backup; the answer, its manifest, comes when it is made.
pub async fn answer(work: &Work, source: &Source, body: RequestBody) -> Result<Reply, Problem> {
    let body = body.collect(BODY_BYTES).await?;
    let Body { directory } = serde_json::from_slice(&body).map_err(|error| Problem::invalid("", error.to_string()))?;
    let source = source.clone();
    let make = move |stage: &Stage| {
        let opened = stage.opened()?;
        backup::make(&source, opened, &directory).map_err(|error| refused(&error))
    };
    let manifest = work.alone("backup", make).await??;
    tracing::info!(lsn = manifest.lsn, "a backup was made");
    // Numbers and a text always serialise.
    Ok(json(StatusCode::OK, serde_json::to_vec(&manifest).unwrap_or_default()))
}

fn refused(error: &ServerError) -> Problem {
    let detail = error.to_string();
    if error.exit_code() == BAD_USAGE {
        return Problem::invalid("/directory", detail);
    }
    Problem::new(Code::StorageFailed, detail).with_text("reason", "backup_failed")
}
