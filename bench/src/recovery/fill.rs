//! Gives a server what it will have to recover, in bulk. It must not measure.

use crate::Error;
use std::fmt::Write;
use std::time::Duration;

/// Lines of an import and operations of a batch that go together.
const CHUNK: u64 = 10_000;
const TIMEOUT: Duration = Duration::from_secs(120);

/// A million units of each SKU, so that nothing sells out.
pub(super) fn stock(api: &str, skus: u64) -> Result<(), Error> {
    for first in (0..skus).step_by(CHUNK as usize) {
        let mut lines = String::new();
        for sku in first..skus.min(first + CHUNK) {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, r#"{{"sku":"sku-{sku}","location":"default","on_hand":1000000}}"#);
        }
        let answer = post(api, "/v1/stock/import", lines)?;
        expect("import the stock", &answer, r#""refused":0"#)?;
    }
    Ok(())
}

/// One unit a reservation, over all SKUs in turn.
pub(super) fn reserve(api: &str, skus: u64, reservations: u64) -> Result<(), Error> {
    operations(api, reservations, "make the reservations", |number| {
        let sku = number % skus;
        format!(
            r#"{{"op":"reserve","id":"r-{number}","ttl_ms":80000000,"lines":[{{"sku":"sku-{sku}","quantity":1}}]}}"#
        )
    })
}

/// Extends a stretch of the reservations, and says how many records that made.
pub(super) fn extend(api: &str, reservations: u64, from: u64) -> Result<u64, Error> {
    let count = CHUNK.min(reservations);
    // Each time longer than the last, or it would change nothing.
    let ttl = 80_000_001 + from / reservations;
    operations(api, count, "extend the reservations", |number| {
        format!(r#"{{"op":"extend","id":"r-{}","ttl_ms":{ttl}}}"#, (from + number) % reservations)
    })?;
    Ok(count)
}

fn operations(api: &str, count: u64, attempt: &'static str, operation: impl Fn(u64) -> String) -> Result<(), Error> {
    for first in (0..count).step_by(CHUNK as usize) {
        let lines: String = (first..count.min(first + CHUNK)).map(|number| operation(number) + "\n").collect();
        let answer = post(api, "/v1/batch", lines)?;
        if answer.contains(r#""status":4"#) || answer.contains(r#""status":5"#) {
            return Err(Error::Answer { attempt, answer: answer.chars().take(300).collect() });
        }
    }
    Ok(())
}

fn post(api: &str, path: &str, lines: String) -> Result<String, Error> {
    let failed = |problem: ureq::Error| Error::Connection { address: api.to_owned(), problem: problem.to_string() };
    let request = ureq::post(format!("{api}{path}")).config().timeout_global(Some(TIMEOUT)).build();
    let request = request.header("content-type", "application/x-ndjson").header("prefer", "return=minimal");
    let mut answer = request.send(lines).map_err(failed)?;
    answer.body_mut().with_config().limit(64 << 20).read_to_string().map_err(failed)
}

fn expect(attempt: &'static str, answer: &str, part: &str) -> Result<(), Error> {
    if answer.contains(part) {
        return Ok(());
    }
    Err(Error::Answer { attempt, answer: answer.chars().take(300).collect() })
}
