//! Schemas in words: what a value may be, and the fields of an object in a table.

use std::fmt::Write;

use serde_json::Value;

use super::html::{code, escape, sentence};
use super::{list, members, text};

/// What a value may be, as HTML.
pub fn of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return choices.iter().map(of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(constant) = schema.get("const") {
        return code(&constant.to_string());
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| code(&word.to_string())).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(|kind| of_kind(text(kind), schema)).collect::<Vec<_>>().join(" or "),
        kind => of_kind(text(kind), schema),
    }
}

fn of_kind(kind: &str, schema: &Value) -> String {
    let mut words = match kind {
        "array" => format!("list of {}", of(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("object of {} to {}", of(&schema["propertyNames"]), of(&schema["additionalProperties"]))
        }
        "" => "anything".to_owned(),
        other => escape(other),
    };
    if kind == "null" {
        return words;
    }
    let bound = |name: &str| schema[name].as_i64();
    let (least, most) = match kind {
        "integer" => (bound("minimum"), bound("maximum").filter(|most| *most != i64::MAX)),
        "string" => (bound("minLength"), bound("maxLength")),
        "array" => (bound("minItems"), bound("maxItems")),
        "object" => (None, bound("maxProperties")),
        _ => (None, None),
    };
    let unit = match kind {
        "string" => " characters",
        "array" | "object" => " entries",
        _ => "",
    };
    // Writing into memory has no way to fail.
    let _ = match (least, most) {
        (Some(least), Some(most)) => write!(words, ", {} to {}{unit}", grouped(least), grouped(most)),
        (Some(least), None) => write!(words, ", at least {}{unit}", grouped(least)),
        (None, Some(most)) => write!(words, ", at most {}{unit}", grouped(most)),
        (None, None) => Ok(()),
    };
    if let Some(pattern) = schema["pattern"].as_str() {
        let _ = write!(words, ", {}", code(pattern));
    }
    words
}

/// A number as people read it: `1,000,000`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A schema at length: the fields of an object, of each of several, or what a value may be.
pub fn described(schema: &Value) -> String {
    if let Some(variants) = schema["oneOf"].as_array() {
        return variants
            .iter()
            .map(|variant| format!("<h4>{}</h4>\n{}", escape(text(&variant["title"])), fields(variant)))
            .collect();
    }
    if schema["properties"].is_object() { fields(schema) } else { format!("<p>{}</p>\n", of(schema)) }
}

/// The fields of an object.
fn fields(schema: &Value) -> String {
    let required: Vec<_> = list(&schema["required"]).map(text).collect();
    let mut rows = String::new();
    for (name, field) in members(&schema["properties"]) {
        let mark = if required.contains(&name) { " <b title=\"required\">*</b>" } else { "" };
        let _ = writeln!(
            rows,
            "<tr><td>{}{mark}</td><td>{}</td><td>{}</td></tr>",
            code(name),
            of(field),
            sentence(text(&field["description"])),
        );
    }
    if rows.is_empty() {
        return "<p>No fields.</p>\n".to_owned();
    }
    format!("<table>\n<tr><th>Field</th><th>Type</th><th>Meaning</th></tr>\n{rows}</table>\n")
}

#[cfg(test)]
mod tests {
    use super::{grouped, of};
    use serde_json::json;

    #[test]
    fn types_are_said_in_words() {
        for (schema, words) in [
            (json!({"type": "integer", "minimum": 1, "maximum": 1_000_000}), "integer, 1 to 1,000,000"),
            (json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}), "integer, at least 0"),
            (json!({"type": ["boolean", "null"]}), "boolean or null"),
            (json!({"anyOf": [{"$ref": "#/a/B"}, {"type": "null"}]}), "<a href=\"#schema-B\">B</a> or null"),
            (
                json!({"type": "array", "minItems": 1, "items": {"type": "string"}}),
                "list of string, at least 1 entries",
            ),
            (json!({"type": "string", "enum": ["a", "b"]}), "<code>&quot;a&quot;</code> or <code>&quot;b&quot;</code>"),
            (json!({"type": "string", "pattern": "^<$"}), "string, <code>^&lt;$</code>"),
        ] {
            assert_eq!(of(&schema), words);
        }
    }

    #[test]
    fn long_numbers_are_grouped() {
        let texts = [0, 999, 1000, -1_000_000_000].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "-1,000,000,000"]);
    }
}
