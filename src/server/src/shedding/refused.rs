//! What is told to whom is not let in: one word of reason, its class, and when to come back. The only place where a
//! decision of admission becomes an answer.

use admission::{Class, Nanos, Random, Reason, retry_after_seconds};
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};

use crate::http::{Code, Problem, Reply};

/// RFC 9209.
pub const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// Those who were refused together come back spread over so long.
const SPREAD: Nanos = Nanos::from_secs(4);

/// A request that is shed; `retry_after` where it is known when there will be room.
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

/// What `Proxy-Status` says of an error.
pub fn proxy_status(error: &'static str) -> HeaderValue {
    HeaderValue::from_str(&format!("tidegate; error={error}")).expect("words of ours are a header's value")
}
