//! `GET /v1/skus/{sku}?as_of_ms=`: what a SKU had at an earlier instant.

use hyper::StatusCode;
use hyper::header::ETAG;
use ledger::{Millis, Refusal, Sku, SkuStock};

use super::query::invalid;
use super::store_reads::{Covered, StoreRead, untold, up_to_now};
use super::{Call, refusal, write};
use crate::http::{Problem, Reply, etag, json};

/// The name of the instant.
pub const AS_OF_MS: &str = "as_of_ms";

/// The SKU's figures after all that had happened by the end of that millisecond.
pub async fn at(call: Call<'_>, sku: Sku, at: Millis) -> Result<Reply, Problem> {
    let now = call.engine.now();
    if at > now {
        return Err(invalid(AS_OF_MS, format!("must not be later than now, which is {} here", now.0)));
    }
    let durable = up_to_now(call.engine).await;
    let asked = sku.clone();
    let then = call.read_store(StoreRead::StockAt, move |store| store.stock_at(&asked, at)).await?;
    let then = then.map_err(untold)?;
    if !(Covered { as_of: then.as_of, until: then.until }).reaches(at, durable) {
        return Err(call.store_behind());
    }
    if then.rows.is_empty() {
        return Err(refusal::problem(Refusal::UnknownSku { sku, location: None }));
    }
    let stock = SkuStock { sku, locations: then.rows.into(), rules: None };
    let mut body = Vec::with_capacity(96 + 224 * stock.locations.len());
    write::balances(&mut body, &stock);
    write::number_member(&mut body, b",\"as_of_ms\":", at.0);
    let etag = etag::weak(&body);
    write::number_member(&mut body, b",\"as_of_lsn\":", then.as_of.0);
    body.push(b'}');
    let mut reply = json(StatusCode::OK, body);
    reply.headers_mut().insert(ETAG, etag);
    Ok(reply)
}
