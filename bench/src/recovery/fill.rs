//! Gives a server what it will have to recover. It must not measure.

use crate::{Error, bulk};

/// Reservations that are extended together.
const STRETCH: u64 = 10_000;

/// A million units of each SKU, so that nothing sells out.
pub(super) fn stock(api: &str, skus: u64) -> Result<(), Error> {
    bulk::stock(api, (0..skus).map(|sku| format!("sku-{sku}")), 1_000_000)
}

/// One unit a reservation, over all SKUs in turn.
pub(super) fn reserve(api: &str, skus: u64, reservations: u64) -> Result<(), Error> {
    let operation = |number| {
        let sku = number % skus;
        format!(
            r#"{{"op":"reserve","id":"r-{number}","ttl_ms":80000000,"lines":[{{"sku":"sku-{sku}","quantity":1}}]}}"#
        )
    };
    bulk::operations(api, "make the reservations", (0..reservations).map(operation))
}

/// Extends a stretch of the reservations, and says how many records that made.
pub(super) fn extend(api: &str, reservations: u64, from: u64) -> Result<u64, Error> {
    let count = STRETCH.min(reservations);
    // Each time longer than the last, or it would change nothing.
    let ttl = 80_000_001 + from / reservations;
    let operation = |number| format!(r#"{{"op":"extend","id":"r-{}","ttl_ms":{ttl}}}"#, number % reservations);
    bulk::operations(api, "extend the reservations", (from..from + count).map(operation))?;
    Ok(count)
}
