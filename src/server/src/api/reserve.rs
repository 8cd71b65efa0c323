//! `POST /v1/reservations` and `PUT /v1/reservations/{id}`: take units until a deadline.

use std::io::Write;

use engine::Request;
use ledger::{Channel, Command, Customer, Millis, ReservationId, Reserve, ReservePrint, SaleId, Want};
use serde::Deserialize;
use smallvec::SmallVec;

use super::fields::{AllOrNothing, Name, Ttl, Wants, name};
use super::{Call, answer, input, key};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    customer: Option<Name<Customer>>,
    channel: Option<Name<Channel>>,
    sale: Option<Name<SaleId>>,
    ttl_ms: Option<Ttl>,
    #[serde(rename = "mode")]
    _mode: Option<AllOrNothing>,
    lines: Wants,
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
    let command = Command::Reserve(command(id, &bytes, call.api.max_hold)?);
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)
}

fn command(id: ReservationId, body: &[u8], max_hold: Millis) -> Result<Reserve, Problem> {
    let body: Body = input::parse(body)?;
    let ttl = body.ttl_ms.map(Ttl::millis);
    if ttl.is_some_and(|ttl| ttl > max_hold) {
        return Err(Problem::invalid("/ttl_ms", format!("must be at most {} milliseconds", max_hold.0)));
    }
    let (customer, channel, sale) = (name(body.customer), name(body.channel), name(body.sale));
    let print = ReservePrint::new(
        customer.as_ref().map(Customer::as_str),
        channel.as_ref().map(Channel::as_str),
        sale.as_ref().map(SaleId::as_str),
        ttl.map(|ttl| ttl.0),
        AllOrNothing::WORD,
        &canonical(&body.lines.0),
    );
    Ok(Reserve { id, customer, channel, sale, ttl, mode: ledger::Mode::AllOrNothing, wants: body.lines.0, print })
}

/// The same lines in the same order have the same bytes, however their JSON was written: no name
/// holds a slash or a newline. An absent location is not the location `default`.
fn canonical(wants: &[Want]) -> SmallVec<[u8; 256]> {
    let mut bytes = SmallVec::new();
    for Want { sku, location, quantity } in wants {
        let location = location.as_ref().map_or("", |location| location.as_str());
        // Writing into memory has no way to fail.
        let _ = writeln!(bytes, "{sku}/{location}/{quantity}");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::command;
    use ledger::{Millis, ReservationId, ReservePrint};

    fn print(body: &str) -> ReservePrint {
        let id = ReservationId::parse("r").expect("an id");
        command(id, body.as_bytes(), Millis(1000)).expect("a valid body").print
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
        ] {
            assert_eq!(plain.first_difference(&print(body)), Some(field), "{body}");
        }
    }
}
