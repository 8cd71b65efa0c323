//! The document as a whole: every endpoint at its path, and what they share.

use serde_json::{Map, Value, json};

use super::operations;
use super::parameters::parameters;
use super::problems;
use super::schemas::Schemas;
use crate::api::route::Endpoint;
use crate::http::Code;

const DESCRIPTION: &str = "Tidegate owns the stock of hot SKUs in memory and decides every reservation in one atomic \
step. Each answer is durable before it is given.

Bodies are JSON in UTF-8. Times are milliseconds since the Unix epoch, in fields that end in `_ms`. Fields that are \
not known are an error; a field that may be left out may also be `null`. A body has at most 1 MiB, a batch or an \
import 64 MiB. A request without `Content-Type` is taken to be of the first type that its path takes.

Problems are `application/problem+json` with a stable `code`. Where several apply, the first of these is told: what \
is not valid, an unknown SKU or sale, the sale's window, limits, stock. Any 503 has `Retry-After`, and nothing was done \
but with `storage_failed`, where it may have been: ask again under the same key.";

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let paths = paths(&mut schemas);
    // Of no endpoint, but of every listener.
    for code in [Code::NotFound, Code::MethodNotAllowed] {
        problems::schema(code, &mut schemas);
    }
    let parameters = parameters(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tidegate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [],
        "tags": [
            {"name": "Reservations", "description": "Hold units until a deadline, then make it final or give it back."},
            {"name": "Stock", "description": "What there is of each SKU at each location."},
            {"name": "Sales", "description": "A window and limits over several SKUs."},
            {"name": "Events", "description": "What happened, in order."},
            {"name": "Contract", "description": "What you are reading."},
        ],
        "paths": paths,
        "components": {"parameters": parameters, "headers": headers(), "schemas": schemas.into_components()},
    })
}

/// The document as it is sent and kept.
pub fn text(document: &Value) -> String {
    format!("{document:#}\n")
}

fn paths(schemas: &mut Schemas) -> Map<String, Value> {
    let mut paths = Map::new();
    for &endpoint in Endpoint::ALL {
        let path = paths.entry(endpoint.path()).or_insert_with(|| json!({}));
        path[endpoint.method().as_str().to_ascii_lowercase()] = operations::describe(endpoint, schemas);
    }
    paths
}

fn headers() -> Value {
    let header = |description: &str, required: bool, schema: Value| json!({"description": description, "required": required, "schema": schema});
    json!({
        "Location": header("The path of the reservation.", true, json!({"type": "string"})),
        "ETag": header("Changes with the body.", true, json!({"type": "string"})),
        "Retry-After": header("Seconds after which to try again.", true, json!({"type": "integer", "minimum": 0})),
        "Preference-Applied": header(
            "`return=minimal` where that was asked for.",
            false,
            json!({"type": "string", "const": "return=minimal"}),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::api::openapi::problems::OF_THE_GATEWAY;
    use crate::api::route::Endpoint;
    use crate::http::Code;
    use std::collections::BTreeSet;

    #[test]
    fn every_endpoint_is_in_the_document_and_nothing_else() {
        let document = document();
        let paths = document["paths"].as_object().expect("paths");
        let described: BTreeSet<_> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().expect("methods").iter();
                methods.map(move |(method, operation)| {
                    (path.clone(), method.clone(), operation["operationId"].clone().to_string())
                })
            })
            .collect();
        let served = Endpoint::ALL.iter().map(|endpoint| {
            let method = endpoint.method().as_str().to_ascii_lowercase();
            (endpoint.path().to_owned(), method, format!("{:?}", endpoint.word()))
        });
        assert_eq!(described, served.collect());
    }

    #[test]
    fn every_code_has_a_schema_and_every_name_leads_somewhere() {
        let document = document();
        for code in Code::ALL.iter().filter(|code| !OF_THE_GATEWAY.contains(code)) {
            let schema = &document["components"]["schemas"][format!("{code:?}Problem")];
            assert_eq!(schema["properties"]["code"]["const"], code.word());
        }
        let text = document.to_string();
        let references = text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next());
        let dangling: Vec<_> = references.filter(|pointer| document.pointer(pointer).is_none()).collect();
        assert_eq!(dangling, Vec::<&str>::new());
    }

    #[test]
    fn names_in_a_path_are_its_parameters() {
        for (path, methods) in document()["paths"].as_object().expect("paths") {
            let named: BTreeSet<_> =
                path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
            for operation in methods.as_object().expect("methods").values() {
                let taken = operation["parameters"].as_array().into_iter().flatten();
                let taken = taken.filter_map(|parameter| parameter["$ref"].as_str()?.rsplit('/').next());
                let in_path = taken.filter(|name| ["id", "sku", "location", "sale"].contains(name)).map(str::to_owned);
                assert_eq!(named, in_path.collect(), "{path}");
            }
        }
    }
}
