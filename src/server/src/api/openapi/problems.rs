//! Problems as schemas: what every one has, and what each code adds. Written answers must agree:
//! the tests hold every problem of the running server against these.
#![expect(dead_code, reason = "only the shape of these types is of interest")]

use hyper::StatusCode;
use ledger::{Limit, Location, Sku};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::answers::{Cursor, Import, Result};
use super::schemas::Schemas;
use crate::api::fields::{Count, Name};
use crate::http::Code;

#[derive(JsonSchema)]
struct InvalidRequest {
    /// JSON pointer to what is wrong in the body; below `/path`, `/query` or `/headers` for the rest.
    pointer: String,
    /// What an import came to until then.
    import: Option<Import>,
    /// What the operations of a batch came to until then.
    results: Option<Vec<Result>>,
}

#[derive(JsonSchema)]
struct PayloadTooLarge {
    /// What an import came to until then.
    import: Option<Import>,
    /// What the operations of a batch came to until then.
    results: Option<Vec<Result>>,
}

#[derive(JsonSchema)]
struct UnknownSku {
    /// The SKU.
    sku: Name<Sku>,
    /// The location, where the SKU is known elsewhere.
    location: Option<Name<Location>>,
}

#[derive(JsonSchema)]
struct LimitExceeded {
    /// Which limit.
    #[schemars(with = "String", extend("enum" = [
        Limit::MaxPerOrder.as_str(), Limit::MaxPerCustomer.as_str(), Limit::ChannelQuota.as_str(),
        Limit::SaleQuota.as_str(), Limit::SaleMaxPerCustomer.as_str(), Limit::SaleChannelQuota.as_str(),
    ]))]
    limit: Limit,
    /// Of which SKU, where it is a SKU's.
    sku: Option<Name<Sku>>,
    /// Units that it still leaves.
    remaining: Count,
    /// Whether the same request was refused before, and is told the same again.
    replayed: bool,
}

#[derive(JsonSchema)]
struct SaleNotOpen {
    /// When the sale begins; absent where no sale was named or its beginning is not set.
    starts_ms: Option<Count>,
}

#[derive(JsonSchema)]
struct SaleClosed {
    /// Whether the same request was refused before, and is told the same again.
    replayed: bool,
}

#[derive(JsonSchema)]
struct InsufficientStock {
    /// Every line that cannot be served.
    shortfalls: Vec<Shortfall>,
    /// Whether the same request was refused before, and is told the same again.
    replayed: bool,
}

/// A line that cannot be served.
#[derive(JsonSchema)]
struct Shortfall {
    /// The SKU.
    sku: Name<Sku>,
    /// The location, where the line named one.
    location: Option<Name<Location>>,
    /// Units asked for.
    requested: Count,
    /// Units that there were for this line.
    available: Count,
}

#[derive(JsonSchema)]
struct IdempotencyMismatch {
    /// The first field that differs.
    field: String,
}

#[derive(JsonSchema)]
struct StaleVersion {
    /// The version that the record has; 0: it does not exist.
    version: Count,
}

#[derive(JsonSchema)]
struct EventsGone {
    /// The cursor from which everything that is kept can be read.
    oldest: Cursor,
}

#[derive(JsonSchema)]
struct HistoryGone {
    /// From when on history is kept.
    oldest_ms: Count,
}

#[derive(JsonSchema)]
struct Unavailable {
    /// Why, in a word for machines.
    reason: String,
    /// What the request counts as where it was shed: the least important goes first.
    class: Option<String>,
}

#[derive(JsonSchema)]
struct Recovering {
    /// Why, in a word for machines.
    reason: String,
    /// How far it is.
    progress: Progress,
}

/// How much of store and log is read.
#[derive(JsonSchema)]
struct Progress {
    /// Rows of the store that are loaded so far.
    loaded_rows: Count,
    /// Read of the log so far.
    read_bytes: Count,
    /// To be read of the log in all.
    total_bytes: Count,
}

#[derive(JsonSchema)]
struct NothingMore {}

/// Adds the schema of a code's problems, and refers to it.
pub fn schema(code: Code, schemas: &mut Schemas) -> Value {
    let mut own = members(code, schemas);
    let mut properties = Map::new();
    let word = code.word();
    let text = |value: &str| json!({"type": "string", "const": value});
    properties.insert("type".to_owned(), text(&format!("/problems/{word}")));
    properties.insert("title".to_owned(), text(code.title()));
    properties.insert("status".to_owned(), json!({"type": "integer", "const": code.status().as_u16()}));
    let detail = "What the client can do about it, for people.";
    properties.insert("detail".to_owned(), json!({"type": "string", "description": detail}));
    properties.insert("code".to_owned(), text(word));
    let mut required: Vec<Value> = properties.keys().map(|name| name.as_str().into()).collect();
    let own = own.ensure_object();
    if let Some(Value::Object(members)) = own.remove("properties") {
        properties.extend(members);
    }
    if let Some(Value::Array(members)) = own.remove("required") {
        required.extend(members);
    }
    let title = code.title();
    let schema = json!({"description": title, "type": "object", "properties": properties, "required": required});
    schemas.add(&format!("{code:?}Problem"), schema)
}

/// What only the gateway answers; no operation of the api has it.
#[cfg(test)]
pub const OF_THE_GATEWAY: [Code; 3] = [Code::RateLimited, Code::UpstreamFailed, Code::UpstreamTimeout];

fn members(code: Code, schemas: &mut Schemas) -> Schema {
    match code {
        Code::InvalidRequest => schemas.inline_answer::<InvalidRequest>(),
        Code::PayloadTooLarge => schemas.inline_answer::<PayloadTooLarge>(),
        Code::UnknownSku => schemas.inline_answer::<UnknownSku>(),
        Code::LimitExceeded => schemas.inline_answer::<LimitExceeded>(),
        Code::SaleNotOpen => schemas.inline_answer::<SaleNotOpen>(),
        Code::SaleClosed => schemas.inline_answer::<SaleClosed>(),
        Code::InsufficientStock => schemas.inline_answer::<InsufficientStock>(),
        Code::IdempotencyMismatch => schemas.inline_answer::<IdempotencyMismatch>(),
        Code::StaleVersion => schemas.inline_answer::<StaleVersion>(),
        Code::EventsGone => schemas.inline_answer::<EventsGone>(),
        Code::HistoryGone => schemas.inline_answer::<HistoryGone>(),
        Code::Recovering => schemas.inline_answer::<Recovering>(),
        Code::Overloaded | Code::Draining | Code::StorageFailed | Code::StorageFull => {
            schemas.inline_answer::<Unavailable>()
        }
        Code::NotFound
        | Code::UnknownSale
        | Code::ReservationNotFound
        | Code::MethodNotAllowed
        | Code::ReservationHeld
        | Code::ReservationConfirmed
        | Code::ReservationReleased
        | Code::ReservationExpired
        | Code::ReservationCancelled
        | Code::ReservationFulfilled
        | Code::OnHandNegative
        | Code::SkuInUse
        | Code::StoreBehind
        | Code::UnsupportedMediaType
        | Code::HeadersTooLarge
        | Code::RateLimited
        | Code::UpstreamFailed
        | Code::UpstreamTimeout => schemas.inline_answer::<NothingMore>(),
    }
}

/// The answers that problems are, one for each status.
pub fn answers(codes: &[Code], schemas: &mut Schemas) -> Vec<(StatusCode, Value)> {
    let mut codes = codes.to_vec();
    codes.sort_by_key(|code| code.status());
    let by_status = codes.chunk_by(|one, other| one.status() == other.status());
    by_status.map(|codes| (codes[0].status(), answer(codes, schemas))).collect()
}

fn answer(codes: &[Code], schemas: &mut Schemas) -> Value {
    let words: Vec<_> = codes.iter().map(|code| format!("`{}`", code.word())).collect();
    let references: Vec<_> = codes.iter().map(|code| schema(*code, schemas)).collect();
    let schema = match references.as_slice() {
        [only] => only.clone(),
        several => {
            let pairs = codes.iter().zip(several);
            let mapping: Map<_, _> = pairs.map(|(code, to)| (code.word().to_owned(), to["$ref"].clone())).collect();
            json!({"oneOf": several, "discriminator": {"propertyName": "code", "mapping": mapping}})
        }
    };
    let mut answer = json!({
        "description": words.join(", "),
        "content": {"application/problem+json": {"schema": schema}},
    });
    if codes[0].status() == StatusCode::SERVICE_UNAVAILABLE {
        answer["headers"] = json!({"Retry-After": {"$ref": "#/components/headers/Retry-After"}});
    }
    answer
}
