//! What the document says of each endpoint. A new endpoint does not compile until it is described.

mod contract;
mod reservations;
mod sales;
mod stock;

use serde_json::Value;

use super::schemas::Schemas;
use crate::api::route::Endpoint;

/// The endpoint's operation.
pub fn describe(endpoint: Endpoint, schemas: &mut Schemas) -> Value {
    let operation = match endpoint {
        Endpoint::Reserve => reservations::reserve(schemas),
        Endpoint::ReserveAs => reservations::reserve_as(schemas),
        Endpoint::Reservation => reservations::reservation(schemas),
        Endpoint::Reservations => reservations::list(schemas),
        Endpoint::Confirm => reservations::confirm(schemas),
        Endpoint::Release => reservations::release(schemas),
        Endpoint::Extend => reservations::extend(schemas),
        Endpoint::PaymentStarted => reservations::payment_started(schemas),
        Endpoint::Cancel => reservations::cancel(schemas),
        Endpoint::Fulfil => reservations::fulfil(schemas),
        Endpoint::Batch => reservations::batch(schemas),
        Endpoint::Sku => stock::sku(schemas),
        Endpoint::SkuHistory => stock::history(schemas),
        Endpoint::Skus => stock::skus(schemas),
        Endpoint::SetSku => stock::set_sku(schemas),
        Endpoint::DeleteSku => stock::delete_sku(schemas),
        Endpoint::SetStock => stock::set_stock(schemas),
        Endpoint::Adjust => stock::adjust(schemas),
        Endpoint::Import => stock::import(schemas),
        Endpoint::Sale => sales::sale(schemas),
        Endpoint::SetSale => sales::set_sale(schemas),
        Endpoint::Events => contract::events(schemas),
        Endpoint::OpenApi => contract::openapi(schemas),
        Endpoint::Docs => contract::docs(schemas),
    };
    operation.into_json(endpoint)
}

/// The schema of many JSON texts, one a line.
fn lines_of(item: Value, description: &str, example: &str) -> Value {
    serde_json::json!({
        "schema": {
            "type": "string",
            "description": description,
            "contentMediaType": super::operation::NDJSON,
            "contentSchema": {"type": "array", "items": item},
        },
        "example": example,
    })
}
