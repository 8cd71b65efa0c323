//! `POST /v1/reservations` and `PUT /v1/reservations/{id}`: take units until a deadline.

use engine::Request;
use ledger::{Channel, Command, Customer, Millis, ReservationId, Reserve, ReservePrint, SaleId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Name, Ttl, Wants, Word, name, word};
use super::{Call, answer, input, key};
use crate::http::{Problem, Reply, RequestBody};

/// What is to be reserved, and for whom.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Reserve")]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Who buys; needed where a limit per customer applies.
    customer: Option<Name<Customer>>,
    /// Through what it is bought; a channel without a quota is not capped.
    channel: Option<Name<Channel>>,
    /// The sale that it is bought in.
    sale: Option<Name<SaleId>>,
    /// How long the units are held: at most `engine.max_hold_ms`; when left out, as the SKU or the server has it.
    ttl_ms: Option<Ttl>,
    /// Whether every line must be served in full; `all_or_nothing` when left out.
    mode: Option<Word<ledger::Mode>>,
    /// What is wanted; lines for the same SKU and location are summed.
    lines: Wants,
}

impl Fields {
    /// The command; its time to live must not be over the longest hold.
    pub fn command(self, id: ReservationId, max_hold: Millis) -> Result<Command, Problem> {
        let ttl = self.ttl_ms.map(Ttl::millis);
        if ttl.is_some_and(|ttl| ttl > max_hold) {
            return Err(Problem::invalid("/ttl_ms", format!("must be at most {} milliseconds", max_hold.0)));
        }
        let (customer, channel, sale) = (name(self.customer), name(self.channel), name(self.sale));
        let mode = word(self.mode);
        let print = ReservePrint::new(
            customer.as_ref().map(Customer::as_str),
            channel.as_ref().map(Channel::as_str),
            sale.as_ref().map(SaleId::as_str),
            ttl.map(|ttl| ttl.0),
            mode.as_str(),
            &self.lines.canonical(),
        );
        let Wants(wants) = self.lines;
        Ok(Command::Reserve(Reserve { id, customer, channel, sale, ttl, mode, wants, print }))
    }
}

/// The id comes from the key, or from us.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id = match key::given(&call.head.headers)? {
        Some(key) => key::reservation_id(key),
        None => call.api.keys.fresh(),
    };
    reserve(call, id, body).await
}

/// The id comes from the caller.
pub async fn put(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id = input::path_name(call.target.name, "/path/id")?;
    reserve(call, id, body).await
}

async fn reserve(call: Call<'_>, id: ReservationId, body: RequestBody) -> Result<Reply, Problem> {
    let bytes = input::read_json(call, body).await?;
    let fields: Fields = input::parse(&bytes)?;
    let command = fields.command(id, call.api.max_hold)?;
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::api::input;
    use ledger::{Command, Millis, ReservationId, Reserve, ReservePrint};

    fn reserve(body: &str) -> Reserve {
        let id = ReservationId::parse("r").expect("an id");
        let fields: Fields = input::parse(body.as_bytes()).expect("a valid body");
        match fields.command(id, Millis(1000)) {
            Ok(Command::Reserve(reserve)) => reserve,
            other => panic!("{other:?}"),
        }
    }

    fn print(body: &str) -> ReservePrint {
        reserve(body).print
    }

    #[test]
    fn the_print_sees_values_and_not_how_they_are_written() {
        let plain = print(r#"{"lines":[{"sku":"A","quantity":1}]}"#);
        let same = print(r#" { "mode":"all_or_nothing", "lines" : [ {"quantity":1, "sku":"\u0041"} ], "sale":null } "#);
        assert_eq!(plain, same);
    }

    #[test]
    fn the_print_names_the_field_that_differs() {
        let plain = print(r#"{"lines":[{"sku":"A","quantity":1}]}"#);
        for (field, body) in [
            ("lines", r#"{"lines":[{"sku":"A","quantity":2}]}"#),
            ("lines", r#"{"lines":[{"sku":"A","quantity":1,"location":"default"}]}"#),
            ("customer", r#"{"lines":[{"sku":"A","quantity":1}],"customer":"c"}"#),
            ("channel", r#"{"lines":[{"sku":"A","quantity":1}],"channel":"web"}"#),
            ("sale", r#"{"lines":[{"sku":"A","quantity":1}],"sale":"s"}"#),
            ("ttl_ms", r#"{"lines":[{"sku":"A","quantity":1}],"ttl_ms":1000}"#),
            ("mode", r#"{"lines":[{"sku":"A","quantity":1}],"mode":"best_effort"}"#),
        ] {
            assert_eq!(plain.first_difference(&print(body)), Some(field), "{body}");
        }
    }
}
