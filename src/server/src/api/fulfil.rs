//! `POST /v1/reservations/{id}/fulfil`: a confirmed reservation was shipped, or a part of it.

use ledger::{Command, Fulfil, FulfilPrint, ReservationId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::Wants;
use super::verb::Verb;

/// What was shipped; all that was not yet when left out.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Fulfil")]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The part that was shipped.
    lines: Option<Wants>,
}

impl Verb for Fields {
    fn command(self, id: ReservationId) -> Command {
        let lines = self.lines.as_ref().map(Wants::canonical);
        let print = FulfilPrint::new(lines.as_deref());
        Command::Fulfil(Fulfil { id, lines: self.lines.map(|Wants(lines)| lines), print })
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::api::input;
    use crate::api::verb::Verb;
    use ledger::{Command, Fulfil, ReservationId};

    fn fulfil(body: &str) -> Fulfil {
        let fields: Fields = input::parse(body.as_bytes()).expect(body);
        match fields.command(ReservationId::parse("r").expect("an id")) {
            Command::Fulfil(fulfil) => fulfil,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_of_it_and_all_of_its_lines_are_two_requests() {
        let (all, part) = (fulfil("{}"), fulfil(r#"{"lines":[{"sku":"A","quantity":1,"location":"east"}]}"#));
        assert_eq!(all.lines, None);
        assert_eq!(part.lines.as_deref().map(<[_]>::len), Some(1));
        assert_eq!(all.print.first_difference(&part.print), Some("lines"));
        assert_eq!(fulfil(r#" {"lines":[{"location":"east","quantity":1,"sku":"A"}]}"#), part);
    }
}
