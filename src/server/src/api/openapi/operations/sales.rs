//! What the document says of sales.

use hyper::StatusCode;
use serde_json::json;

use super::super::answers::Sale;
use super::super::operation::Operation;
use super::super::schemas::Schemas;
use crate::api::set_sale;
use crate::http::Code;

const TAG: &str = "Sales";

pub fn sale(schemas: &mut Schemas) -> Operation<'_> {
    Operation::new(schemas, TAG, "Look a sale up", "With its state and what is taken of it.")
        .parameter("sale")
        .reads()
        .json_answer::<Sale>(StatusCode::OK, "The sale as it is now", &[])
        .problems([Code::UnknownSale])
}

pub fn set_sale(schemas: &mut Schemas) -> Operation<'_> {
    let description = "Replaces all of them, and creates the sale as needed. A reservation that names the sale is \
        checked against its window and its limits in the same step as the stock.";
    let example = json!({
        "starts_ms": 1_767_225_600_000_u64, "ends_ms": 4_102_444_800_000_u64, "skus": ["SNEAKER-42"],
        "quota": 1000, "max_per_customer": 2,
    });
    Operation::new(schemas, TAG, "Write a sale's settings", description)
        .parameter("sale")
        .json_body::<set_sale::Body>(true, example)
        .writes()
        .json_answer::<Sale>(StatusCode::OK, "The sale as it is now", &[])
        .problems([Code::UnknownSku])
}
