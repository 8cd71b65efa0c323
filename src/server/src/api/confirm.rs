//! `POST /v1/reservations/{id}/confirm`: make a hold final, or a part of it, for an order; and the
//! late payment, which takes the units again.

use ledger::{Command, Confirm, ConfirmPrint, IfExpired, Order, ReservationId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Name, Wants, Word, name, word};
use super::verb::Verb;

/// What to confirm and how.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Confirm")]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The platform's order.
    order: Option<Name<Order>>,
    /// The part to confirm, the rest being given back; all of it when left out.
    lines: Option<Wants>,
    /// What happens after the deadline; `refuse` when left out.
    if_expired: Option<Word<IfExpired>>,
}

impl Verb for Fields {
    fn command(self, id: ReservationId) -> Command {
        let (order, if_expired) = (name(self.order), word(self.if_expired));
        let lines = self.lines.as_ref().map(Wants::canonical);
        // Refusing is what happens anyway: saying so makes no other request.
        let said = (if_expired != IfExpired::default()).then_some(if_expired.as_str());
        let print = ConfirmPrint::new(order.as_ref().map(Order::as_str), lines.as_deref(), said);
        let lines = self.lines.map(|Wants(lines)| lines);
        Command::Confirm(Confirm { id, order, lines, if_expired, print })
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::api::input;
    use crate::api::verb::Verb;
    use ledger::{Command, Confirm, IfExpired, ReservationId};

    fn confirm(body: &str) -> Confirm {
        let fields: Fields = input::parse(body.as_bytes()).expect(body);
        match fields.command(ReservationId::parse("r").expect("an id")) {
            Command::Confirm(confirm) => confirm,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_left_out_is_what_happens_anyway() {
        let plain = confirm("{}");
        assert_eq!((plain.if_expired, &plain.lines), (IfExpired::Refuse, &None));
        let explicit = confirm(r#"{"if_expired":"refuse","order":null,"lines":null}"#);
        assert_eq!(explicit, plain);
    }

    #[test]
    fn the_print_names_the_field_that_differs() {
        let plain = confirm("{}").print;
        for (field, body) in [
            ("order", r#"{"order":"o","lines":[{"sku":"A","quantity":1}]}"#),
            ("lines", r#"{"lines":[{"sku":"A","quantity":1}]}"#),
            ("if_expired", r#"{"if_expired":"reacquire"}"#),
        ] {
            assert_eq!(plain.first_difference(&confirm(body).print), Some(field), "{body}");
        }
        let part = confirm(r#"{"lines":[{"sku":"A","quantity":1}]}"#).print;
        let located = confirm(r#"{"lines":[{"sku":"A","quantity":1,"location":"default"}]}"#).print;
        assert_eq!(part.first_difference(&located), Some("lines"));
    }
}
