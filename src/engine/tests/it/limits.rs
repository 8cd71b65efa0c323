//! Past a limit the engine refuses at once, and what settles goes on longer than what takes.

use crate::asks::{confirm, extend, get, look, release, reserve, reserve_for, stock, stock_at, text};
use crate::shop::{Shop, options};
use engine::{Options, Request};
use ledger::{Command, Location, Millis, OnConfirm, Reserve, SkuSettings, Text};

/// Reserves until told otherwise; the last id, and what it was told.
fn reserve_until_refused(shop: &mut Shop) -> (usize, String) {
    for n in 0.. {
        let ticket = shop.submit(reserve(&format!("r-{n}"), &[("a", 1)]));
        if let Some(told) = shop.told(ticket) {
            return (n, told);
        }
    }
    unreachable!("the buffer is bounded")
}

#[test]
fn a_full_commit_buffer_refuses_reserves_and_settles_go_on_to_twice_its_size() {
    let mut shop = Shop::new(&Options { commit_buffer_bytes: 8 << 10, ..options(2) });
    shop.tell(stock("a", 1_000));
    shop.tell(stock("b", 1_000));
    let (refused, told) = reserve_until_refused(&mut shop);
    assert_eq!(told, "queue_full");
    assert!(refused > 8, "{refused}");
    let written = shop.submit(stock("b", 1));
    assert_eq!(shop.told(written).as_deref(), Some("queue_full"));
    let settled: Vec<u32> = (0..refused).map(|n| shop.submit(confirm(&format!("r-{n}")))).collect();
    let told: Vec<_> = settled.iter().map(|ticket| shop.told(*ticket)).collect();
    let refused_settles = told.iter().filter(|told| told.as_deref() == Some("queue_full")).count();
    let waiting = told.iter().filter(|told| told.is_none()).count();
    assert_eq!(waiting + refused_settles, refused);
    assert!(waiting > refused / 2 && refused_settles > 0, "{waiting} of {refused} settles went on");
    shop.commit();
    // Nothing is known of who was refused: its id is free, also for another body.
    assert_eq!(shop.tell(get(&format!("r-{refused}"))), "nobody");
    assert_eq!(shop.tell(reserve(&format!("r-{refused}"), &[("b", 1)])), "reserved");
}

#[test]
fn a_full_commit_buffer_is_no_sold_out_for_what_is_replayed_or_read() {
    let mut shop = Shop::new(&Options { commit_buffer_bytes: 4 << 10, ..options(2) });
    shop.tell(stock("a", 1_000));
    let (_, told) = reserve_until_refused(&mut shop);
    assert_eq!(told, "queue_full");
    let replay = shop.submit(reserve("r-0", &[("a", 1)]));
    let read = shop.submit(get("r-1"));
    shop.commit();
    assert_eq!(shop.told(replay).as_deref(), Some("held again"));
    assert_eq!(shop.told(read).as_deref(), Some("held"));
}

/// Units that are due but cannot be given back just now are no reason to say "sold out" for ever.
#[test]
fn a_full_commit_buffer_is_no_sold_out_for_units_that_are_due() {
    let mut shop = Shop::new(&Options { commit_buffer_bytes: 4 << 10, ..options(2) });
    shop.tell(stock("a", 1_000));
    shop.tell(stock("b", 1));
    shop.tell(reserve_for("due", 1_000, &[("b", 1)]));
    shop.clock.pass(1_000);
    let (made, _) = reserve_until_refused(&mut shop);
    let verbs = |n| [extend(&format!("r-{n}"), 1_000), confirm(&format!("r-{n}"))];
    let settled: Vec<u32> = (0..made).flat_map(verbs).map(|verb| shop.submit(verb)).collect();
    assert!(settled.iter().any(|ticket| shop.told(*ticket).as_deref() == Some("queue_full")));
    let early = shop.submit(reserve("r", &[("b", 1)]));
    assert_eq!(shop.told(early).as_deref(), Some("queue_full"));
    shop.commit();
    assert_eq!(shop.tell(reserve("r", &[("b", 1)])), "reserved");
}

#[test]
fn at_the_cap_of_live_reservations_only_settling_goes_on() {
    let options = Options { max_reservations: 3, ..options(2) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 100));
    for name in ["one", "two", "three"] {
        assert_eq!(shop.tell(reserve_for(name, 1_000, &[("a", 1)])), "reserved");
    }
    assert_eq!(shop.tell(reserve("four", &[("a", 1)])), "storage_full");
    assert_eq!(shop.tell(reserve_for("one", 1_000, &[("a", 1)])), "held again");
    assert_eq!(shop.tell(confirm("one")), "confirmed");
    assert_eq!(shop.tell(reserve("four", &[("a", 1)])), "storage_full", "a confirmed one is live");
    assert_eq!(shop.tell(release("two")), "released");
    assert_eq!(shop.tell(reserve("four", &[("a", 1)])), "reserved");
    shop = shop.reopen(&options);
    assert_eq!(shop.tell(reserve("five", &[("a", 1)])), "storage_full", "the count survives a restart");
    shop.clock.pass(1_000);
    shop.sweep();
    assert_eq!(shop.tell(reserve("five", &[("a", 1)])), "reserved");
}

#[test]
fn at_the_cap_of_skus_no_more_are_made() {
    let mut shop = Shop::new(&Options { max_skus: 2, ..options(1) });
    shop.tell(stock("a", 1));
    shop.tell(stock("b", 1));
    assert_eq!(shop.tell(stock("c", 1)), "storage_full");
    assert_eq!(shop.tell(stock("b", 5)), "5 now", "what is there may be written");
}

fn long(prefix: char, number: usize) -> String {
    format!("{prefix}{number:063}")
}

#[test]
fn a_cart_of_a_hundred_long_lines_fits_a_record() {
    let options = options(5);
    let mut shop = Shop::new(&options);
    let location = Location::parse(&long('l', 0)).expect("64 bytes are an identifier");
    let skus: Vec<String> = (0..ledger::MAX_LINES).map(|number| long('s', number)).collect();
    for name in &skus {
        shop.tell(stock_at(name, location.clone(), 5));
    }
    let lines: Vec<(&str, u64)> = skus.iter().map(|name| (name.as_str(), 2)).collect();
    assert_eq!(shop.tell(reserve(&long('r', 0), &lines)), "reserved");
    assert_eq!(shop.tell(confirm(&long('r', 0))), "confirmed");
    let digest = shop.engine.digest();
    assert_eq!(shop.reopen(&options).engine.digest(), digest);
}

#[test]
fn a_cart_that_fits_no_frame_is_refused_and_changes_nothing() {
    let mut options = options(2);
    options.log.segment_bytes = 64 << 10;
    options.log.reserve_bytes = 16 << 10;
    let mut shop = Shop::new(&options);
    for number in 0..200 {
        let location = Location::parse(&long('l', number)).expect("64 bytes are an identifier");
        shop.tell(stock_at("a", location, 1));
    }
    assert_eq!(shop.tell(reserve("all", &[("a", 200)])), "invalid_request");
    assert_eq!(shop.tell(look(&["a"])), "200/0/0");
    assert_eq!(shop.tell(get("all")), "nobody");
    assert_eq!(shop.tell(reserve("all", &[("a", 50)])), "reserved");
}

#[test]
fn the_longest_adjustment_fits_a_record() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock(&long('s', 0), 5));
    let engine::Request::Command(Command::Adjust(mut adjust)) = crate::asks::adjust(&long('s', 0), 1, None) else {
        panic!("an adjustment was made")
    };
    let longest: Text = text(&"x".repeat(255));
    (adjust.key, adjust.reason, adjust.reference) = (Some(longest.clone()), Some(longest.clone()), Some(longest));
    let request = engine::Request::Command(Command::Adjust(adjust));
    assert_eq!(shop.tell(request.clone()), "6 now");
    shop = shop.reopen(&options(1));
    assert_eq!(shop.tell(request), "6 before");
}

fn by(customer: &str, name: &str, ttl_ms: u64) -> Request {
    let customer = Some(naive::asks::customer(customer));
    let lines = naive::asks::lines(name, &[("a", 1)]);
    Request::Command(naive::asks::asked(Reserve { customer, ttl: Some(Millis(ttl_ms)), ..lines }))
}

/// A shop that counts at most so many customers of `a`, and ships what is confirmed.
fn counting(max_customer_buckets: u64) -> Shop {
    let mut options = Options { max_customer_buckets, ..options(2) };
    options.policy.on_confirm = OnConfirm::Fulfil;
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 100));
    let settings = SkuSettings { max_per_customer: Some(5), ..SkuSettings::default() };
    shop.tell(Request::Command(Command::SetSku(naive::asks::sku("a"), settings)));
    shop
}

#[test]
fn at_the_cap_of_customers_only_those_who_are_counted_go_on() {
    let mut shop = counting(2);
    assert_eq!(shop.tell(by("c1", "r-1", 1_000)), "reserved");
    assert_eq!(shop.tell(by("c2", "r-2", 1_000)), "reserved");
    assert_eq!(shop.tell(by("c3", "r-3", 1_000)), "storage_full");
    assert_eq!(shop.tell(by("c1", "r-4", 1_000)), "reserved", "counted already");
    assert_eq!(shop.tell(release("r-2")), "released");
    assert_eq!(shop.tell(by("c3", "r-3", 1_000)), "reserved", "there is room again");
}

#[test]
fn a_late_payment_takes_one_customers_place_and_not_two() {
    let mut shop = counting(2);
    assert_eq!(shop.tell(by("c1", "late", 10)), "reserved");
    shop.clock.pass(10);
    shop.sweep();
    assert_eq!(shop.tell(by("c2", "r-2", 1_000)), "reserved");
    let late = || Request::Command(naive::asks::reacquire("late"));
    // Confirmed and fulfilled at once: two records, one customer.
    assert_eq!(shop.tell(late()), "fulfilled");
    assert_eq!(shop.engine.totals().customer_buckets, 2);
    assert_eq!(shop.tell(late()), "fulfilled again");
}

#[test]
fn a_late_payment_needs_room_for_a_live_reservation() {
    let options = Options { max_reservations: 1, ..options(2) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 100));
    assert_eq!(shop.tell(reserve_for("late", 10, &[("a", 1)])), "reserved");
    shop.clock.pass(10);
    shop.sweep();
    assert_eq!(shop.tell(reserve("r", &[("a", 1)])), "reserved");
    let late = || Request::Command(naive::asks::reacquire("late"));
    assert_eq!(shop.tell(late()), "storage_full");
    assert_eq!(shop.tell(release("r")), "released");
    assert_eq!(shop.tell(late()), "confirmed");
}
