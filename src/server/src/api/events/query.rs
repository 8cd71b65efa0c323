//! What a consumer asks for: from where, how much, how long it waits. It knows nothing of cursors
//! but that they are texts.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::http::{Problem, decode, query_pairs};

/// Events in the answer to a poll.
pub const LIMIT: RangeInclusive<u64> = 1..=1000;

/// How long a poll may wait.
pub const WAIT_MS: RangeInclusive<u64> = 0..=30_000;

/// The query of a request for events, checked but for the cursor.
#[derive(Debug, PartialEq, Eq)]
pub struct Query<'q> {
    /// The cursor after which to go on.
    pub after: Option<Cow<'q, str>>,
    /// The most events in the answer to a poll.
    pub limit: usize,
    /// How long a poll waits for an event.
    pub wait: Duration,
}

impl<'q> Query<'q> {
    /// Each parameter may be there once.
    pub fn parse(query: Option<&'q str>) -> Result<Self, Problem> {
        let (mut after, mut limit, mut wait_ms) = (None, None, None);
        for (name, value) in query_pairs(query) {
            let given_before = match name {
                "after" => after.replace(text(name, value)?).is_some(),
                "limit" => limit.replace(number(name, value, LIMIT)?).is_some(),
                "wait_ms" => wait_ms.replace(number(name, value, WAIT_MS)?).is_some(),
                _ => return Err(invalid(name, "this path takes `after`, `limit` and `wait_ms`")),
            };
            if given_before {
                return Err(invalid(name, "must be given once"));
            }
        }
        Ok(Self {
            after,
            limit: limit.unwrap_or(*LIMIT.end()) as usize,
            wait: Duration::from_millis(wait_ms.unwrap_or(*WAIT_MS.start())),
        })
    }
}

fn text<'q>(name: &str, value: &'q str) -> Result<Cow<'q, str>, Problem> {
    decode(value).ok_or_else(|| invalid(name, "is not valid percent-encoding of UTF-8"))
}

fn number(name: &str, value: &str, range: RangeInclusive<u64>) -> Result<u64, Problem> {
    let is_number = value.bytes().all(|digit| digit.is_ascii_digit());
    let number = value.parse().ok().filter(|number| is_number && range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        invalid(name, format!("must be an integer from {least} to {most}"))
    })
}

/// A name that is not ours may hold what a JSON pointer escapes.
fn invalid(name: &str, detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::invalid(&format!("/query/{}", name.replace('~', "~0").replace('/', "~1")), detail)
}

#[cfg(test)]
mod tests {
    use super::Query;
    use serde_json::Value;
    use std::time::Duration;

    #[test]
    fn what_is_left_out_has_its_default() {
        let query = Query::parse(None).expect("nothing is required");
        assert_eq!(query, Query { after: None, limit: 1000, wait: Duration::ZERO });
        let query = Query::parse(Some("wait_ms=30000&after=a%2Db&limit=1")).expect("at their limits");
        assert_eq!(query, Query { after: Some("a-b".into()), limit: 1, wait: Duration::from_secs(30) });
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, pointer) in [
            ("limit=0", "/query/limit"),
            ("limit=1001", "/query/limit"),
            ("limit=", "/query/limit"),
            ("limit=+5", "/query/limit"),
            ("limit=5.0", "/query/limit"),
            ("limit=99999999999999999999", "/query/limit"),
            ("wait_ms=-1", "/query/wait_ms"),
            ("wait_ms=30001", "/query/wait_ms"),
            ("wait_ms=1&wait_ms=1", "/query/wait_ms"),
            ("after=%FF", "/query/after"),
            ("after=a&after=a", "/query/after"),
            ("cursor=a", "/query/cursor"),
            ("a/b~c=1", "/query/a~1b~0c"),
            ("After=a", "/query/After"),
        ] {
            let problem = Query::parse(Some(query)).expect_err(query).to_json();
            let problem: Value = serde_json::from_slice(&problem).expect("valid JSON");
            assert_eq!(
                (&problem["code"], &problem["pointer"]),
                (&"invalid_request".into(), &pointer.into()),
                "{query}"
            );
        }
    }
}
