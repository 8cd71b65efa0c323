//! Everything that can go wrong, as RFC 9457 says it: one table of codes, one place that answers.
//! It knows no route; whoever finds the problem adds what the client needs to mend it.

use std::borrow::Cow;

use hyper::StatusCode;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};

use super::Reply;

macro_rules! codes {
    ($($name:ident = $status:literal $word:literal $title:literal,)*) => {
        /// The codes of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => status::<$status>(),)* }
            }

            /// The word that clients match on.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// One line for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    InvalidRequest = 400 "invalid_request" "The request is not valid",
    NotFound = 404 "not_found" "There is nothing at this path",
    UnknownSku = 404 "unknown_sku" "The SKU is not known",
    UnknownSale = 404 "unknown_sale" "The sale is not known",
    ReservationNotFound = 404 "reservation_not_found" "There is no such reservation",
    MethodNotAllowed = 405 "method_not_allowed" "The path does not take this method",
    LimitExceeded = 409 "limit_exceeded" "A limit would be passed",
    SaleNotOpen = 409 "sale_not_open" "The sale is not open",
    SaleClosed = 409 "sale_closed" "The sale is closed",
    InsufficientStock = 409 "insufficient_stock" "There is not enough stock",
    ReservationHeld = 409 "reservation_held" "The reservation is still held",
    ReservationConfirmed = 409 "reservation_confirmed" "The reservation is confirmed",
    ReservationReleased = 409 "reservation_released" "The reservation was released",
    ReservationExpired = 409 "reservation_expired" "The reservation has expired",
    ReservationCancelled = 409 "reservation_cancelled" "The reservation was cancelled",
    ReservationFulfilled = 409 "reservation_fulfilled" "The reservation was fulfilled",
    StaleVersion = 409 "stale_version" "The record has another version",
    OnHandNegative = 409 "on_hand_negative" "On-hand would fall below zero",
    SkuInUse = 409 "sku_in_use" "Something of the SKU is held or allocated",
    EventsGone = 410 "events_gone" "These events are not to be had",
    HistoryGone = 410 "history_gone" "The history of that time is not kept any more",
    PayloadTooLarge = 413 "payload_too_large" "The body is too large",
    UnsupportedMediaType = 415 "unsupported_media_type" "The body is of a type not taken here",
    IdempotencyMismatch = 422 "idempotency_mismatch" "The key was used with another body",
    RateLimited = 429 "rate_limited" "The client asks too much",
    HeadersTooLarge = 431 "headers_too_large" "The headers are too large",
    UpstreamFailed = 502 "upstream_failed" "What is behind the gateway failed",
    UpstreamTimeout = 504 "upstream_timeout" "What is behind the gateway took too long",
    Overloaded = 503 "overloaded" "The server is at its capacity",
    Draining = 503 "draining" "The server is stopping",
    Recovering = 503 "recovering" "The server is starting",
    StoreBehind = 503 "store_behind" "The store has not come so far yet",
    StorageFailed = 503 "storage_failed" "The storage has failed",
    StorageFull = 503 "storage_full" "The storage is full",
}

const fn status<const CODE: u16>() -> StatusCode {
    match StatusCode::from_u16(CODE) {
        Ok(status) => status,
        Err(_) => panic!("the table holds valid statuses: checked where it is compiled"),
    }
}

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Why a request is not done. Boxed inside, so that the good way moves few bytes.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    detail: Cow<'static, str>,
    members: Vec<u8>,
    reason: Option<&'static str>,
    allow: Option<HeaderValue>,
    closes: bool,
}

impl Problem {
    /// A problem, and in a sentence what the client can do about it.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            members: Vec::new(),
            reason: None,
            allow: None,
            closes: false,
        }))
    }

    /// A request that is not valid, at a JSON pointer.
    pub fn invalid(pointer: &str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, detail).with_text("pointer", pointer)
    }

    /// A method that the path does not take; `allow` names those that it does.
    pub fn method_not_allowed(allow: &str) -> Self {
        let mut problem = Self::new(Code::MethodNotAllowed, format!("use one of: {allow}"));
        problem.0.allow = HeaderValue::from_str(allow).ok();
        problem
    }

    /// A body longer than `limit` bytes; what is left of it is not read.
    pub fn too_large(limit: u64) -> Self {
        Self::new(Code::PayloadTooLarge, format!("send at most {limit} bytes")).closing()
    }

    /// Adds a member with a text.
    #[must_use]
    pub fn with_text(mut self, name: &str, text: &str) -> Self {
        self.begin(name);
        write_text(&mut self.0.members, text);
        self
    }

    /// Adds why it is refused for now, in the word that metrics and messages have as well.
    #[must_use]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.0.reason = Some(reason);
        self.with_text("reason", reason)
    }

    /// Adds a member that is JSON already.
    #[must_use]
    pub fn with_json(mut self, name: &str, json: &[u8]) -> Self {
        self.begin(name);
        self.0.members.extend_from_slice(json);
        self
    }

    /// Adds a member with a number.
    #[must_use]
    pub fn with_number(self, name: &str, number: u64) -> Self {
        self.with_json(name, itoa::Buffer::new().format(number).as_bytes())
    }

    /// Closes the connection after the answer.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.0.closes = true;
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Why it is refused for now, if that is what it is.
    pub fn reason(&self) -> Option<&'static str> {
        self.0.reason
    }

    /// Appends where and why, as one JSON text: for a list of problems.
    pub fn write_detail(&self, into: &mut Vec<u8>) {
        write_text(into, &self.0.detail);
    }

    fn begin(&mut self, name: &str) {
        let members = &mut self.0.members;
        members.extend_from_slice(b",\"");
        members.extend_from_slice(name.as_bytes());
        members.extend_from_slice(b"\":");
    }

    /// The body, as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(192 + self.0.detail.len() + self.0.members.len());
        self.write_json(&mut body);
        body
    }

    /// Appends the body, as JSON: for an answer that holds several.
    pub fn write_json(&self, body: &mut Vec<u8>) {
        let Parts { code, detail, members, .. } = &*self.0;
        body.extend_from_slice(b"{\"type\":\"/problems/");
        body.extend_from_slice(code.word().as_bytes());
        body.extend_from_slice(b"\",\"title\":\"");
        body.extend_from_slice(code.title().as_bytes());
        body.extend_from_slice(b"\",\"status\":");
        body.extend_from_slice(code.status().as_str().as_bytes());
        body.extend_from_slice(b",\"detail\":");
        write_text(body, detail);
        body.extend_from_slice(b",\"code\":\"");
        body.extend_from_slice(code.word().as_bytes());
        body.push(b'"');
        body.extend_from_slice(members);
        body.push(b'}');
    }

    /// The answer: the only place where an error becomes one.
    pub fn into_reply(self) -> Reply {
        let mut reply = Reply::new(self.to_json().into());
        let Parts { code, allow, closes, .. } = *self.0;
        *reply.status_mut() = code.status();
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        if code.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, RETRY_AFTER_S);
        }
        if let Some(allow) = allow {
            headers.insert(ALLOW, allow);
        }
        if closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    }
}

fn write_text(into: &mut Vec<u8>, text: &str) {
    // Writing a text into memory has no way to fail.
    let _: serde_json::Result<()> = serde_json::to_writer(into, text);
}

#[cfg(test)]
mod tests;
