//! Why the ledger refused, as a problem: its code, and what the caller needs to go on.

use ledger::{Location, Refusal, Shortfall};

use super::write;
use crate::http::{Code, Problem};

/// The problem that a refusal is.
pub fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Invalid { pointer, detail } => Problem::invalid(pointer, detail),
        Refusal::UnknownSku { sku, location } => unknown_sku(sku.as_str(), location.as_ref().map(Location::as_str)),
        Refusal::UnknownSale => Problem::new(Code::UnknownSale, "this version has no sales: leave the field out"),
        Refusal::ReservationNotFound => {
            Problem::new(Code::ReservationNotFound, "it was never made, was refused, or is forgotten")
        }
        Refusal::ReservationHeld => Problem::new(Code::ReservationHeld, "confirm it first"),
        Refusal::ReservationConfirmed => {
            Problem::new(Code::ReservationConfirmed, "a confirmed reservation does not take this verb")
        }
        Refusal::ReservationReleased => {
            Problem::new(Code::ReservationReleased, "its units were given back: reserve again")
        }
        Refusal::ReservationExpired => Problem::new(Code::ReservationExpired, "its deadline has passed: reserve again"),
        Refusal::InsufficientStock { shortfalls, replayed } => insufficient_stock(&shortfalls, replayed),
        Refusal::IdempotencyMismatch { field } => Problem::new(
            Code::IdempotencyMismatch,
            format!("this request differs in `{field}`: use another key or the first body"),
        )
        .with_text("field", field),
        Refusal::StaleVersion { version } => {
            Problem::new(Code::StaleVersion, format!("the record has version {version}: read it and decide again"))
                .with_number("version", version)
        }
        Refusal::OnHandNegative => Problem::new(Code::OnHandNegative, "take at most what is on hand"),
    }
}

fn unknown_sku(sku: &str, location: Option<&str>) -> Problem {
    let problem = Problem::new(Code::UnknownSku, "set stock for it first").with_text("sku", sku);
    match location {
        Some(location) => problem.with_text("location", location),
        None => problem,
    }
}

fn insufficient_stock(shortfalls: &[Shortfall], replayed: bool) -> Problem {
    let mut list = Vec::with_capacity(2 + 96 * shortfalls.len());
    write::list(&mut list, shortfalls, |list, Shortfall { sku, location, requested, available }| {
        write::text_member(list, b"{\"sku\":", sku.as_str());
        if let Some(location) = location {
            write::text_member(list, b",\"location\":", location.as_str());
        }
        write::number_member(list, b",\"requested\":", *requested);
        write::number_member(list, b",\"available\":", *available);
        list.push(b'}');
    });
    Problem::new(Code::InsufficientStock, "the lines in `shortfalls` cannot be served")
        .with_json("shortfalls", &list)
        .with_json("replayed", if replayed { b"true" } else { b"false" })
}

#[cfg(test)]
mod tests {
    use super::problem;
    use ledger::{Location, Refusal, Shortfall, Sku};
    use serde_json::{Value, json};

    fn body(refusal: Refusal) -> Value {
        serde_json::from_slice(&problem(refusal).to_json()).expect("valid JSON")
    }

    #[test]
    fn a_refusal_keeps_its_word() {
        let sku = Sku::parse("A").expect("a SKU");
        for refusal in [
            Refusal::Invalid { pointer: "/delta", detail: "no" },
            Refusal::UnknownSku { sku, location: None },
            Refusal::UnknownSale,
            Refusal::ReservationNotFound,
            Refusal::ReservationHeld,
            Refusal::ReservationConfirmed,
            Refusal::ReservationReleased,
            Refusal::ReservationExpired,
            Refusal::InsufficientStock { shortfalls: Vec::new(), replayed: false },
            Refusal::IdempotencyMismatch { field: "lines" },
            Refusal::StaleVersion { version: 3 },
            Refusal::OnHandNegative,
        ] {
            let word = refusal.code();
            assert_eq!(body(refusal)["code"], word);
        }
    }

    #[test]
    fn every_short_line_is_listed() {
        let sku = |name| Sku::parse(name).expect("a SKU");
        let shortfalls = vec![
            Shortfall { sku: sku("A"), location: None, requested: 2, available: 1 },
            Shortfall { sku: sku("B"), location: Some(Location::default_location()), requested: 5, available: 0 },
        ];
        let body = body(Refusal::InsufficientStock { shortfalls, replayed: true });
        let expected = json!([
            {"sku": "A", "requested": 2, "available": 1},
            {"sku": "B", "location": "default", "requested": 5, "available": 0},
        ]);
        assert_eq!((&body["shortfalls"], &body["replayed"]), (&expected, &json!(true)));
    }
}
