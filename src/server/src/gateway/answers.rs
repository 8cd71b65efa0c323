//! What a client is told whose request is over its quota, is answered from the configuration, or gets no answer from
//! upstream. What both listeners refuse alike is `shedding`'s.

use admission::quota::Verdict;
use admission::{Nanos, Quota, Random, Reason, retry_after_seconds};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};

use super::call::NoAnswer;
use super::rules::Fixed;
use crate::http::{Code, Problem, Reply};
use crate::shedding::{PROXY_STATUS, proxy_status};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A client that asks more than its quota.
pub fn over_quota(quota: Quota, verdict: Verdict, random: Random) -> Reply {
    let detail = format!("this client may make {} requests a second", quota.rate_per_s);
    let problem = Problem::new(Code::RateLimited, detail).with_text("reason", Reason::ClientQuota.word());
    let mut reply = problem.into_reply();
    let seconds = retry_after_seconds(verdict.retry_after, Nanos::from_secs(1), random);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    rate_limit(&mut reply, quota, verdict);
    reply
}

/// What a client has left of its quota (draft-ietf-httpapi-ratelimit-headers).
pub fn rate_limit(reply: &mut Reply, quota: Quota, verdict: Verdict) {
    let policy = format!("\"client\";q={};w=1;burst={}", quota.rate_per_s, quota.burst);
    let left = format!("\"client\";r={};t={}", verdict.remaining, verdict.reset.as_secs_up());
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            reply.headers_mut().insert(name, value);
        }
    }
}

/// No answer from upstream.
pub fn no_answer(why: NoAnswer, upstream: &str) -> Reply {
    let (code, detail, error) = match why {
        NoAnswer::Timeout => {
            (Code::UpstreamTimeout, "what is behind this path did not answer in time", "http_response_timeout")
        }
        NoAnswer::Connection => {
            (Code::UpstreamFailed, "what is behind this path cannot be reached", "connection_refused")
        }
        NoAnswer::Broken => (
            Code::UpstreamFailed,
            "what is behind this path broke off, or gave no answer that is one",
            "connection_terminated",
        ),
        // Nobody reads it, unless an intermediary does.
        NoAnswer::Client => {
            return Problem::invalid("", "the body broke off or its chunks are not valid").closing().into_reply();
        }
    };
    let mut reply = Problem::new(code, detail).with_text("upstream", upstream).into_reply();
    reply.headers_mut().insert(PROXY_STATUS, proxy_status(error));
    reply
}

/// What was written for a path that is switched off.
pub fn fixed(fixed: &Fixed) -> Reply {
    let mut reply = Reply::new(fixed.body.clone().into());
    *reply.status_mut() = fixed.status;
    reply.headers_mut().insert(CONTENT_TYPE, fixed.content_type.clone());
    reply
}
