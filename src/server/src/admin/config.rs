//! `GET` and `PATCH /admin/v1/config`, `POST /admin/v1/config/rollback`: the configuration in force, and how it is changed.
//! What a key is, and what is done with it, is not known here.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{ETAG, HeaderMap, HeaderValue, IF_MATCH};
use serde_json::{Value, json};

use crate::config::live_paths;
use crate::http::{Code, Problem, Reply, RequestBody, json as reply};
use crate::tuning::{Change, Tuning, TuningError, View};

/// Room for some thousand routes.
const BODY_BYTES: u64 = 1 << 20;

/// The whole configuration in force.
pub async fn show(tuning: &Tuning) -> Reply {
    let View { version, overlay, before, config } = tuning.view().await;
    let body = json!({
        "version": version,
        "overlay_in_force": overlay != json!({}),
        "overlay": overlay,
        "versions_before": before,
        "live": live_paths().collect::<Vec<_>>(),
        "config": config,
    });
    tagged(version, &body)
}

/// Changes what the body says.
pub async fn patch(tuning: &Arc<Tuning>, headers: &HeaderMap, body: RequestBody) -> Result<Reply, Problem> {
    let body = body.collect(BODY_BYTES).await?;
    let patch: Value = serde_json::from_slice(&body).map_err(|error| Problem::invalid("", error.to_string()))?;
    tuning.patch(patch, expected(headers)).await.map(changed).map_err(refused)
}

/// Takes the latest patch back.
pub async fn roll_back(tuning: &Arc<Tuning>, headers: &HeaderMap) -> Result<Reply, Problem> {
    tuning.roll_back(expected(headers)).await.map(changed).map_err(refused)
}

fn changed(change: Change) -> Reply {
    let Change { version, restored, changed } = change;
    let mut body = json!({"version": version, "changed": changed});
    if let Some(restored) = restored {
        body["restored_version"] = restored.into();
    }
    tagged(version, &body)
}

fn tagged(version: u64, body: &Value) -> Reply {
    let mut reply = reply(StatusCode::OK, body.to_string().into_bytes());
    let tag = HeaderValue::try_from(format!("\"{version}\"")).expect("quotes and digits are allowed in a header");
    reply.headers_mut().insert(ETAG, tag);
    reply
}

/// The versions that `If-Match` names; any will do where there is none, or a star. A tag that is none of ours is the
/// version of nothing.
fn expected(headers: &HeaderMap) -> Option<Vec<u64>> {
    let given: Vec<_> = headers.get_all(IF_MATCH).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    let tags = || given.iter().flat_map(|list| list.split(',')).map(str::trim);
    if given.is_empty() || tags().any(|tag| tag == "*") {
        return None;
    }
    Some(tags().filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()).collect())
}

fn refused(error: TuningError) -> Problem {
    let detail = error.to_string();
    match error {
        TuningError::Config(error) => Problem::invalid(error.pointer().unwrap_or_default(), detail),
        TuningError::Rules(_) => Problem::invalid("/gateway", detail),
        TuningError::GatewayOff => Problem::invalid("/gateway/upstream", detail),
        TuningError::NothingBefore => Problem::invalid("", detail),
        TuningError::StaleVersion { version } => {
            Problem::new(Code::StaleVersion, detail).with_number("version", version)
        }
        TuningError::NotKept { .. } => {
            Problem::new(Code::StorageFailed, detail).with_text("reason", "overlay_not_kept")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::expected;
    use hyper::header::{HeaderMap, HeaderValue, IF_MATCH};

    #[test]
    fn if_match_names_versions() {
        let of = |values: &[&'static str]| {
            let header = |value: &&'static str| (IF_MATCH, HeaderValue::from_static(value));
            expected(&values.iter().map(header).collect::<HeaderMap>())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["*"]), None);
        assert_eq!(of(&["\"7\""]), Some(vec![7]));
        assert_eq!(of(&["\"7\", \"9\""]), Some(vec![7, 9]));
        assert_eq!(of(&["W/\"7\"", "seven", ""]), Some(vec![]));
    }
}
