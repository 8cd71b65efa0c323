//! Sales: their window, their quota and drops, and who is told what when.

use crate::shop::Shop;
use ledger::{
    Books, ChannelQuota, Command, Drop, EventKind, Limit, LimitKey, Millis, Refusal, Reserve, Sale, SalePhase,
    SaleSettings, SkuSettings, view_sale,
};
use naive::asks::{self, asked, cancel, confirm, expire, fulfil, in_sale, release, reserve, reserve_for, sku};

fn of_a() -> SaleSettings {
    SaleSettings { skus: vec![sku("A")], ..SaleSettings::default() }
}

fn window(starts: u64, ends: u64) -> SaleSettings {
    SaleSettings { starts: Some(Millis(starts)), ends: Some(Millis(ends)), ..of_a() }
}

fn quota(units: u32) -> SaleSettings {
    SaleSettings { quota: Some(units), ..of_a() }
}

fn closing(units: u32) -> SaleSettings {
    SaleSettings { close_when_sold_out: true, ..quota(units) }
}

/// 100 of A and of B, and the sale `drop`.
fn shop(settings: SaleSettings) -> Shop {
    let mut shop = Shop::with(&[("A@east", 100), ("B@east", 100)]);
    shop.set_sale(0, "drop", settings);
    shop
}

fn buy(name: &str, units: u64) -> Command {
    asked(in_sale(name, "drop", &[("A", units)]))
}

fn over(limit: Limit, remaining: u32) -> Refusal {
    Refusal::LimitExceeded { limit, sku: None, remaining }
}

fn taken(shop: &Shop) -> (u32, u32, u32) {
    shop.taken(&LimitKey::Sale(asks::sale("drop")))
}

#[test]
fn an_early_click_is_told_when_and_burns_nothing() {
    let mut shop = shop(SaleSettings { max_per_customer: Some(1), ..window(100, 200) });
    let early = asked(Reserve { customer: Some(asks::customer("c1")), ..in_sale("r1", "drop", &[("A", 1)]) });
    assert_eq!(shop.refusal(99, &early), Refusal::SaleNotOpen { starts: Some(Millis(100)) });
    assert!(!shop.refusal(99, &early).is_remembered(), "the same click may succeed later");
    shop.done(100, &early);
    assert_eq!(taken(&shop), (1, 0, 0));
}

#[test]
fn the_window_is_judged_to_the_millisecond_whether_it_was_told_or_not() {
    let mut shop = shop(window(100, 200));
    shop.done(100, &buy("r1", 1));
    assert_eq!(shop.events, [EventKind::SaleOpened, EventKind::Held], "who sees the hold has seen it open");
    shop.done(199, &buy("r2", 1));
    assert_eq!(shop.events, [EventKind::Held]);
    assert_eq!(shop.refusal(200, &buy("r3", 1)), Refusal::SaleClosed);
}

#[test]
fn a_turn_tells_what_time_has_changed_and_nothing_twice() {
    let mut shop = shop(window(100, 200));
    assert_eq!(shop.events, [EventKind::SaleSet], "scheduled is where every sale begins");
    let due = |shop: &Shop, at| shop.ledger.due_sales(Millis(at), shop.policy.keep_history).count();
    assert_eq!((due(&shop, 99), due(&shop, 100)), (0, 1));
    assert_eq!(shop.turn(100, "drop").told, SalePhase::Open);
    assert_eq!(shop.events, [EventKind::SaleOpened]);
    shop.turn(150, "drop");
    assert_eq!(shop.events, []);
    assert_eq!((due(&shop, 199), due(&shop, 200)), (0, 1));
    assert_eq!(shop.turn(200, "drop").told, SalePhase::Closed);
    assert_eq!(shop.events, [EventKind::SaleClosed]);
    assert_eq!(shop.refusal(200, &Command::TurnSale(asks::sale("never"))), Refusal::UnknownSale);
}

#[test]
fn a_sku_outside_the_sale_is_named_by_its_line() {
    let mut shop = shop(window(100, 200));
    let cart = asked(in_sale("r1", "drop", &[("A", 1), ("A", 1), ("B", 1), ("B", 1)]));
    assert_eq!(shop.invalid(50, &cart), "/lines/2/sku", "even before it opens");
}

#[test]
fn a_sku_that_is_only_sold_in_a_sale_has_none_outside() {
    let mut shop = shop(of_a());
    shop.set_sku(0, "A", SkuSettings { sale_only: true, ..SkuSettings::default() });
    assert_eq!(shop.refusal(1, &reserve("r1", &[("B", 1), ("A", 1)])), Refusal::SaleNotOpen { starts: None });
    shop.done(1, &buy("r1", 1));
    shop.done(1, &reserve("r2", &[("B", 1)]));
}

#[test]
fn what_is_wrong_is_told_in_the_order_of_the_contract() {
    let mut shop = shop(SaleSettings { max_per_customer: Some(1), quota: Some(1), ..window(100, 200) });
    let ask = |customer: Option<&str>, sale: &str, wants: &[(&str, u64)]| {
        asked(Reserve { customer: customer.map(asks::customer), ..in_sale("r1", sale, wants) })
    };
    let unknown = Refusal::UnknownSku { sku: sku("Z"), location: None };
    assert_eq!(shop.refusal(50, &ask(None, "never", &[("B", 999), ("Z", 1)])), unknown);
    assert_eq!(shop.refusal(50, &ask(None, "never", &[("B", 999)])), Refusal::UnknownSale);
    assert_eq!(shop.invalid(50, &ask(None, "drop", &[("B", 999)])), "/customer");
    assert_eq!(shop.invalid(50, &ask(Some("c1"), "drop", &[("B", 999)])), "/lines/0/sku");
    let starts = Some(Millis(100));
    assert_eq!(shop.refusal(50, &ask(Some("c1"), "drop", &[("A", 999)])), Refusal::SaleNotOpen { starts });
    assert_eq!(shop.refusal(100, &ask(Some("c1"), "drop", &[("A", 999)])), over(Limit::SaleQuota, 1));
}

#[test]
fn a_quota_is_sold_once_and_opens_again_when_the_last_hold_expires() {
    let mut shop = shop(quota(3));
    assert_eq!(shop.events, [EventKind::SaleSet, EventKind::SaleOpened]);
    shop.done(1, &buy("r1", 2));
    assert_eq!(shop.refusal(1, &buy("r2", 2)), over(Limit::SaleQuota, 1));
    shop.done(1, &asked(Reserve { ttl: Some(Millis(50)), ..in_sale("r2", "drop", &[("A", 1)]) }));
    assert_eq!(shop.events, [EventKind::Held, EventKind::SaleSoldOut]);
    assert_eq!(shop.refusal(2, &buy("r3", 1)), over(Limit::SaleQuota, 0));
    shop.done(51, &expire("r2"));
    assert_eq!(shop.events, [EventKind::Expired, EventKind::SaleOpened]);
    shop.done(52, &buy("r3", 1));
}

#[test]
fn a_sale_that_closes_when_sold_out_waits_for_its_last_hold() {
    let mut shop = shop(closing(2));
    shop.done(1, &buy("r1", 1));
    shop.done(1, &buy("r2", 1));
    assert_eq!(shop.events, [EventKind::Held, EventKind::SaleSoldOut]);
    assert_eq!(shop.refusal(2, &buy("r3", 1)), Refusal::SaleClosed, "no matter which limit");
    shop.done(3, &confirm("r1", None));
    assert_eq!(shop.events, [EventKind::Confirmed]);
    shop.done(4, &release("r2"));
    assert_eq!(shop.events, [EventKind::Released, EventKind::SaleOpened]);
    shop.done(5, &buy("r3", 1));
    shop.done(6, &confirm("r3", None));
    assert_eq!(shop.events, [EventKind::Confirmed, EventKind::SaleClosed]);
    shop.done(7, &cancel("r1"));
    assert_eq!(shop.events, [EventKind::Cancelled, EventKind::SaleOpened], "even a cancel opens it again");
}

#[test]
fn what_was_shipped_stays_sold() {
    let mut shop = shop(closing(2));
    shop.done(1, &buy("r1", 2));
    shop.done(2, &confirm("r1", None));
    shop.done(3, &fulfil("r1"));
    assert_eq!((shop.events.as_slice(), taken(&shop)), ([EventKind::Fulfilled].as_slice(), (0, 0, 2)));
    assert_eq!(shop.refusal(4, &buy("r2", 1)), Refusal::SaleClosed);
}

#[test]
fn drops_come_to_the_millisecond_and_are_capped_by_the_quota() {
    let drop = |at, quota| Drop { at: Millis(at), quota };
    let drops = vec![drop(100, 2), drop(200, 3)];
    let mut shop = shop(SaleSettings { drops, ..quota(4) });
    assert_eq!(shop.refusal(99, &buy("r1", 1)), over(Limit::SaleQuota, 0));
    assert_eq!(shop.refusal(100, &buy("r1", 3)), over(Limit::SaleQuota, 2));
    shop.done(100, &buy("r1", 2));
    assert_eq!(shop.events, [EventKind::Held], "not sold out: more is to come");
    assert_eq!(shop.refusal(199, &buy("r2", 1)), over(Limit::SaleQuota, 0));
    assert_eq!(shop.refusal(200, &buy("r2", 3)), over(Limit::SaleQuota, 2));
    shop.done(200, &buy("r2", 2));
    assert_eq!(shop.events, [EventKind::Held, EventKind::SaleSoldOut]);
}

#[test]
fn a_sale_limits_customers_and_channels_over_all_its_skus() {
    let quotas = vec![ChannelQuota { channel: asks::channel("web"), quota: 5 }];
    let skus = vec![sku("A"), sku("B")];
    let mut shop =
        shop(SaleSettings { max_per_customer: Some(3), channel_quotas: quotas, skus, ..SaleSettings::default() });
    let cart = |name, customer: &str, a, b| {
        let (customer, channel) = (Some(asks::customer(customer)), Some(asks::channel("web")));
        asked(Reserve { customer, channel, ..in_sale(name, "drop", &[("A", a), ("B", b)]) })
    };
    assert_eq!(shop.refusal(1, &cart("r1", "c1", 2, 2)), over(Limit::SaleMaxPerCustomer, 3));
    shop.done(1, &cart("r1", "c1", 2, 1));
    assert_eq!(shop.refusal(1, &cart("r2", "c2", 2, 1)), over(Limit::SaleChannelQuota, 2));
    shop.done(1, &cart("r2", "c2", 1, 1));
    shop.done(2, &release("r1"));
    let key = |customer: &str| LimitKey::SaleCustomer(asks::sale("drop"), asks::customer(customer));
    assert_eq!((shop.taken(&key("c1")), shop.taken(&key("c2"))), ((0, 0, 0), (2, 0, 0)));
}

#[test]
fn a_sale_counts_from_its_creation_though_its_quota_comes_later() {
    let mut shop = shop(of_a());
    shop.done(1, &buy("r1", 4));
    assert_eq!(taken(&shop), (4, 0, 0));
    shop.set_sale(2, "drop", quota(4));
    assert_eq!(shop.events, [EventKind::SaleSet, EventKind::SaleSoldOut]);
    shop.set_sale(3, "drop", quota(5));
    assert_eq!(shop.events, [EventKind::SaleSet, EventKind::SaleOpened]);
    assert_eq!(shop.refusal(4, &buy("r2", 2)), over(Limit::SaleQuota, 1));
}

#[test]
fn settings_are_counted_and_may_move_the_window() {
    let mut shop = shop(of_a());
    let sale = shop.set_sale(1, "drop", window(100, 200));
    assert_eq!((sale.version, sale.told), (2, SalePhase::Scheduled));
    assert_eq!(shop.events, [EventKind::SaleSet, EventKind::SaleScheduled]);
    let set = Command::SetSale(asks::sale("drop"), SaleSettings { skus: vec![sku("A"), sku("Z")], ..of_a() });
    assert_eq!(shop.refusal(2, &set), Refusal::UnknownSku { sku: sku("Z"), location: None });
}

#[test]
fn an_extend_tells_nothing_about_the_sale() {
    let mut shop = shop(window(0, 200));
    shop.done(1, &buy("r1", 1));
    shop.done(300, &asks::extend("r1", 500));
    assert_eq!(shop.events, [EventKind::Extended]);
}

#[test]
fn long_after_its_end_a_sale_forgets_its_customers_but_for_what_may_come_back() {
    let mut shop = shop(SaleSettings { max_per_customer: Some(9), ..window(0, 200) });
    let by = |customer: &str, name| {
        asked(Reserve { customer: Some(asks::customer(customer)), ..in_sale(name, "drop", &[("A", 1)]) })
    };
    for (customer, name) in [("c1", "r1"), ("c2", "r2")] {
        shop.done(100, &by(customer, name));
        shop.done(101, &confirm(name, None));
    }
    shop.done(102, &fulfil("r1"));
    shop.turn(200, "drop");
    shop.turn(5_199, "drop");
    assert_eq!((shop.events.len(), shop.ledger.totals().customer_buckets), (0, 2));
    assert!(shop.turn(5_200, "drop").retired);
    assert_eq!(shop.events, [EventKind::SaleRetired]);
    assert_eq!(shop.ledger.totals().customer_buckets, 1, "c2 may still cancel");
    shop.turn(5_201, "drop");
    assert_eq!(shop.events, []);
    shop.done(5_300, &fulfil("r2"));
    assert_eq!(shop.ledger.totals().customer_buckets, 0);
    assert!(!shop.set_sale(5_400, "drop", of_a()).retired, "and it may be held again");
    shop.done(5_401, &reserve_for("r9", 9, &[("B", 1)]));
}

#[test]
fn whoever_looks_at_a_sale_sees_the_phase_that_it_is_in_though_nobody_told_it() {
    let shop = shop(window(100, 200));
    let sale = shop.ledger.sale(&asks::sale("drop")).expect("set above");
    let seen = |at| view_sale(sale, Millis(at));
    assert_eq!(sale.told, SalePhase::Scheduled);
    assert_eq!([99, 100, 200].map(|at| seen(at).told), [SalePhase::Scheduled, SalePhase::Open, SalePhase::Closed]);
    assert_eq!(Sale { told: sale.told, ..seen(100) }, *sale, "and all else as it is");
}

/// Two of A bought by `c1` under a limit of the sale, and two held.
fn bought_and_held() -> (Shop, LimitKey) {
    let mut shop = shop(SaleSettings { max_per_customer: Some(9), ..of_a() });
    for name in ["bought", "held"] {
        let by_c1 = Reserve { customer: Some(asks::customer("c1")), ..in_sale(name, "drop", &[("A", 2)]) };
        shop.done(1, &asked(by_c1));
    }
    shop.done(2, &confirm("bought", None));
    shop.done(3, &fulfil("bought"));
    (shop, LimitKey::SaleCustomer(asks::sale("drop"), asks::customer("c1")))
}

#[test]
fn a_sales_limit_written_again_leaves_what_was_bought_counted() {
    let (mut shop, c1) = bought_and_held();
    shop.set_sale(4, "drop", SaleSettings { max_per_customer: Some(5), ..of_a() });
    assert_eq!(shop.taken(&c1), (2, 0, 2));
}

#[test]
fn a_sales_limit_that_is_removed_forgets_what_was_bought_and_counts_no_more_of_it() {
    let (mut shop, c1) = bought_and_held();
    shop.set_sale(4, "drop", of_a());
    assert_eq!(shop.taken(&c1), (2, 0, 0), "what may come back is still counted");
    shop.done(5, &confirm("held", None));
    shop.done(6, &fulfil("held"));
    assert_eq!(shop.taken(&c1), (0, 0, 0));
    assert_eq!(shop.ledger.totals().customer_buckets, 0);
}

#[test]
fn a_sale_that_is_over_is_due_once_more_when_its_customers_have_been_kept_long_enough() {
    let mut shop = shop(window(0, 200));
    shop.turn(0, "drop");
    let due = |shop: &Shop, at| shop.ledger.due_sales(Millis(at), shop.policy.keep_history).count();
    shop.turn(200, "drop");
    assert_eq!((due(&shop, 5_199), due(&shop, 5_200)), (0, 1));
    shop.turn(5_200, "drop");
    assert_eq!(due(&shop, u64::MAX), 0, "nothing is left to be done");
}

#[test]
fn a_sale_without_a_quota_takes_two_thousand_million_units_and_no_more() {
    let skus = vec![sku("A"), sku("B"), sku("C")];
    let most = u64::from(ledger::MAX_QUANTITY);
    let mut shop = Shop::with(&["A@east", "B@east", "C@east"].map(|place| (place, ledger::MAX_QUANTITY)));
    shop.set_sale(0, "drop", SaleSettings { skus, ..SaleSettings::default() });
    assert_eq!(shop.ledger.limits().count(), 0, "from which nothing is taken yet");
    for place in ["A", "B"] {
        shop.done(1, &asked(in_sale(place, "drop", &[(place, most)])));
    }
    assert_eq!(shop.refusal(1, &asked(in_sale("r1", "drop", &[("C", 1)]))), over(Limit::SaleQuota, 0));
}

#[test]
fn a_sales_share_that_is_removed_forgets_what_was_bought_through_it() {
    let quotas = vec![ChannelQuota { channel: asks::channel("web"), quota: 5 }];
    let mut shop = shop(SaleSettings { channel_quotas: quotas, ..of_a() });
    for name in ["bought", "held"] {
        let on_web = Reserve { channel: Some(asks::channel("web")), ..in_sale(name, "drop", &[("A", 2)]) };
        shop.done(1, &asked(on_web));
    }
    shop.done(2, &confirm("bought", None));
    shop.done(3, &fulfil("bought"));
    let web = LimitKey::SaleChannel(asks::sale("drop"), asks::channel("web"));
    assert_eq!(shop.taken(&web), (2, 0, 2));
    let left = shop.set_sale(4, "drop", of_a());
    assert_eq!(shop.taken(&web), (2, 0, 0), "what may come back is still counted");
    assert_eq!(left.channel(&asks::channel("web")).units(), 2, "and so it is told");
}
