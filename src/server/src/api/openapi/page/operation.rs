//! One endpoint on the page: what it takes, an example, and what it answers.

use std::fmt::Write;

use serde_json::Value;

use super::html::{code, escape, paragraphs, sentence};
use super::{curl, list, members, resolve, text, types};

/// The section of an operation.
pub fn section(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    format!(
        "<article id=\"{id}\">\n<h3><span class=\"method {class}\">{class}</span> {path}</h3>\n\
         <p class=\"summary\">{summary}.</p>\n{description}{parameters}{body}<pre>{example}</pre>\n{answers}</article>\n",
        id = escape(text(&operation["operationId"])),
        class = escape(method),
        path = code(path),
        summary = escape(text(&operation["summary"])),
        description = paragraphs(text(&operation["description"])),
        parameters = parameters(document, operation),
        body = body(&operation["requestBody"]),
        example = escape(&curl::example(document, path, method, operation)),
        answers = answers(document, operation),
    )
}

fn parameters(document: &Value, operation: &Value) -> String {
    let mut rows = String::new();
    for parameter in list(&operation["parameters"]).map(|parameter| resolve(document, parameter)) {
        let mark = if parameter["required"] == true { " <b title=\"required\">*</b>" } else { "" };
        // Writing into memory has no way to fail.
        let _ = writeln!(
            rows,
            "<tr><td>{}{mark}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            code(text(&parameter["name"])),
            escape(text(&parameter["in"])),
            types::of(&parameter["schema"]),
            sentence(text(&parameter["description"])),
        );
    }
    if rows.is_empty() {
        return rows;
    }
    format!("<table>\n<tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr>\n{rows}</table>\n")
}

fn body(body: &Value) -> String {
    let mut lines = String::new();
    for (media_type, media) in members(&body["content"]) {
        let schema = &media["schema"];
        let lines_of = &schema["contentSchema"]["items"];
        let schema = if lines_of.is_object() { format!("lines of {}", types::of(lines_of)) } else { types::of(schema) };
        let optional = if body["required"] == true { "" } else { ", may be left out" };
        let _ = writeln!(lines, "<p>Body: {}: {schema}{optional}</p>", code(media_type));
    }
    lines
}

fn answers(document: &Value, operation: &Value) -> String {
    let mut rows = String::new();
    for (status, answer) in members(&operation["responses"]) {
        let headers: Vec<_> = members(&answer["headers"]).map(|(name, _)| code(name)).collect();
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(status),
            meaning(document, answer),
            headers.join(", "),
        );
    }
    format!("<table>\n<tr><th>Status</th><th>Answer</th><th>Headers</th></tr>\n{rows}</table>\n")
}

/// What an answer says: for problems their codes, for the rest a sentence and the body's type.
fn meaning(document: &Value, answer: &Value) -> String {
    let problem = &answer["content"]["application/problem+json"]["schema"];
    if problem.is_object() {
        let several = problem["oneOf"].as_array().map_or(std::slice::from_ref(problem), Vec::as_slice);
        let words = several.iter().map(|schema| text(&resolve(document, schema)["properties"]["code"]["const"]));
        let links = words.map(|word| format!("<a href=\"#problem-{}\">{}</a>", escape(word), code(word)));
        return links.collect::<Vec<_>>().join(", ");
    }
    let bodies = members(&answer["content"])
        .map(|(media_type, media)| format!("{}: {}", code(media_type), types::of(&media["schema"])));
    let sentence = format!("{}.", sentence(text(&answer["description"])));
    std::iter::once(sentence).chain(bodies).collect::<Vec<_>>().join("<br>")
}
