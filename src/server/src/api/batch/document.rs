//! A batch as one JSON document, split into the texts of its operations, which are JSON for sure
//! and otherwise unread.

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::MAX_OPERATIONS;
use crate::api::input;
use crate::http::Problem;

/// Longer documents are split beside the I/O thread, whose other connections would notice.
const SPLIT_HERE_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'b> {
    #[serde(borrow)]
    operations: Operations<'b>,
}

struct Operations<'b>(Vec<&'b RawValue>);

impl<'de: 'b, 'b> Deserialize<'de> for Operations<'b> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct OperationsVisitor;
        impl<'de> Visitor<'de> for OperationsVisitor {
            type Value = Operations<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "a list of 1 to {MAX_OPERATIONS} operations")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Operations<'de>, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = items.next_element()? {
                    if texts.len() == MAX_OPERATIONS {
                        return Err(A::Error::invalid_length(MAX_OPERATIONS + 1, &self));
                    }
                    texts.push(text);
                }
                if texts.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Operations(texts)) }
            }
        }
        source.deserialize_seq(OperationsVisitor)
    }
}

/// The texts of the operations, 1 to [`MAX_OPERATIONS`].
pub async fn split(document: Bytes) -> Result<Vec<Bytes>, Problem> {
    if document.len() <= SPLIT_HERE_BYTES {
        return split_now(&document);
    }
    let task = tokio::task::spawn_blocking(move || split_now(&document));
    task.await.expect("a panic ends the process, and a runtime that stops polls nobody")
}

fn split_now(document: &Bytes) -> Result<Vec<Bytes>, Problem> {
    let Document { operations: Operations(texts) } = input::parse(document)?;
    Ok(texts.into_iter().map(|text| document.slice_ref(text.get().as_bytes())).collect())
}

#[cfg(test)]
mod tests {
    use super::{MAX_OPERATIONS, split_now};
    use bytes::Bytes;
    use serde_json::Value;

    fn texts(document: &str) -> Result<Vec<String>, String> {
        let text = |text: Bytes| String::from_utf8(text.into()).expect("the document is UTF-8");
        match split_now(&Bytes::copy_from_slice(document.as_bytes())) {
            Ok(texts) => Ok(texts.into_iter().map(text).collect()),
            Err(problem) => {
                let body: Value = serde_json::from_slice(&problem.to_json()).expect("valid JSON");
                Err(body["pointer"].as_str().expect("a pointer").to_owned())
            }
        }
    }

    #[test]
    fn operations_are_taken_as_they_are_written() {
        let expected = [r#"{"op": "x", "a":["]"]}"#, "7", "null"].map(str::to_owned);
        assert_eq!(texts(r#" { "operations" : [ {"op": "x", "a":["]"]} , 7,null] } "#), Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_no_document_is_told_where() {
        let pointer = |text: &str| texts(text).expect_err(text);
        for text in ["", "[]", "{}", r#"{"operations":[{}]} x"#, r#"{"operations":[{}]"#] {
            assert_eq!(pointer(text), "", "{text}");
        }
        for text in [r#"{"operations":{}}"#, r#"{"operations":[]}"#, r#"{"operations":null}"#] {
            assert_eq!(pointer(text), "/operations", "{text}");
        }
        assert_eq!(pointer(r#"{"operations":[{}],"x":1}"#), "/x");
        assert_eq!(pointer(r#"{"operations":[{},{"a"}]}"#), "/operations/1");
    }

    #[test]
    fn there_may_be_so_many_and_no_more() {
        let document = |count: usize| format!(r#"{{"operations":[{}]}}"#, vec!["1"; count].join(","));
        assert_eq!(texts(&document(MAX_OPERATIONS)).map(|texts| texts.len()), Ok(MAX_OPERATIONS));
        assert_eq!(texts(&document(MAX_OPERATIONS + 1)), Err("/operations".to_owned()));
    }
}
