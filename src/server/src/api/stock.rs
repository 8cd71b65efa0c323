//! `GET /v1/skus/{sku}` and `GET /v1/skus?ids=`: stock as it is now, unless asked for as it was.

use engine::Request;
use hyper::StatusCode;
use hyper::header::ETAG;
use ledger::{Millis, Refusal, Sku};

use super::fields::FromText;
use super::query::{Query, TIME_MS};
use super::stock_at::{self, AS_OF_MS};
use super::{Call, answer, input, refusal, write};
use crate::http::{Problem, Reply, decode, etag, json, query_pairs};

/// SKUs that one request may ask for.
pub const MAX_IDS: usize = 1000;

/// One SKU, now or then; nothing but its `ETag` for a client that has these figures already.
pub async fn get(call: Call<'_>) -> Result<Reply, Problem> {
    let sku = input::path_name(call.target.name, "/path/sku")?;
    let query = Query::parse(call.head.uri.query(), &[AS_OF_MS])?;
    let reply = match query.number(AS_OF_MS, TIME_MS)? {
        Some(at) => stock_at::at(call, sku, Millis(at)).await?,
        None => current(call, sku).await?,
    };
    Ok(etag::unless_known(&call.head.headers, reply))
}

/// One SKU, with an `ETag` over its figures.
pub async fn current(call: Call<'_>, sku: Sku) -> Result<Reply, Problem> {
    let request = Request::Stock(vec![sku.clone()]);
    let mut view = answer::stock(call.api.desk.ask(call.engine, request).await)?;
    let Some(stock) = view.found.pop().flatten() else {
        return Err(refusal::problem(Refusal::UnknownSku { sku, location: None }));
    };
    let mut body = Vec::with_capacity(96 + 224 * stock.locations.len());
    write::sku(&mut body, &stock);
    // Weak: the figures are the same, though the log has gone on since.
    let etag = etag::weak(&body);
    write::number_member(&mut body, b",\"as_of_lsn\":", view.as_of.0);
    body.push(b'}');
    let mut reply = json(StatusCode::OK, body);
    reply.headers_mut().insert(ETAG, etag);
    Ok(reply)
}

/// Several SKUs at one instant, in the order asked.
pub async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let skus = ids(call.head.uri.query())?;
    let view = answer::stock(call.api.desk.ask(call.engine, Request::Stock(skus.clone())).await)?;
    let found: Vec<_> = view.found.iter().flatten().collect();
    let unknown: Vec<_> =
        skus.iter().zip(&view.found).filter_map(|(sku, found)| found.is_none().then_some(sku)).collect();
    let mut body = Vec::with_capacity(64 + 320 * found.len() + 24 * unknown.len());
    body.extend_from_slice(b"{\"skus\":");
    write::list(&mut body, &found, |body, stock| {
        write::sku(body, stock);
        write::number_member(body, b",\"as_of_lsn\":", view.as_of.0);
        body.push(b'}');
    });
    body.extend_from_slice(b",\"unknown\":");
    write::list(&mut body, &unknown, |body, sku| write::text_member(body, b"", sku.as_str()));
    body.push(b'}');
    Ok(json(StatusCode::OK, body))
}

fn ids(query: Option<&str>) -> Result<Vec<Sku>, Problem> {
    const POINTER: &str = "/query/ids";
    let mut ids = None;
    for (name, value) in query_pairs(query) {
        if name != "ids" {
            return Err(Problem::invalid("/query", "this path takes the query parameter `ids` only"));
        }
        if ids.replace(value).is_some() {
            return Err(Problem::invalid(POINTER, "must be given once, its SKUs separated by commas"));
        }
    }
    let Some(ids) = ids else { return Err(Problem::invalid(POINTER, "name the SKUs, separated by commas")) };
    let ids = decode(ids).ok_or_else(|| Problem::invalid(POINTER, "is not valid percent-encoding of UTF-8"))?;
    if ids.split(',').nth(MAX_IDS).is_some() {
        return Err(Problem::invalid(POINTER, format!("must name at most {MAX_IDS} SKUs")));
    }
    let parse = |id| Sku::from_text(id).map_err(|error| Problem::invalid(POINTER, error.to_string()));
    ids.split(',').map(parse).collect()
}
