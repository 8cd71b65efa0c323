//! One operation of a batch, as a command. `op` names the verb and `id` the reservation; beside
//! them stand the verb's own fields, which only the verb knows.

use std::fmt;
use std::marker::PhantomData;

use ledger::{Command, Millis, ReservationId};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::OPERATION_BYTES;
use crate::api::fields::{Name, Word, Words, name};
use crate::api::verb::Verb;
use crate::api::{cancel, confirm, extend, fulfil, input, payment_started, release, reserve};
use crate::http::Problem;

/// What is to be done, and to which reservation.
#[derive(Debug)]
pub struct Operation {
    /// The reservation.
    pub id: ReservationId,
    /// Whether the id was made here, so that the client does not know it yet.
    pub is_id_ours: bool,
    /// The verb.
    pub command: Command,
}

/// The verbs, by the words of their paths.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    Reserve,
    Confirm,
    Release,
    Extend,
    PaymentStarted,
    Cancel,
    Fulfil,
}

impl Words for Op {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("reserve", Self::Reserve),
        ("confirm", Self::Confirm),
        ("release", Self::Release),
        ("extend", Self::Extend),
        ("payment-started", Self::PaymentStarted),
        ("cancel", Self::Cancel),
        ("fulfil", Self::Fulfil),
    ];
}

/// The fields that every operation has.
#[derive(Deserialize)]
struct Head {
    op: Word<Op>,
    id: Option<Name<ReservationId>>,
}

/// Reads an operation; `make_id` makes the id of a reserve that has none.
pub fn parse(text: &[u8], max_hold: Millis, make_id: impl FnOnce() -> ReservationId) -> Result<Operation, Problem> {
    if text.len() > OPERATION_BYTES {
        return Err(Problem::invalid("", format!("an operation is at most {OPERATION_BYTES} bytes long")));
    }
    let Head { op: Word(op), id } = input::parse(text)?;
    let is_id_ours = id.is_none();
    let id = match (name(id), op) {
        (Some(id), _) => id,
        (None, Op::Reserve) => make_id(),
        (None, _) => return Err(Problem::invalid("", "missing field `id`: only a reserve may leave it out")),
    };
    let command = match op {
        Op::Reserve => fields::<reserve::Fields>(text)?.command(id.clone(), max_hold)?,
        Op::Confirm => fields::<confirm::Fields>(text)?.command(id.clone()),
        Op::Release => fields::<release::Fields>(text)?.command(id.clone()),
        Op::Extend => fields::<extend::Fields>(text)?.command(id.clone()),
        Op::PaymentStarted => fields::<payment_started::Fields>(text)?.command(id.clone()),
        Op::Cancel => fields::<cancel::Fields>(text)?.command(id.clone()),
        Op::Fulfil => fields::<fulfil::Fields>(text)?.command(id.clone()),
    };
    Ok(Operation { id, is_id_ours, command })
}

/// The verb's own fields.
fn fields<V: DeserializeOwned>(text: &[u8]) -> Result<V, Problem> {
    input::parse_value(text).map(|Own(fields)| fields)
}

/// An object whose members `op` and `id` are somebody else's.
struct Own<V>(V);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Own<V> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct OwnVisitor<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for OwnVisitor<V> {
            type Value = Own<V>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Own<V>, A::Error> {
                V::deserialize(MapAccessDeserializer::new(OwnMembers(members))).map(Own)
            }
        }
        source.deserialize_map(OwnVisitor(PhantomData))
    }
}

struct OwnMembers<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for OwnMembers<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, mut seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.0.next_key_seed(OwnKey(seed))? {
                None => return Ok(None),
                Some(Ok(key)) => return Ok(Some(key)),
                Some(Err(unused)) => seed = unused,
            }
            self.0.next_value::<IgnoredAny>()?;
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

/// Reads a key by the seed; gives the seed back where the key is somebody else's.
struct OwnKey<K>(K);

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for OwnKey<K> {
    type Value = Result<K::Value, K>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for OwnKey<K> {
    type Value = Result<K::Value, K>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        if matches!(key, "op" | "id") {
            return Ok(Err(self.0));
        }
        self.0.deserialize(StrDeserializer::new(key)).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::{OPERATION_BYTES, Operation, parse};
    use ledger::{Command, Millis, ReservationId};
    use serde_json::Value;

    fn id(text: &str) -> ReservationId {
        ReservationId::parse(text).expect("an id")
    }

    fn operation(text: &str) -> Result<Operation, Value> {
        let parsed = parse(text.as_bytes(), Millis(1000), || id("made"));
        parsed.map_err(|problem| serde_json::from_slice(&problem.to_json()).expect("valid JSON"))
    }

    #[test]
    fn every_verb_becomes_its_command_wherever_op_and_id_stand() {
        let is = |text: &str, expected: fn(&Command) -> bool| {
            let operation = operation(text).expect(text);
            assert_eq!((&operation.id, operation.is_id_ours), (&id("r"), false), "{text}");
            assert!(expected(&operation.command), "{text}");
        };
        is(
            r#"{"op":"reserve","id":"r","lines":[{"sku":"A","quantity":1}]}"#,
            |command| matches!(command, Command::Reserve(reserve) if reserve.wants.len() == 1),
        );
        is(
            r#"{"order":"o","id":"r","op":"confirm"}"#,
            |command| matches!(command, Command::Confirm(confirm) if confirm.order.is_some()),
        );
        is(r#"{"op":"release","id":"r"}"#, |command| matches!(command, Command::Release(_)));
        is(r#"{"ttl_ms":5,"op":"extend","id":"r"}"#, |command| matches!(command, Command::Extend(_, Millis(5))));
        is(r#"{"op":"payment-started","grace_ms":7,"id":"r"}"#, |command| {
            matches!(command, Command::PaymentStarted(_, Some(Millis(7))))
        });
        is(r#"{"\u006fp":"cancel","id":"r"}"#, |command| matches!(command, Command::Cancel(_)));
        is(
            r#"{"op":"fulfil","id":"r","lines":null}"#,
            |command| matches!(command, Command::Fulfil(fulfil) if fulfil.lines.is_none()),
        );
    }

    #[test]
    fn only_a_reserve_gets_an_id() {
        let made = operation(r#"{"op":"reserve","lines":[{"sku":"A","quantity":1}]}"#).expect("a reserve");
        assert_eq!((made.id, made.is_id_ours), (id("made"), true));
        assert_eq!(operation(r#"{"op":"confirm"}"#).expect_err("no id")["pointer"], "");
    }

    #[test]
    fn what_is_wrong_is_told_where_within_the_operation() {
        for (pointer, text) in [
            ("", ""),
            ("", "7"),
            ("", "[]"),
            ("", r#"{"id":"r"}"#),
            ("", r#"{"op":"reserve","id":"r"}"#),
            ("", r#"{"op":"extend","id":"r"}"#),
            ("/op", r#"{"op":"sell","id":"r"}"#),
            ("/op", r#"{"op":"payment_started","id":"r"}"#),
            ("/op", r#"{"op":{"reserve":null},"id":"r"}"#),
            ("/op", r#"{"op":null,"id":"r"}"#),
            ("/id", r#"{"op":"release","id":""}"#),
            ("/id", r#"{"op":"release","id":7}"#),
            ("/order", r#"{"op":"release","id":"r","order":"o"}"#),
            ("/order", r#"{"op":"confirm","id":"r","order":""}"#),
            ("/ttl_ms", r#"{"op":"extend","id":"r","ttl_ms":0}"#),
            ("/ttl_ms", r#"{"op":"reserve","id":"r","ttl_ms":1001,"lines":[{"sku":"A","quantity":1}]}"#),
            ("/lines/0/quantity", r#"{"op":"reserve","id":"r","lines":[{"sku":"A","quantity":0}]}"#),
            ("/lines/0/op", r#"{"op":"reserve","id":"r","lines":[{"sku":"A","quantity":1,"op":"x"}]}"#),
            ("/customer", r#"{"op":"reserve","customer":"a b","lines":[{"sku":"A","quantity":1}]}"#),
        ] {
            assert_eq!(operation(text).expect_err(text)["pointer"], pointer, "{text}");
        }
        for twice in [r#"{"op":"release","op":"cancel","id":"r"}"#, r#"{"op":"release","id":"r","id":"r"}"#] {
            assert_eq!(operation(twice).expect_err(twice)["code"], "invalid_request");
        }
    }

    #[test]
    fn an_operation_has_a_length() {
        let operation = r#"{"op":"release","id":"r"}"#;
        let padded = |length: usize| format!("{operation}{}", " ".repeat(length - operation.len()));
        let parsed = |length| parse(padded(length).as_bytes(), Millis(1), || id("made"));
        assert!(parsed(OPERATION_BYTES).is_ok());
        assert!(parsed(OPERATION_BYTES + 1).is_err());
    }
}
