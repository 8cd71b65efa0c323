//! Reserve: how lines are summed, placed, validated, refused and recognised again.

use crate::shop::{POLICY, Shop, places};
use ledger::{
    Channel, Command, Customer, Limit, MAX_BUCKETS, MAX_LOCATIONS, Millis, Mode, Outcome, Refusal, Reserve, SaleId,
    SetStock, Shortfall, State, decide, view,
};
use naive::asks::{self, asked, expire, lines, release, reserve, set};

fn short(place: &str, requested: u64, available: u64) -> Shortfall {
    let want = asks::want(place, 1);
    Shortfall { sku: want.sku, location: want.location, requested, available }
}

fn insufficient(shortfalls: Vec<Shortfall>) -> Refusal {
    Refusal::InsufficientStock { shortfalls }
}

#[test]
fn a_reserve_holds_units_until_its_deadline() {
    let mut shop = Shop::with(&[("A@east", 10)]);
    let made = shop.done(7, &reserve("r1", &[("A", 4)]));
    assert_eq!((made.state, made.created, made.changed, made.version), (State::Held, Millis(7), Millis(7), 1));
    assert_eq!(made.expires, Millis(607), "the policy's default");
    assert_eq!((shop.row("A@east").held, shop.row("A@east").available()), (4, 6));
    assert_eq!(shop.row("A@east").version, 1, "holds are not writes to the record's own figures");
    assert_eq!(shop.done(7, &asks::reserve_for("r2", 5, &[("A", 1)])).expires, Millis(12));
}

#[test]
fn the_last_unit_goes_once() {
    let mut shop = Shop::with(&[("A@east", 1)]);
    shop.done(1, &reserve("r1", &[("A", 1)]));
    assert_eq!(shop.refusal(1, &reserve("r2", &[("A", 1)])), insufficient(vec![short("A", 1, 0)]));
}

#[test]
fn every_figure_of_the_bucket_counts() {
    let mut shop = Shop::with(&[]);
    let figures =
        SetStock { safety_stock: Some(1), unavailable: Some(2), backorder_limit: Some(4), ..set("A@east", 10) };
    shop.write(0, &Command::SetStock(figures));
    assert_eq!(shop.refusal(1, &reserve("r1", &[("A", 12)])), insufficient(vec![short("A", 12, 11)]));
    shop.done(1, &reserve("r2", &[("A", 11)]));
    assert_eq!(shop.row("A@east").available(), 0);
}

#[test]
fn lines_of_one_sku_are_summed_before_the_check() {
    let mut shop = Shop::with(&[("A@east", 5), ("B@east", 5)]);
    let twice = [("A", 3), ("B", 1), ("A", 3)];
    assert_eq!(shop.refusal(1, &reserve("r1", &twice)), insufficient(vec![short("A", 6, 5)]));
    let made = shop.done(1, &reserve("r2", &[("B", 1), ("A", 2), ("B", 1), ("A", 3)]));
    assert_eq!(places(&made), [(0, "east", 2), (1, "east", 5)], "each sum stands at its first line");
}

#[test]
fn one_sku_with_and_without_location_are_different_lines() {
    let mut shop = Shop::with(&[("A@east", 5), ("A@west", 5)]);
    let made = shop.done(1, &reserve("r1", &[("A@west", 1), ("A", 2), ("A@west", 1), ("A@east", 1)]));
    assert_eq!(places(&made), [(0, "west", 2), (1, "east", 2), (3, "east", 1)]);
}

#[test]
fn sums_beyond_any_bucket_are_refused_not_wrapped() {
    let mut shop = Shop::with(&[("A@east", 1_000_000_000)]);
    let wants = [("A", 1_000_000_000); 100];
    let refused = shop.refusal(1, &reserve("r1", &wants));
    assert_eq!(refused, insufficient(vec![short("A", 100_000_000_000, 1_000_000_000)]));
}

#[test]
fn the_first_location_that_serves_the_whole_line_does() {
    let mut shop = Shop::with(&[("A@west", 9), ("A@east", 2), ("A@north", 5)]);
    assert_eq!(places(&shop.done(1, &reserve("r1", &[("A", 3)]))), [(0, "north", 3)]);
    assert_eq!(places(&shop.done(1, &reserve("r2", &[("A", 2)]))), [(0, "east", 2)]);
}

#[test]
fn a_line_that_no_location_serves_whole_is_split_in_order() {
    let mut shop = Shop::with(&[("A@east", 2), ("A@none", 0), ("A@west", 5), ("A@north", 4)]);
    let made = shop.done(1, &reserve("r1", &[("A", 8)]));
    assert_eq!(places(&made), [(0, "east", 2), (0, "north", 4), (0, "west", 2)]);
}

#[test]
fn lines_with_a_location_are_placed_first() {
    let mut shop = Shop::with(&[("A@east", 4), ("A@west", 4)]);
    let made = shop.done(1, &reserve("r1", &[("A", 3), ("A@east", 2)]));
    assert_eq!(places(&made), [(0, "west", 3), (1, "east", 2)], "answered in the caller's order");
}

#[test]
fn a_located_line_takes_nothing_from_elsewhere() {
    let mut shop = Shop::with(&[("A@east", 1), ("A@west", 100)]);
    assert_eq!(shop.refusal(1, &reserve("r1", &[("A@east", 2)])), insufficient(vec![short("A@east", 2, 1)]));
}

#[test]
fn every_short_line_is_named_and_none_of_the_cart_is_held() {
    let mut shop = Shop::with(&[("A@east", 1), ("B@east", 5), ("C@east", 2)]);
    let before = shop.ledger.digest();
    let refused = shop.refusal(1, &reserve("r1", &[("A", 2), ("B", 5), ("C@east", 3)]));
    assert_eq!(refused, insufficient(vec![short("C@east", 3, 2), short("A", 2, 1)]), "located lines come first");
    assert_eq!(shop.ledger.digest(), before);
    shop.done(1, &reserve("r2", &[("B", 5)]));
}

#[test]
fn an_unknown_sku_is_told_before_a_shortfall_and_before_an_unknown_sale() {
    let mut shop = Shop::with(&[("A@east", 1)]);
    let unknown = |place: &str| {
        let want = asks::want(place, 1);
        Refusal::UnknownSku { sku: want.sku, location: want.location }
    };
    assert_eq!(shop.refusal(1, &reserve("r1", &[("A", 9), ("Z", 1)])), unknown("Z"));
    assert_eq!(shop.refusal(1, &reserve("r1", &[("A", 9), ("A@moon", 1)])), unknown("A@moon"));
    assert_eq!(shop.refusal(1, &reserve("r1", &[("Z@east", 1)])), unknown("Z"), "no location of it is known");
    let sale = SaleId::parse("drop").ok();
    let in_sale = |wants: &[(&str, u64)]| asked(Reserve { sale: sale.clone(), ..lines("r1", wants) });
    assert_eq!(shop.refusal(1, &in_sale(&[("Z", 1)])), unknown("Z"));
    assert_eq!(shop.refusal(1, &in_sale(&[("A", 9)])), Refusal::UnknownSale, "before the shortfall");
}

#[test]
fn a_refused_name_is_not_taken() {
    let mut shop = Shop::with(&[("A@east", 1)]);
    shop.refusal(1, &reserve("r1", &[("A", 2)]));
    shop.done(2, &reserve("r1", &[("A", 1)]));
}

#[test]
fn the_same_request_again_is_a_replay_of_the_reservation_as_it_is_now() {
    let mut shop = Shop::with(&[("A@east", 1)]);
    let made = shop.done(1, &reserve("r1", &[("A", 1)]));
    assert_eq!(shop.replay(9, &reserve("r1", &[("A", 1)])), made);
    let confirmed = shop.done(10, &asks::confirm("r1", Some("o1")));
    assert_eq!(shop.replay(5_000, &reserve("r1", &[("A", 1)])), confirmed);
}

#[test]
fn a_retry_of_an_ended_reservation_replays_its_end_and_holds_nothing() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    shop.done(1, &reserve("r1", &[("A", 1)]));
    shop.done(2, &release("r1"));
    assert_eq!(shop.replay(3, &reserve("r1", &[("A", 1)])).state, State::Released);
    shop.done(1, &reserve("r2", &[("A", 1)]));
    shop.done(601, &expire("r2"));
    assert_eq!(shop.replay(602, &reserve("r2", &[("A", 1)])).state, State::Expired);
    assert_eq!(shop.row("A@east").held, 0);
}

#[test]
fn a_retry_past_the_deadline_sees_it_expired_though_nobody_swept() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    let made = shop.done(1, &reserve("r1", &[("A", 1)]));
    assert_eq!(shop.replay(600, &reserve("r1", &[("A", 1)])).state, State::Held);
    assert_eq!(shop.replay(601, &reserve("r1", &[("A", 1)])).state, State::Expired);
    assert_eq!(view(made.clone(), Millis(600)), made);
    assert_eq!(view(made, Millis(601)).state, State::Expired);
    assert_eq!(shop.row("A@east").held, 1, "its units come back by the sweep");
}

#[test]
fn another_request_under_the_same_name_names_the_first_field_that_differs() {
    let mut shop = Shop::with(&[("A@east", 9)]);
    shop.done(1, &reserve("r1", &[("A", 1)]));
    let plain = lines("r1", &[("A", 1)]);
    let more = lines("r1", &[("A", 2)]);
    let cases = [
        (Reserve { customer: Customer::parse("c1").ok(), ..more.clone() }, "customer"),
        (Reserve { channel: Channel::parse("web").ok(), ..more.clone() }, "channel"),
        (Reserve { sale: SaleId::parse("drop").ok(), ..more.clone() }, "sale"),
        (Reserve { ttl: Some(Millis(600)), ..plain.clone() }, "ttl_ms"),
        (Reserve { mode: Mode::BestEffort, ..plain }, "mode"),
        (more, "lines"),
    ];
    for (other, field) in cases {
        assert_eq!(shop.refusal(2, &asked(other)), Refusal::IdempotencyMismatch { field });
    }
    assert_eq!(shop.refusal(2, &reserve("r1", &[("Z", 1)])), Refusal::IdempotencyMismatch { field: "lines" });
}

#[test]
fn only_what_was_sold_out_is_to_be_remembered() {
    let limit = Refusal::LimitExceeded { limit: Limit::SaleQuota, sku: None, remaining: 0 };
    assert!([insufficient(Vec::new()), limit, Refusal::SaleClosed].iter().all(Refusal::is_remembered));
    let others =
        [Refusal::UnknownSale, Refusal::SaleNotOpen { starts: None }, Refusal::OnHandNegative, Refusal::SkuInUse];
    assert!(others.iter().all(|refusal| !refusal.is_remembered()));
}

#[test]
fn deciding_alone_changes_nothing() {
    let shop = Shop::with(&[("A@east", 9)]);
    let before = shop.ledger.digest();
    let decide = || decide(&shop.ledger, &POLICY, &reserve("r1", &[("A", 1)]), Millis(1));
    let first = decide();
    assert!(matches!(first.outcome, Outcome::Reserved(_)) && first.events.len() == 1);
    assert_eq!(first, decide());
    assert_eq!(shop.ledger.digest(), before);
}

#[test]
fn a_reservation_takes_from_at_most_so_many_buckets() {
    let mut shop = Shop::with(&[]);
    for number in 0..MAX_LOCATIONS {
        for sku in ["A", "B"] {
            shop.write(0, &Command::SetStock(set(&format!("{sku}@l{number}"), 1)));
        }
    }
    let all = MAX_LOCATIONS as u64;
    let most = MAX_BUCKETS as u64 - all;
    assert_eq!(shop.invalid(1, &reserve("r1", &[("A", all), ("B", most + 1)])), "/lines");
    assert_eq!(shop.done(2, &reserve("r1", &[("A", all), ("B", most)])).lines.len(), MAX_BUCKETS);
}
