//! An operation of a batch as JSON Schema: a verb's own fields, with `op` and `id` beside them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::MAX_OPERATIONS;
use super::operation::{Op, Operation};
use crate::api::fields::{Name, Words};
use crate::api::{cancel, confirm, extend, fulfil, payment_started, release, reserve};

impl JsonSchema for Operation {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let variants: Vec<_> = Op::WORDS.iter().map(|&(word, op)| variant(word, op, generator)).collect();
        json_schema!({
            "description": "A verb on one reservation; only a `reserve` may leave `id` out, and gets one.",
            "oneOf": variants,
        })
    }
}

fn variant(word: &str, op: Op, generator: &mut SchemaGenerator) -> Schema {
    let mut fields = fields(op, generator);
    let id = generator.subschema_for::<Option<Name<ledger::ReservationId>>>();
    let given_id = generator.subschema_for::<Name<ledger::ReservationId>>();
    let (id, required) = match op {
        Op::Reserve => (id, json!(["op"])),
        _ => (given_id, json!(["op", "id"])),
    };
    let mut properties = Map::new();
    properties.insert("op".to_owned(), json!({"type": "string", "const": word}));
    properties.insert("id".to_owned(), id.to_value());
    let own = fields.ensure_object();
    if let Some(Value::Object(verbs)) = own.remove("properties") {
        properties.extend(verbs);
    }
    let verbs = own.remove("required").and_then(|names| names.as_array().cloned()).unwrap_or_default();
    let required: Vec<_> = required.as_array().cloned().unwrap_or_default().into_iter().chain(verbs).collect();
    own.insert("title".to_owned(), word.into());
    own.insert("properties".to_owned(), properties.into());
    own.insert("required".to_owned(), required.into());
    fields
}

fn fields(op: Op, generator: &mut SchemaGenerator) -> Schema {
    match op {
        Op::Reserve => reserve::Fields::json_schema(generator),
        Op::Confirm => confirm::Fields::json_schema(generator),
        Op::Release => release::Fields::json_schema(generator),
        Op::Extend => extend::Fields::json_schema(generator),
        Op::PaymentStarted => payment_started::Fields::json_schema(generator),
        Op::Cancel => cancel::Fields::json_schema(generator),
        Op::Fulfil => fulfil::Fields::json_schema(generator),
    }
}

/// A batch as one document.
pub struct BatchBody;

impl JsonSchema for BatchBody {
    fn schema_name() -> Cow<'static, str> {
        "Batch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let operation = generator.subschema_for::<Operation>();
        json_schema!({
            "description": "Verbs, applied in order per reservation and otherwise independent of each other.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "operations": {"type": "array", "minItems": 1, "maxItems": MAX_OPERATIONS, "items": operation},
            },
            "required": ["operations"],
        })
    }
}
