//! The fields as JSON Schema, from the constants by which they parse. It knows no route.

use std::borrow::Cow;

use ledger::{MAX_CHANNEL_QUOTAS, MAX_IDENTIFIER_BYTES, MAX_LINES, MAX_TEXT_BYTES};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Alphabet, Figure, FromText, Name, Object, WantFields, Wants, Whole, Word, Words};
use crate::api::lists::Quotas;

const IDENTIFIER: &str = "^[A-Za-z0-9._:-]+$";
const TEXT: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

impl<T: FromText> JsonSchema for Name<T> {
    fn schema_name() -> Cow<'static, str> {
        match T::ALPHABET {
            Alphabet::Identifier => "Identifier".into(),
            Alphabet::Text => "Text".into(),
        }
    }

    fn schema_id() -> Cow<'static, str> {
        Self::schema_name()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (pattern, most, description) = match T::ALPHABET {
            Alphabet::Identifier => (
                IDENTIFIER,
                MAX_IDENTIFIER_BYTES,
                format!("A name: 1 to {MAX_IDENTIFIER_BYTES} of `A-Z a-z 0-9 . _ : -`"),
            ),
            Alphabet::Text => {
                (TEXT, MAX_TEXT_BYTES, format!("1 to {MAX_TEXT_BYTES} bytes of UTF-8 without control characters"))
            }
        };
        json_schema!({
            "description": description,
            "type": "string",
            "minLength": 1,
            "maxLength": most,
            "pattern": pattern,
        })
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole_{MIN}_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

impl<T: Words> JsonSchema for Word<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json_schema!({"type": "string", "enum": words})
    }
}

impl<T: JsonSchema> JsonSchema for Object<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl JsonSchema for Wants {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lines".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let line = generator.subschema_for::<WantFields>();
        json_schema!({"type": "array", "minItems": 1, "maxItems": MAX_LINES, "items": line})
    }
}

impl JsonSchema for Quotas {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ChannelQuotas".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (channel, units) =
            (generator.subschema_for::<Name<ledger::Channel>>(), generator.subschema_for::<Figure>());
        json_schema!({
            "type": "object",
            "maxProperties": MAX_CHANNEL_QUOTAS,
            "propertyNames": channel,
            "additionalProperties": units,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Whole};
    use crate::api::input;
    use ledger::{Sku, Text};
    use schemars::{JsonSchema, SchemaGenerator};
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    /// Schema and parser must say the same of every value.
    fn agree<T: JsonSchema + DeserializeOwned>(values: impl IntoIterator<Item = Value>) {
        let schema = T::json_schema(&mut SchemaGenerator::default());
        let validator = jsonschema::validator_for(schema.as_value()).expect("a schema");
        for value in values {
            let parses = input::parse_value::<T>(value.to_string().as_bytes()).is_ok();
            assert_eq!(validator.is_valid(&value), parses, "{value}");
        }
    }

    #[test]
    fn names_are_what_their_patterns_say() {
        let characters = || (0..0x250).filter_map(char::from_u32).map(|character| json!(format!("a{character}")));
        let lengths = || [0, 1, 64, 65, 255, 256].map(|length| json!("x".repeat(length)));
        agree::<Name<Sku>>(characters().chain(lengths()).chain([json!(1), Value::Null]));
        agree::<Name<Text>>(characters().chain(lengths()).chain([json!(1), Value::Null]));
    }

    #[test]
    fn numbers_have_their_ranges() {
        let numbers = [json!(-4), json!(-3), json!(0), json!(7), json!(8), json!(0.5), json!("1"), json!(u64::MAX)];
        agree::<Whole<-3, 7>>(numbers.clone());
        agree::<Whole<0, { i64::MAX }>>(numbers);
    }
}
