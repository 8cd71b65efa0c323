//! `DELETE /admin/v1/cache`: what the gateway keeps is thrown away, all of it or what is of some paths. It knows no answer.

use hyper::StatusCode;
use serde_json::json;

use crate::api::Query;
use crate::gateway;
use crate::http::{Problem, Reply, json as reply};

/// Throws away what is kept of the query's `path`, or all. Answers of how many targets there was something.
pub fn purge(gateway: &gateway::Shared, query: Option<&str>) -> Result<Reply, Problem> {
    let query = Query::parse(query, &["path"])?;
    let path = query.text("path");
    let purged = gateway.purge(path).map_err(|why| Problem::invalid("/query/path", why))?;
    tracing::info!(path = path.unwrap_or("*"), purged, "what is kept was thrown away");
    Ok(reply(StatusCode::OK, json!({"purged": purged}).to_string().into_bytes()))
}
