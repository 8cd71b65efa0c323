//! What a client is told when its request goes no further: one word of reason, and when to come back. The only place
//! where a refusal of the gateway becomes an answer.

use admission::quota::Verdict;
use admission::{Class, Nanos, Quota, Random, Reason, retry_after_seconds};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};

use super::call::NoAnswer;
use super::rules::Fixed;
use crate::http::{Code, Problem, Reply};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// Those who were refused together come back spread over so long.
const SPREAD: Nanos = Nanos::from_secs(4);

/// A request that is shed.
pub fn refused(reason: Reason, class: Class, retry_after: Option<Nanos>, random: Random) -> Reply {
    let (code, detail) = match reason {
        Reason::Draining => {
            (Code::Draining, "the server is stopping: connect again, and reach another or the next one")
        }
        Reason::BreakerOpen => (Code::Overloaded, "what is behind this path fails and is left alone for a while"),
        Reason::Brownout => (Code::Overloaded, "this path is switched off while there is more to do than can be done"),
        _ => (Code::Overloaded, "there is more to do than can be done: what matters most comes first"),
    };
    let problem = Problem::new(code, detail).with_text("reason", reason.word()).with_text("class", class.word());
    let problem = if reason == Reason::Draining { problem.closing() } else { problem };
    let mut reply = problem.into_reply();
    let seconds = retry_after_seconds(retry_after.unwrap_or_default(), SPREAD, random);
    let headers = reply.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    if reason == Reason::BreakerOpen {
        headers.insert(PROXY_STATUS, proxy_status("destination_unavailable"));
    }
    reply
}

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

/// RFC 9209.
fn proxy_status(error: &'static str) -> HeaderValue {
    HeaderValue::from_str(&format!("tidegate; error={error}")).expect("words of ours are a header's value")
}

/// What was written for a path that is switched off.
pub fn fixed(fixed: &Fixed) -> Reply {
    let mut reply = Reply::new(fixed.body.clone().into());
    *reply.status_mut() = fixed.status;
    reply.headers_mut().insert(CONTENT_TYPE, fixed.content_type.clone());
    reply
}
