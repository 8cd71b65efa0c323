//! An operation's example as a command for a shell.

use std::fmt::Write;

use serde_json::Value;

use super::{list, members, resolve, text};

/// Where `make run` serves.
const ORIGIN: &str = "http://127.0.0.1:7700";

/// The command: the parameters that have an example, and the first body.
pub fn example(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let (mut path, mut query, mut headers) = (path.to_owned(), Vec::new(), String::new());
    for parameter in list(&operation["parameters"]).map(|parameter| resolve(document, parameter)) {
        let name = text(&parameter["name"]);
        let Some(value) = parameter.get("example").map(plain) else { continue };
        match text(&parameter["in"]) {
            "path" => path = path.replace(&format!("{{{name}}}"), &value),
            "query" => query.push(format!("{name}={value}")),
            // Writing into memory has no way to fail.
            _ => drop(write!(headers, " -H {}", quoted(&format!("{name}: {value}")))),
        }
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let method = if method == "get" { String::new() } else { format!(" -X {}", method.to_ascii_uppercase()) };
    let mut command = format!("curl -s{method} {}{headers}", quoted(&format!("{ORIGIN}{path}{query}")));
    if let Some((media_type, media)) = members(&operation["requestBody"]["content"]).next() {
        let body = quoted(&plain(&media["example"]));
        let _ = write!(command, " \\\n  -H {} --data-binary {body}", quoted(&format!("Content-Type: {media_type}")));
    }
    command
}

/// A text as it is, a list with commas, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::example;
    use serde_json::json;

    #[test]
    fn the_command_has_every_example() {
        let document = json!({"components": {"parameters": {
            "id": {"name": "id", "in": "path", "example": "r-1"},
            "ids": {"name": "ids", "in": "query", "example": ["A", "B"]},
            "Key": {"name": "Key", "in": "header", "example": "it's"},
            "none": {"name": "none", "in": "query"},
        }}});
        let reference = |name: &str| json!({"$ref": format!("#/components/parameters/{name}")});
        let parameters = ["id", "ids", "Key", "none"].map(reference);
        let operation = json!({
            "parameters": parameters,
            "requestBody": {"content": {"application/json": {"example": {"a": 1}}}},
        });
        assert_eq!(
            example(&document, "/v1/x/{id}", "post", &operation),
            "curl -s -X POST 'http://127.0.0.1:7700/v1/x/r-1?ids=A,B' -H 'Key: it'\\''s' \\\n  \
             -H 'Content-Type: application/json' --data-binary '{\"a\":1}'"
        );
        assert_eq!(example(&document, "/docs", "get", &json!({})), "curl -s 'http://127.0.0.1:7700/docs'");
    }
}
