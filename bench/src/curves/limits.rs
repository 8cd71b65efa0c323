//! What becomes of a server at its limits of memory: it refuses with one word in answer and metric, takes no more memory, and
//! goes on with what it has. Anything else is a broken promise.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Options;
use super::filled::{Filled, LONG_MS, hold};
use crate::Error;
use crate::load::http::{Written, ask, put, without_body};
use crate::load::{HOT_SKU, ID_PLACEHOLDER, Job, Pace, Span, run};

const CONNECTIONS: usize = 64;
const MEASURED: Duration = Duration::from_secs(3);
/// What a refusal has in its head and in its body.
const REFUSAL: [&str; 2] = ["\r\nretry-after: ", "\"code\":\"storage_full\""];
const REFUSED: &str = "tidegate_refusals_total{reason=\"storage_full\"}";
/// More than buffers and connections take that come with the load; a row for each refused one would be many times this.
const MOST_GROWTH: f64 = 64.0 * 1024.0 * 1024.0;
/// One shard has all of a limit; several share it, each a little unevenly.
const ONE_SHARD: (&str, &str) = ("TIDEGATE_ENGINE__SHARDS", "1");

/// One limit that was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The key that sets it.
    pub key: String,
    /// What it was set to.
    pub most: u64,
    /// What was refused while it was reached, all with the same word.
    pub refused: u64,
    /// Anonymous memory that came meanwhile, MiB.
    pub growth_mib: f64,
}

/// What is to be limited.
struct Case {
    key: &'static str,
    variable: &'static str,
    /// Whether the hot SKU limits its customers.
    counts_customers: bool,
    /// Whether it is SKUs that fill the server, or holds.
    of_skus: bool,
}

const CASES: [Case; 3] = [
    Case {
        key: "engine.max_reservations",
        variable: "TIDEGATE_ENGINE__MAX_RESERVATIONS",
        counts_customers: false,
        of_skus: false,
    },
    Case {
        key: "engine.max_customer_buckets",
        variable: "TIDEGATE_ENGINE__MAX_CUSTOMER_BUCKETS",
        counts_customers: true,
        of_skus: false,
    },
    Case { key: "engine.max_skus", variable: "TIDEGATE_ENGINE__MAX_SKUS", counts_customers: false, of_skus: true },
];

pub(super) fn measure(options: &Options, tell: &dyn Fn(&str)) -> Result<Vec<Limit>, Error> {
    CASES.iter().map(|case| case.measure(options, tell)).collect()
}

impl Case {
    fn measure(&self, options: &Options, tell: &dyn Fn(&str)) -> Result<Limit, Error> {
        let most = options.size.limit;
        tell(&format!("{} at {most}", self.key));
        let filled = Filled::start(options, &[ONE_SHARD, (self.variable, &most.to_string())])?;
        self.fill(&filled, most)?;
        filled.settled()?;
        let (counted, memory) = (filled.server.metric(REFUSED)?, filled.server.anonymous_bytes());
        let refused = self.press(&filled)?;
        let counted = filled.server.metric(REFUSED)? - counted;
        let growth = filled.server.anonymous_bytes() as f64 - memory as f64;
        if counted < refused as f64 {
            return Err(broken(self, &format!("{refused} were refused, and {counted} counted")));
        }
        if growth > MOST_GROWTH {
            return Err(broken(self, &format!("refusing took {growth} bytes")));
        }
        self.goes_on(&filled)?;
        Ok(Limit { key: self.key.to_owned(), most, refused, growth_mib: growth / f64::from(1 << 20) })
    }

    /// To the limit, and none is refused.
    fn fill(&self, filled: &Filled, most: u64) -> Result<(), Error> {
        filled.stock(|_| HOT_SKU.to_owned(), 1)?;
        if self.counts_customers {
            let settings = put(&format!("/v1/skus/{HOT_SKU}"), r#"{"max_per_customer":9}"#);
            expect(self, filled, &settings, 200)?;
        }
        if self.of_skus {
            filled.stock(|number| format!("S-{number}"), most - 1)?;
        }
        let holds = if self.of_skus { 1 } else { most };
        filled.operations((0..holds).map(|number| hold(&name(number), &name(number), HOT_SKU, LONG_MS)))
    }

    /// One more of what there may be no more of, each time another, and its answer.
    fn one_more(&self, status: u16) -> Written {
        if self.of_skus {
            Written::put(&format!("/v1/skus/{ID_PLACEHOLDER}/locations/default"), r#"{"on_hand":1}"#, 1, status)
        } else {
            Written::reserve(HOT_SKU, 1, LONG_MS, status)
        }
    }

    /// Many more, all of which must be refused.
    fn press(&self, filled: &Filled) -> Result<u64, Error> {
        let summary = run(&Job {
            name: self.key,
            target: &self.one_more(503),
            address: filled.address()?,
            connections: CONNECTIONS,
            pace: Pace::Closed,
            span: Span { warm_up: Duration::ZERO, measured: MEASURED },
            process: None,
        })?;
        match summary.first_error {
            Some(answer) => Err(broken(self, &format!("beyond it the answer is {answer}"))),
            None => Ok(summary.requests),
        }
    }

    /// The word, reads, what frees a place, and one more in that place.
    fn goes_on(&self, filled: &Filled) -> Result<(), Error> {
        let one_more = |id: &str| {
            if self.of_skus {
                put(&format!("/v1/skus/{id}/locations/default"), r#"{"on_hand":1}"#)
            } else {
                let line = format!(r#"{{"customer":"{id}","lines":[{{"sku":"{HOT_SKU}","quantity":1}}]}}"#);
                put(&format!("/v1/reservations/{id}"), &line)
            }
        };
        let refusal = expect(self, filled, &one_more("one-more"), 503)?;
        if let Some(missing) = REFUSAL.iter().find(|part| !refusal.contains(**part)) {
            return Err(broken(self, &format!("{missing:?} is not in {refusal}")));
        }
        expect(self, filled, &without_body("GET", &format!("/v1/skus/{HOT_SKU}")), 200)?;
        let (method, path, made) = if self.of_skus {
            ("DELETE", "/v1/skus/S-0".to_owned(), 200)
        } else {
            ("POST", format!("/v1/reservations/{}/release", name(0)), 201)
        };
        let freed = ask(filled.address()?, without_body(method, &path).as_bytes())?;
        if !(200..300).contains(&freed.0) {
            return Err(broken(self, &format!("a place cannot be freed: {}", freed.1)));
        }
        expect(self, filled, &one_more("one-more"), made)?;
        expect(self, filled, &one_more("too-many"), 503).map(|_refusal| ())
    }
}

fn name(number: u64) -> String {
    format!("r-{number}")
}

/// The answer, which must have this status.
fn expect(case: &Case, filled: &Filled, request: &str, status: u16) -> Result<String, Error> {
    let (found, answer) = ask(filled.address()?, request.as_bytes())?;
    if found == status { Ok(answer) } else { Err(broken(case, &format!("{status} was due for {request}: {answer}"))) }
}

fn broken(case: &Case, what: &str) -> Error {
    Error::Promise(format!("at {}: {what}", case.key))
}
