//! The schemas of bodies, each under its name once. What is sent may hold `null` where a field may
//! be left out; what is answered never does. It knows no endpoint.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, transform};
use serde_json::{Map, Value};

/// Where `OpenAPI` keeps schemas.
pub const SCHEMAS: &str = "/components/schemas";

/// The schemas so far.
pub struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
    /// Made by hand.
    others: Map<String, Value>,
}

impl Schemas {
    /// None.
    pub fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.meta_schema = None;
        settings.definitions_path = SCHEMAS.into();
        let requests = settings.clone().into_generator();
        let answers = settings.with_transform(transform::RecursiveTransform(without_null)).into_generator();
        Self { requests, answers, others: Map::new() }
    }

    /// The schema of what a client sends.
    pub fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// The schema of what it is answered.
    pub fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// The schema of an answer, itself and not its name.
    pub fn inline_answer<T: JsonSchema>(&mut self) -> Schema {
        T::json_schema(&mut self.answers)
    }

    /// Adds a schema under a name, and refers to it.
    pub fn add(&mut self, name: &str, schema: Value) -> Value {
        self.others.insert(name.to_owned(), schema);
        reference(name)
    }

    /// All of them by their names.
    pub fn into_components(mut self) -> Map<String, Value> {
        let mut all = self.requests.take_definitions(true);
        for (name, schema) in self.answers.take_definitions(true).into_iter().chain(self.others) {
            let before = all.insert(name.clone(), schema.clone());
            assert!(before.is_none_or(|before| before == schema), "two schemas have the name {name}");
        }
        all.sort_keys();
        all
    }
}

/// A reference to a schema by its name.
pub fn reference(name: &str) -> Value {
    serde_json::json!({"$ref": format!("#{SCHEMAS}/{name}")})
}

/// Takes `null` out of what a schema allows.
fn without_null(schema: &mut Schema) {
    let Some(members) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_mut_slice() {
            let only = std::mem::take(only);
            members.remove("anyOf");
            members.extend(only);
        }
    }
}
