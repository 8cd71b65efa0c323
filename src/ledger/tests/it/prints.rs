//! Fingerprints: each field counts, and the first that differs is named.

use ledger::{ConfirmPrint, FulfilPrint, ReservePrint};

type Reserve =
    (Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<u64>, &'static str, &'static str);

const FULL: Reserve = (Some("c"), Some("web"), Some("drop"), Some(5), "all_or_nothing", "A 1");

fn reserve((customer, channel, sale, ttl_ms, mode, lines): Reserve) -> ReservePrint {
    ReservePrint::new(customer, channel, sale, ttl_ms, mode, lines.as_bytes())
}

#[test]
fn the_same_request_has_the_same_print() {
    assert_eq!(reserve(FULL), reserve(FULL));
    assert_eq!(reserve(FULL).first_difference(&reserve(FULL)), None);
}

#[test]
fn each_field_of_a_reserve_counts() {
    let others: [(&str, Reserve); 6] = [
        ("customer", (Some("d"), FULL.1, FULL.2, FULL.3, FULL.4, FULL.5)),
        ("channel", (FULL.0, Some("app"), FULL.2, FULL.3, FULL.4, FULL.5)),
        ("sale", (FULL.0, FULL.1, Some("dusk"), FULL.3, FULL.4, FULL.5)),
        ("ttl_ms", (FULL.0, FULL.1, FULL.2, Some(6), FULL.4, FULL.5)),
        ("mode", (FULL.0, FULL.1, FULL.2, FULL.3, "best_effort", FULL.5)),
        ("lines", (FULL.0, FULL.1, FULL.2, FULL.3, FULL.4, "A 2")),
    ];
    for (field, other) in others {
        assert_eq!(reserve(FULL).first_difference(&reserve(other)), Some(field));
        assert_eq!(reserve(other).first_difference(&reserve(FULL)), Some(field));
    }
}

#[test]
fn a_field_left_out_differs_from_any_value() {
    let absent: [(&str, Reserve); 4] = [
        ("customer", (None, FULL.1, FULL.2, FULL.3, FULL.4, FULL.5)),
        ("channel", (FULL.0, None, FULL.2, FULL.3, FULL.4, FULL.5)),
        ("sale", (FULL.0, FULL.1, None, FULL.3, FULL.4, FULL.5)),
        ("ttl_ms", (FULL.0, FULL.1, FULL.2, None, FULL.4, FULL.5)),
    ];
    for (field, other) in absent {
        assert_eq!(reserve(FULL).first_difference(&reserve(other)), Some(field));
    }
    let zero = reserve((FULL.0, FULL.1, FULL.2, Some(0), FULL.4, FULL.5));
    assert_eq!(reserve(absent[3].1).first_difference(&zero), Some("ttl_ms"));
}

#[test]
fn of_several_differences_the_first_is_named() {
    let other = (FULL.0, FULL.1, Some("dusk"), None, "best_effort", "B 1");
    assert_eq!(reserve(FULL).first_difference(&reserve(other)), Some("sale"));
}

#[test]
fn each_field_of_a_confirm_counts() {
    let full = ConfirmPrint::new(Some("o1"), Some(b"A 1"), Some("refuse"));
    let others = [
        ("order", ConfirmPrint::new(Some("o2"), Some(b"A 1"), Some("refuse"))),
        ("order", ConfirmPrint::new(None, None, None)),
        ("lines", ConfirmPrint::new(Some("o1"), Some(b"A 2"), Some("reacquire"))),
        ("lines", ConfirmPrint::new(Some("o1"), None, Some("refuse"))),
        ("if_expired", ConfirmPrint::new(Some("o1"), Some(b"A 1"), Some("reacquire"))),
        ("if_expired", ConfirmPrint::new(Some("o1"), Some(b"A 1"), None)),
    ];
    for (field, other) in others {
        assert_eq!(full.first_difference(&other), Some(field));
    }
    assert_eq!(full.first_difference(&full.clone()), None);
}

#[test]
fn another_fulfil_differs_in_its_lines() {
    let (all, some) = (FulfilPrint::new(None), FulfilPrint::new(Some(b"A")));
    assert_eq!(all.first_difference(&some), Some("lines"));
    assert_eq!(some.first_difference(&some), None);
}
