//! What a consumer asks for: from where, how much, how long it waits. It knows nothing of cursors
//! but that they are texts.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::api::query;
use crate::http::Problem;

/// Events in the answer to a poll.
pub const LIMIT: RangeInclusive<u64> = 1..=1000;

/// How long a poll may wait.
pub const WAIT_MS: RangeInclusive<u64> = 0..=30_000;

/// The query of a request for events, checked but for the cursor.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    /// The cursor after which to go on.
    pub after: Option<String>,
    /// The most events in the answer to a poll.
    pub limit: usize,
    /// How long a poll waits for an event.
    pub wait: Duration,
}

impl Query {
    /// Each parameter may be there once.
    pub fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let query = query::Query::parse(query, &["after", "limit", "wait_ms"])?;
        Ok(Self {
            after: query.text("after").map(str::to_owned),
            limit: query.number("limit", LIMIT)?.unwrap_or(*LIMIT.end()) as usize,
            wait: Duration::from_millis(query.number("wait_ms", WAIT_MS)?.unwrap_or(*WAIT_MS.start())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Query;
    use std::time::Duration;

    #[test]
    fn what_is_left_out_has_its_default() {
        let query = Query::parse(None).expect("nothing is required");
        assert_eq!(query, Query { after: None, limit: 1000, wait: Duration::ZERO });
        let query = Query::parse(Some("wait_ms=30000&after=a%2Db&limit=1")).expect("at their limits");
        assert_eq!(query, Query { after: Some("a-b".into()), limit: 1, wait: Duration::from_secs(30) });
    }

    #[test]
    fn what_is_out_of_its_range_is_refused() {
        for query in ["limit=0", "limit=1001", "wait_ms=-1", "wait_ms=30001", "wait_ms=1&wait_ms=1", "cursor=a"] {
            assert!(Query::parse(Some(query)).is_err(), "{query}");
        }
    }
}
