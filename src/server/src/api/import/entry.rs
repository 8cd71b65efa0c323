//! One line of an import, as a command.

use ledger::{Adjust, Command, Location, Millis, OnHand, SetStock, Sku, Text};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::fields::{Count, Delta, Figure, Name, difference, name, units};
use crate::api::{input, key};
use crate::http::Problem;

/// A location's figures: one of `on_hand`, `available` and `delta`. `reason` and `reference` go with
/// `delta` only, the other figures and conditions with the other two.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ImportLine")]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The SKU.
    sku: Name<Sku>,
    /// The location; `default` when left out.
    location: Option<Name<Location>>,
    /// Units that are physically there, those allocated to orders that have not shipped included.
    on_hand: Option<Figure>,
    /// Units that can still be sold, beyond all that is held or allocated.
    available: Option<Figure>,
    /// Units that come, or go if it is negative.
    #[schemars(extend("not" = {"const": 0}))]
    delta: Option<Delta>,
    /// Why, for people.
    reason: Option<Name<Text>>,
    /// The writer's own reference: a `delta` with one that was applied before is skipped.
    reference: Option<Name<Text>>,
    /// Units kept back by the shop.
    safety_stock: Option<Figure>,
    /// Units that may be promised beyond what is there.
    backorder_limit: Option<Figure>,
    /// Units that are there but not for sale.
    unavailable: Option<Figure>,
    /// The version that the record must have; 0: it must not exist yet.
    if_version: Option<Count>,
    /// The source's own time of this write, at most a day ahead; a write older than the last one is not applied.
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
