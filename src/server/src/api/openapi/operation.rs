//! One operation of the document, put together piece by piece. It knows no endpoint but the one it
//! is given.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::problems;
use super::schemas::Schemas;
use crate::api::route::Endpoint;
use crate::http::Code;

pub const JSON: &str = "application/json";
pub const NDJSON: &str = "application/x-ndjson";

/// An operation in the making.
pub struct Operation<'s> {
    schemas: &'s mut Schemas,
    members: Map<String, Value>,
    parameters: Vec<Value>,
    responses: BTreeMap<u16, Value>,
    problems: Vec<Code>,
}

impl<'s> Operation<'s> {
    /// With a line on what it does, and as much more as a reader needs.
    pub fn new(schemas: &'s mut Schemas, tag: &str, summary: &str, description: &str) -> Self {
        let mut members = Map::new();
        members.insert("tags".to_owned(), json!([tag]));
        members.insert("summary".to_owned(), summary.into());
        members.insert("description".to_owned(), description.into());
        let problems = vec![Code::HeadersTooLarge, Code::Overloaded, Code::Draining, Code::Recovering];
        Self { schemas, members, parameters: Vec::new(), responses: BTreeMap::new(), problems }
    }

    /// Takes a parameter of the document's list.
    pub fn parameter(mut self, name: &str) -> Self {
        self.parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        self
    }

    /// Takes a body of these media types.
    pub fn body(mut self, required: bool, content: impl FnOnce(&mut Schemas) -> Value) -> Self {
        let content = content(self.schemas);
        self.members.insert("requestBody".to_owned(), json!({"required": required, "content": content}));
        self.problems([Code::InvalidRequest, Code::PayloadTooLarge, Code::UnsupportedMediaType])
    }

    /// Takes a JSON body.
    pub fn json_body<T: schemars::JsonSchema>(self, required: bool, example: Value) -> Self {
        self.body(required, |schemas| json!({JSON: {"schema": schemas.request::<T>(), "example": example}}))
    }

    /// Answers so when all is well, with these headers.
    pub fn answer(
        mut self,
        status: StatusCode,
        description: &str,
        headers: &[&str],
        content: impl FnOnce(&mut Schemas) -> Value,
    ) -> Self {
        let mut answer = json!({"description": description});
        let content = content(self.schemas);
        if !headers.is_empty() {
            let reference = |name: &&str| (name.to_string(), json!({"$ref": format!("#/components/headers/{name}")}));
            answer["headers"] = headers.iter().map(reference).collect::<Map<_, _>>().into();
        }
        if !content.is_null() {
            answer["content"] = content;
        }
        self.responses.insert(status.as_u16(), answer);
        self
    }

    /// Answers so, in JSON.
    pub fn json_answer<T: schemars::JsonSchema>(self, status: StatusCode, description: &str, headers: &[&str]) -> Self {
        self.answer(status, description, headers, |schemas| json!({JSON: {"schema": schemas.answer::<T>()}}))
    }

    /// Answers so, without a body.
    pub fn empty_answer(self, status: StatusCode, description: &str, headers: &[&str]) -> Self {
        self.answer(status, description, headers, |_| Value::Null)
    }

    /// Answers with these problems beside those that any operation has.
    pub fn problems(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.problems.extend(codes);
        self
    }

    /// Asks the engine something, and so may find its log failed.
    pub fn reads(self) -> Self {
        self.problems([Code::StorageFailed])
    }

    /// Asks the engine to change something, and so may find the disk full.
    pub fn writes(self) -> Self {
        self.reads().problems([Code::StorageFull])
    }

    /// The operation as the document has it.
    pub fn into_json(mut self, endpoint: Endpoint) -> Value {
        self.members.insert("operationId".to_owned(), endpoint.word().into());
        if !self.parameters.is_empty() {
            // What stands in a path or a query can be wrong.
            self.problems.push(Code::InvalidRequest);
            self.members.insert("parameters".to_owned(), self.parameters.into());
        }
        // In the order of the table of codes, each once.
        let codes: Vec<_> = Code::ALL.iter().copied().filter(|code| self.problems.contains(code)).collect();
        let problems = problems::answers(&codes, self.schemas).into_iter();
        self.responses.extend(problems.map(|(status, answer)| (status.as_u16(), answer)));
        let responses: Map<_, _> =
            self.responses.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
        self.members.insert("responses".to_owned(), responses.into());
        self.members.into()
    }
}
