//! Writes to a server in bulk: imports, and batches of operations. It must not measure, and knows nothing of why.

use crate::Error;
use std::time::Duration;

/// Lines of an import and operations of a batch that go together.
const CHUNK: usize = 10_000;
const TIMEOUT: Duration = Duration::from_secs(120);

/// Sets units on hand for each of these SKUs, in their location `default`.
pub(crate) fn stock(api: &str, skus: impl Iterator<Item = String>, units: u64) -> Result<(), Error> {
    let lines = skus.map(|sku| format!(r#"{{"sku":"{sku}","location":"default","on_hand":{units}}}"#));
    in_chunks(lines, |lines| {
        let answer = post(api, "/v1/stock/import", lines)?;
        expect("import the stock", &answer, answer.contains(r#""refused":0"#))
    })
}

/// Carries out operations, none of which may be refused.
pub(crate) fn operations(
    api: &str,
    attempt: &'static str,
    operations: impl Iterator<Item = String>,
) -> Result<(), Error> {
    in_chunks(operations, |lines| {
        let answer = post(api, "/v1/batch", lines)?;
        let refused = answer.contains(r#""status":4"#) || answer.contains(r#""status":5"#);
        expect(attempt, &answer, !refused)
    })
}

fn in_chunks(
    mut lines: impl Iterator<Item = String>,
    mut send: impl FnMut(String) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        let chunk: String = lines.by_ref().take(CHUNK).map(|line| line + "\n").collect();
        if chunk.is_empty() {
            return Ok(());
        }
        send(chunk)?;
    }
}

fn post(api: &str, path: &str, lines: String) -> Result<String, Error> {
    let failed = |problem: ureq::Error| Error::Connection { address: api.to_owned(), problem: problem.to_string() };
    let request = ureq::post(format!("{api}{path}")).config().timeout_global(Some(TIMEOUT)).build();
    let request = request.header("content-type", "application/x-ndjson").header("prefer", "return=minimal");
    let mut answer = request.send(lines).map_err(failed)?;
    answer.body_mut().with_config().limit(64 << 20).read_to_string().map_err(failed)
}

fn expect(attempt: &'static str, answer: &str, is_as_expected: bool) -> Result<(), Error> {
    if is_as_expected {
        return Ok(());
    }
    Err(Error::Answer { attempt, answer: answer.chars().take(300).collect() })
}
