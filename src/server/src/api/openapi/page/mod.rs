//! The document as a page for people: one file, no script, nothing from elsewhere. It reads the
//! document and knows nothing else, so that it cannot say anything different.
#![expect(clippy::format_push_string, clippy::format_collect, reason = "made once: what reads best is best")]

mod curl;
mod html;
mod operation;
mod types;

use serde_json::Value;
use sha2::{Digest, Sha256};

use html::{code, escape, paragraphs};

const STYLE: &str = include_str!("style.css");

/// What the browser may do with the page: apply its own style, and nothing else.
pub fn policy() -> String {
    let hash = html::base64(&Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page.
pub fn render(document: &Value) -> String {
    let info = &document["info"];
    let title = escape(text(&info["title"]));
    let description = paragraphs(text(&info["description"]));
    let (overview, operations) = (overview(document), operations(document));
    let (schemas, problems) = (schemas(document), problems(document));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} {version}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title} <small>{version}</small></h1>\n{description}\
         <p>For machines: <a href=\"/openapi.json\">/openapi.json</a>, OpenAPI {openapi}.</p></header>\n\
         <main>\n{overview}{operations}\
         <section id=\"problems\"><h2>Problems</h2>\n{problems}</section>\n\
         <section id=\"schemas\"><h2>Schemas</h2>\n{schemas}</section>\n</main>\n</body>\n</html>\n",
        version = escape(text(&info["version"])),
        openapi = escape(text(&document["openapi"])),
    )
}

/// A table of all endpoints.
fn overview(document: &Value) -> String {
    let mut rows = String::new();
    for (path, method, operation) in each_operation(document) {
        rows += &format!(
            "<tr><td class=\"method {method}\">{method}</td><td><a href=\"#{id}\">{path}</a></td><td>{summary}</td></tr>\n",
            id = escape(text(&operation["operationId"])),
            method = escape(method),
            path = code(path),
            summary = escape(text(&operation["summary"])),
        );
    }
    format!("<nav><table>\n<tr><th>Method</th><th>Path</th><th>What it does</th></tr>\n{rows}</table></nav>\n")
}

fn operations(document: &Value) -> String {
    let mut sections = String::new();
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        sections += &format!("<h2>{}</h2>\n{}", escape(name), paragraphs(text(&tag["description"])));
        for (path, method, operation) in each_operation(document) {
            if operation["tags"][0] == *name {
                sections += &operation::section(document, path, method, operation);
            }
        }
    }
    sections
}

/// The schemas that are not problems, each with its fields.
fn schemas(document: &Value) -> String {
    let mut sections = String::new();
    for (name, schema) in members(&document["components"]["schemas"]).filter(|(_, schema)| code_of(schema).is_none()) {
        sections += &format!(
            "<article id=\"schema-{name}\"><h3>{name}</h3>\n{description}{fields}</article>\n",
            name = escape(name),
            description = paragraphs(text(&schema["description"])),
            fields = types::described(schema),
        );
    }
    sections
}

/// A table of all codes, with what each adds.
fn problems(document: &Value) -> String {
    let mut rows: Vec<_> = members(&document["components"]["schemas"])
        .filter_map(|(_, schema)| Some((schema["properties"]["status"]["const"].as_u64()?, code_of(schema)?, schema)))
        .collect();
    rows.sort_by_key(|(status, word, _)| (*status, *word));
    let mut table = String::from("<table>\n<tr><th>Status</th><th>Code</th><th>Meaning</th><th>Adds</th></tr>\n");
    for (status, word, schema) in rows {
        let common = ["type", "title", "status", "detail", "code"];
        let added = members(&schema["properties"]).filter(|(name, _)| !common.contains(name));
        let added: Vec<_> = added.map(|(name, field)| format!("{}: {}", code(name), types::of(field))).collect();
        table += &format!(
            "<tr id=\"problem-{word}\"><td>{status}</td><td>{name}</td><td>{meaning}</td><td>{added}</td></tr>\n",
            word = escape(word),
            name = code(word),
            meaning = escape(text(&schema["description"])),
            added = added.join("<br>"),
        );
    }
    table + "</table>\n"
}

/// The code of a problem's schema.
fn code_of(schema: &Value) -> Option<&str> {
    schema["properties"]["code"]["const"].as_str()
}

fn each_operation(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(&document["paths"])
        .flat_map(|(path, methods)| members(methods).map(move |(method, operation)| (path, method, operation)))
}

/// What a reference leads to; anything else is itself.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

#[cfg(test)]
mod tests {
    use super::{each_operation, policy, render};
    use crate::api::openapi::document::document;
    use crate::api::openapi::problems::OF_THE_GATEWAY;
    use crate::http::Code;
    use serde_json::json;

    #[test]
    fn every_operation_and_every_code_has_its_place_and_every_link_leads_there() {
        let document = document();
        let page = render(&document);
        for (_, _, operation) in each_operation(&document) {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        }
        for code in Code::ALL.iter().filter(|code| !OF_THE_GATEWAY.contains(code)) {
            assert!(page.contains(&format!("id=\"problem-{}\"", code.word())), "{code:?}");
        }
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
        }
    }

    #[test]
    fn whatever_the_document_holds_stays_text() {
        let evil = "<script>\"'&";
        let page = render(&json!({
            "openapi": evil,
            "info": {"title": evil, "version": evil, "description": evil},
            "tags": [{"name": evil, "description": evil}],
            "paths": {evil: {"get": {
                "tags": [evil], "summary": evil, "description": format!("{evil}`{evil}`"), "operationId": evil,
                "parameters": [{"name": evil, "in": evil, "description": evil, "schema": {"type": evil}, "example": evil}],
                "requestBody": {"content": {evil: {"schema": {"enum": [evil]}, "example": evil}}},
                "responses": {evil: {"description": evil, "content": {evil: {"schema": {"$ref": evil}}}}},
            }}},
            "components": {"schemas": {
                evil: {"description": evil, "properties": {evil: {"type": evil, "description": evil}}},
                "P": {"description": evil, "properties": {"code": {"const": evil}, "status": {"const": 1}, evil: {"pattern": evil}}},
            }},
        }));
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\"'&\""), "{page}");
        // Whatever is not a tag of ours is escaped: each bracket belongs to one.
        let body = page.split_once("<body>").expect("a body").1;
        assert!(!body.contains(evil) && body.contains("&lt;script&gt;&quot;&#39;&amp;"));
    }

    #[test]
    fn the_page_asks_for_nothing_from_elsewhere() {
        let page = render(&document());
        for foreign in ["http://", "https://", "<script", "<link", "<img", "@import", "url(", "style=\""] {
            assert!(!page.replace("http://127.0.0.1:7700", "").contains(foreign), "{foreign}");
        }
        assert!(policy().starts_with("default-src 'none'; style-src 'sha256-"));
    }
}
