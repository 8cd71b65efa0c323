//! Why the ledger refused, as a problem: its code, and what the caller needs to go on.

use ledger::{Limit, Location, Millis, Refusal, Shortfall, Sku};

use super::write;
use crate::http::{Code, Problem};

/// The problem that a refusal is; one that will be told again says that this is the first time.
pub fn problem(refusal: Refusal) -> Problem {
    let remembered = refusal.is_remembered();
    let problem = described(refusal);
    if remembered { problem.with_json("replayed", b"false") } else { problem }
}

fn described(refusal: Refusal) -> Problem {
    let plain = |code, detail: &'static str| Problem::new(code, detail);
    match refusal {
        Refusal::Invalid { pointer, detail } => Problem::invalid(&pointer, detail),
        Refusal::UnknownSku { sku, location } => unknown_sku(sku.as_str(), location.as_ref().map(Location::as_str)),
        Refusal::UnknownSale => plain(Code::UnknownSale, "set the sale up first"),
        Refusal::ReservationNotFound => {
            plain(Code::ReservationNotFound, "it was never made, was refused, or is forgotten")
        }
        Refusal::ReservationHeld => plain(Code::ReservationHeld, "confirm it first"),
        Refusal::ReservationConfirmed => {
            plain(Code::ReservationConfirmed, "a confirmed reservation does not take this verb")
        }
        Refusal::ReservationReleased => plain(Code::ReservationReleased, "its units were given back: reserve again"),
        Refusal::ReservationExpired => {
            plain(Code::ReservationExpired, "its deadline has passed: reserve again, or confirm with `reacquire`")
        }
        Refusal::ReservationCancelled => plain(Code::ReservationCancelled, "its units were given back: reserve again"),
        Refusal::ReservationFulfilled => plain(Code::ReservationFulfilled, "all of it was shipped"),
        Refusal::SaleNotOpen { starts } => sale_not_open(starts),
        Refusal::SaleClosed => plain(Code::SaleClosed, "it is over or sold out"),
        Refusal::LimitExceeded { limit, sku, remaining } => limit_exceeded(limit, sku.as_ref(), remaining),
        Refusal::InsufficientStock { shortfalls } => insufficient_stock(&shortfalls),
        Refusal::IdempotencyMismatch { field } => Problem::new(
            Code::IdempotencyMismatch,
            format!("this request differs in `{field}`: use another key or the first body"),
        )
        .with_text("field", field),
        Refusal::StaleVersion { version } => {
            Problem::new(Code::StaleVersion, format!("the record has version {version}: read it and decide again"))
                .with_number("version", version)
        }
        Refusal::OnHandNegative => plain(Code::OnHandNegative, "take at most what is on hand"),
        Refusal::SkuInUse => plain(Code::SkuInUse, "settle what is held or allocated of it first"),
    }
}

/// The problem that a refusal from memory is: the same as at first, and marked.
pub fn problem_again(refusal: Refusal) -> Problem {
    described(refusal).with_json("replayed", b"true")
}

fn sale_not_open(starts: Option<Millis>) -> Problem {
    match starts {
        Some(starts) => Problem::new(Code::SaleNotOpen, "come back when it starts").with_number("starts_ms", starts.0),
        None => Problem::new(Code::SaleNotOpen, "a SKU among the lines is only sold in a sale: name it"),
    }
}

fn limit_exceeded(limit: Limit, sku: Option<&Sku>, remaining: u32) -> Problem {
    let detail = format!("`{}` leaves {remaining} units", limit.as_str());
    let problem = Problem::new(Code::LimitExceeded, detail).with_text("limit", limit.as_str());
    let problem = match sku {
        Some(sku) => problem.with_text("sku", sku.as_str()),
        None => problem,
    };
    problem.with_number("remaining", u64::from(remaining))
}

fn unknown_sku(sku: &str, location: Option<&str>) -> Problem {
    let problem = Problem::new(Code::UnknownSku, "set stock for it first").with_text("sku", sku);
    match location {
        Some(location) => problem.with_text("location", location),
        None => problem,
    }
}

fn insufficient_stock(shortfalls: &[Shortfall]) -> Problem {
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
    Problem::new(Code::InsufficientStock, "the lines in `shortfalls` cannot be served").with_json("shortfalls", &list)
}

#[cfg(test)]
mod tests {
    use super::{problem, problem_again};
    use ledger::{Limit, Location, Millis, Refusal, Shortfall, Sku};
    use serde_json::{Value, json};

    fn body(refusal: Refusal) -> Value {
        serde_json::from_slice(&problem(refusal).to_json()).expect("valid JSON")
    }

    #[test]
    fn a_refusal_keeps_its_word() {
        let sku = Sku::parse("A").expect("a SKU");
        for refusal in [
            Refusal::Invalid { pointer: "/delta".into(), detail: "no" },
            Refusal::UnknownSku { sku, location: None },
            Refusal::UnknownSale,
            Refusal::ReservationNotFound,
            Refusal::ReservationHeld,
            Refusal::ReservationConfirmed,
            Refusal::ReservationReleased,
            Refusal::ReservationExpired,
            Refusal::ReservationCancelled,
            Refusal::ReservationFulfilled,
            Refusal::SaleNotOpen { starts: None },
            Refusal::SaleNotOpen { starts: Some(Millis(1)) },
            Refusal::SaleClosed,
            Refusal::LimitExceeded { limit: Limit::SaleQuota, sku: None, remaining: 0 },
            Refusal::SkuInUse,
            Refusal::InsufficientStock { shortfalls: Vec::new() },
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
        let problem = problem_again(Refusal::InsufficientStock { shortfalls });
        let body: Value = serde_json::from_slice(&problem.to_json()).expect("valid JSON");
        let expected = json!([
            {"sku": "A", "requested": 2, "available": 1},
            {"sku": "B", "location": "default", "requested": 5, "available": 0},
        ]);
        assert_eq!((&body["shortfalls"], &body["replayed"]), (&expected, &json!(true)));
    }
}
