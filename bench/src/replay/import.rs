//! Lays in the stock of the day through the import, and opens the books with it. It must not know the plan.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hyper::Method;
use serde::Deserialize;

use super::Identifier;
use super::books::{Books, Figures};
use super::client::{Call, Client};
use super::drive::LOCATION;
use super::reconcile::fetch;
use crate::Error;

#[derive(Deserialize)]
struct Imported {
    refused: u64,
    errors: Vec<serde_json::Value>,
}

/// Makes so many units of each SKU available, on top of what an earlier replay has left held or allocated.
pub async fn import(client: &mut Client, units: &BTreeMap<Identifier, u64>) -> Result<Books, Error> {
    let skus: Vec<&str> = units.keys().map(Identifier::as_str).collect();
    let found = fetch(client, &skus).await?;

    let mut books = Books::default();
    let mut body = String::new();
    for (sku, &units) in units {
        let before = found.get(sku.as_str()).copied().unwrap_or_default();
        let start = opening(before, units as i64);
        books.open(sku, start);
        let on_hand = start.on_hand;
        // Writing to a String cannot fail.
        let _ = writeln!(
            body,
            r#"{{"sku":"{sku}","location":"{LOCATION}","on_hand":{on_hand},"safety_stock":0,"backorder_limit":0,"unavailable":0}}"#
        );
    }
    let call = Call {
        method: Method::POST,
        path: "/v1/stock/import".to_owned(),
        content_type: Some("application/x-ndjson"),
        idempotency_key: None,
        body: body.into(),
    };
    let answer: Imported = client.send(&call).await?.read("import the stock")?;
    if answer.refused == 0 {
        return Ok(books);
    }
    let first = answer.errors.first().map(ToString::to_string).unwrap_or_default();
    Err(Error::Answer {
        attempt: "import the stock",
        answer: format!("{} lines refused, the first: {first}", answer.refused),
    })
}

fn opening(before: Figures, available: i64) -> Figures {
    let Figures { held, allocated, .. } = before;
    Figures { on_hand: available + held + allocated, held, allocated, available }
}
