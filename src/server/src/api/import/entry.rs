//! One line of an import, as a command.

use ledger::{Adjust, Command, Location, Millis, OnHand, SetStock, Sku, Text};
use serde::Deserialize;

use crate::api::fields::{Count, Delta, Figure, Name, difference, name, units};
use crate::api::{input, key};
use crate::http::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    sku: Name<Sku>,
    location: Option<Name<Location>>,
    on_hand: Option<Figure>,
    available: Option<Figure>,
    delta: Option<Delta>,
    reason: Option<Name<Text>>,
    reference: Option<Name<Text>>,
    safety_stock: Option<Figure>,
    backorder_limit: Option<Figure>,
    unavailable: Option<Figure>,
    if_version: Option<Count>,
    source_ts_ms: Option<Count>,
}

/// The command that a line is.
pub fn command(text: &[u8]) -> Result<Command, Problem> {
    let entry: Entry = input::parse(text)?;
    match (entry.on_hand, entry.available, entry.delta) {
        (Some(on_hand), None, None) => entry.set(OnHand::Exactly(on_hand.0 as u32)),
        (None, Some(available), None) => entry.set(OnHand::BeyondPromised(available.0 as u32)),
        (None, None, Some(delta)) => entry.adjust(difference(delta)?),
        _ => Err(Problem::invalid("", "give one of `on_hand`, `available` and `delta`")),
    }
}

impl Entry {
    fn set(self, on_hand: OnHand) -> Result<Command, Problem> {
        if self.reason.is_some() || self.reference.is_some() {
            return Err(Problem::invalid("", "`reason` and `reference` go with `delta` only"));
        }
        Ok(Command::SetStock(SetStock {
            sku: self.sku.0,
            location: location(self.location),
            on_hand,
            safety_stock: units(self.safety_stock),
            unavailable: units(self.unavailable),
            backorder_limit: units(self.backorder_limit),
            if_version: self.if_version.map(Count::get),
            source_ts: self.source_ts_ms.map(|at| Millis(at.get())),
        }))
    }

    fn adjust(self, delta: i64) -> Result<Command, Problem> {
        let figures = [self.safety_stock, self.backorder_limit, self.unavailable];
        let conditions = [self.if_version, self.source_ts_ms];
        if figures.iter().any(Option::is_some) || conditions.iter().any(Option::is_some) {
            return Err(Problem::invalid("", "`delta` takes no other figures: send them on a line of their own"));
        }
        let reference = name(self.reference);
        Ok(Command::Adjust(Adjust {
            sku: self.sku.0,
            location: location(self.location),
            delta,
            reason: name(self.reason),
            key: reference.as_ref().map(key::of_reference),
            reference,
        }))
    }
}

fn location(field: Option<Name<Location>>) -> Location {
    name(field).unwrap_or_else(Location::default_location)
}

#[cfg(test)]
mod tests {
    use super::command;
    use ledger::{Command, OnHand};

    #[test]
    fn the_three_kinds_of_line_are_told_apart() {
        let parse = |text: &str| command(text.as_bytes()).expect(text);
        assert!(
            matches!(parse(r#"{"sku":"A","on_hand":5}"#), Command::SetStock(set) if set.on_hand == OnHand::Exactly(5))
        );
        assert!(
            matches!(parse(r#"{"sku":"A","available":5}"#), Command::SetStock(set) if set.on_hand == OnHand::BeyondPromised(5))
        );
        let Command::Adjust(adjust) = parse(r#"{"sku":"A","delta":-1,"reference":"r-1"}"#) else {
            panic!("a delta is an adjustment")
        };
        assert_eq!(adjust.location.as_str(), "default");
        assert_eq!(adjust.key.as_ref().map(ledger::Text::as_str), Some("r:r-1"));
    }

    #[test]
    fn a_line_that_says_two_things_or_nothing_is_refused() {
        for text in [
            r#"{"sku":"A"}"#,
            r#"{"sku":"A","on_hand":5,"available":5}"#,
            r#"{"sku":"A","on_hand":5,"reference":"r"}"#,
            r#"{"sku":"A","delta":5,"safety_stock":1}"#,
            r#"{"sku":"A","delta":0}"#,
            r#"{"on_hand":5}"#,
            "[]",
            "",
        ] {
            assert!(command(text.as_bytes()).is_err(), "{text}");
        }
    }
}
