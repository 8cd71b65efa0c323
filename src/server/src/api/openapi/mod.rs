//! The contract as the server publishes it: made once from the endpoints, the types that parse
//! bodies and the codes of problems, and served from memory. It knows no engine.

mod answers;
mod document;
mod operation;
mod operations;
mod page;
mod parameters;
mod problems;
mod schemas;

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue};
use hyper::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};

use crate::http::{JSON, Reply, etag};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The contract, ready to be sent.
#[derive(Debug)]
pub struct Contract {
    document: Page,
    readable: Page,
    policy: HeaderValue,
}

/// A body that never changes, with its tag.
#[derive(Debug)]
struct Page {
    body: Bytes,
    etag: HeaderValue,
}

impl Contract {
    /// Makes both forms.
    pub fn new() -> Self {
        let document = document::document();
        let policy = HeaderValue::try_from(page::policy()).expect("a hash in base64 is allowed in a header");
        Self { document: Page::new(document::text(&document)), readable: Page::new(page::render(&document)), policy }
    }

    /// The `OpenAPI` document, as `GET /openapi.json` sends it.
    pub fn openapi_json() -> String {
        document::text(&document::document())
    }

    /// `GET /openapi.json`
    pub(super) fn machine_readable(&self, headers: &HeaderMap) -> Reply {
        etag::unless_known(headers, self.document.reply(JSON))
    }

    /// `GET /docs`
    pub(super) fn readable(&self, headers: &HeaderMap) -> Reply {
        let mut reply = self.readable.reply(HTML);
        reply.headers_mut().insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        reply.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        reply.headers_mut().insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        etag::unless_known(headers, reply)
    }
}

impl Default for Contract {
    fn default() -> Self {
        Self::new()
    }
}

impl Page {
    fn new(text: String) -> Self {
        let body = Bytes::from(text);
        Self { etag: etag::strong(&body), body }
    }

    fn reply(&self, content_type: HeaderValue) -> Reply {
        let mut reply = Reply::new(self.body.clone().into());
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(ETAG, self.etag.clone());
        // An upgraded server may say something else: ask each time, and be told "as before".
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        reply
    }
}
