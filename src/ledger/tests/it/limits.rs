//! Limits: which one is told, what they count and for how long, and that a line gives back exactly
//! where it was counted, whatever limits are set by then.

use crate::shop::Shop;
use ledger::{Books, ChannelQuota, Command, Limit, LimitKey, Marks, Refusal, Reserve, SkuSettings};
use naive::asks::{self, asked, cancel, confirm, confirm_parts, expire, fulfil, lines, release, reserve};

fn by(customer: &str, name: &str, wants: &[(&str, u64)]) -> Command {
    asked(Reserve { customer: Some(asks::customer(customer)), ..lines(name, wants) })
}

fn through(channel: &str, name: &str, wants: &[(&str, u64)]) -> Command {
    asked(Reserve { channel: Some(asks::channel(channel)), ..lines(name, wants) })
}

fn per_customer(most: u32) -> SkuSettings {
    SkuSettings { max_per_customer: Some(most), ..SkuSettings::default() }
}

fn per_order(most: u32) -> SkuSettings {
    SkuSettings { max_per_order: Some(most), ..SkuSettings::default() }
}

fn web_quota(quota: u32) -> SkuSettings {
    let quotas = vec![ChannelQuota { channel: asks::channel("web"), quota }];
    SkuSettings { channel_quotas: quotas, ..SkuSettings::default() }
}

fn exceeded(limit: Limit, remaining: u32) -> Refusal {
    Refusal::LimitExceeded { limit, sku: Some(asks::sku("A")), remaining }
}

/// 100 of A, at most `most` for a customer.
fn limited(most: u32) -> Shop {
    let mut shop = Shop::with(&[("A@east", 50), ("A@west", 50)]);
    shop.set_sku(0, "A", per_customer(most));
    shop
}

#[test]
fn a_customer_gets_as_much_as_the_limit_and_no_unit_more() {
    let mut shop = limited(3);
    shop.done(1, &by("c1", "r1", &[("A", 2)]));
    assert_eq!(shop.refusal(1, &by("c1", "r2", &[("A", 2)])), exceeded(Limit::MaxPerCustomer, 1));
    shop.done(1, &by("c1", "r3", &[("A", 1)]));
    assert_eq!(shop.refusal(1, &by("c1", "r4", &[("A", 1)])), exceeded(Limit::MaxPerCustomer, 0));
    shop.done(1, &by("c2", "r5", &[("A", 3)]));
    assert_eq!(shop.taken_by_c1(), (3, 0, 0));
    assert_eq!(shop.ledger.totals().customer_buckets, 2);
}

#[test]
fn who_is_limited_must_say_who_they_are() {
    let mut shop = limited(3);
    assert_eq!(shop.invalid(1, &reserve("r1", &[("A", 1)])), "/customer");
    shop.set_sku(2, "A", SkuSettings::default());
    shop.done(3, &reserve("r1", &[("A", 1)]));
}

#[test]
fn lines_of_one_sku_count_together() {
    let mut shop = limited(3);
    assert_eq!(shop.refusal(1, &by("c1", "r1", &[("A@east", 2), ("A@west", 2)])), exceeded(Limit::MaxPerCustomer, 3));
    shop.set_sku(2, "A", per_order(3));
    assert_eq!(shop.refusal(3, &by("c1", "r1", &[("A@east", 2), ("A", 2)])), exceeded(Limit::MaxPerOrder, 3));
}

#[test]
fn an_order_is_limited_by_itself() {
    let mut shop = limited(9);
    shop.set_sku(0, "A", per_order(2));
    for name in ["r1", "r2"] {
        shop.done(1, &reserve(name, &[("A", 2)]));
    }
    assert_eq!(shop.refusal(1, &reserve("r3", &[("A", 3)])), exceeded(Limit::MaxPerOrder, 2));
}

#[test]
fn a_channel_has_its_share_and_others_are_uncapped() {
    let mut shop = Shop::with(&[("A@east", 100)]);
    shop.set_sku(0, "A", web_quota(5));
    shop.done(1, &through("web", "r1", &[("A", 4)]));
    assert_eq!(shop.refusal(1, &through("web", "r2", &[("A", 2)])), exceeded(Limit::ChannelQuota, 1));
    shop.done(1, &through("app", "r3", &[("A", 40)]));
    shop.done(1, &reserve("r4", &[("A", 40)]));
    let key = |channel: &str| LimitKey::SkuChannel(asks::sku("A"), asks::channel(channel));
    assert_eq!((shop.taken(&key("web")), shop.taken(&key("app"))), ((4, 0, 0), (0, 0, 0)));
}

#[test]
fn limits_are_told_in_their_order_and_before_stock() {
    let mut shop = Shop::with(&[("A@east", 1)]);
    let all = |order, customer, channel| SkuSettings {
        max_per_order: Some(order),
        max_per_customer: Some(customer),
        ..web_quota(channel)
    };
    let nine = Reserve {
        customer: Some(asks::customer("c1")),
        channel: Some(asks::channel("web")),
        ..lines("r1", &[("A", 9)])
    };
    let nine = asked(nine);
    for (settings, limit) in
        [(all(8, 8, 8), Limit::MaxPerOrder), (all(9, 8, 8), Limit::MaxPerCustomer), (all(9, 9, 8), Limit::ChannelQuota)]
    {
        shop.set_sku(1, "A", settings);
        assert_eq!(shop.refusal(2, &nine), exceeded(limit, 8));
    }
    shop.set_sku(1, "A", all(9, 9, 9));
    assert!(matches!(shop.refusal(2, &nine), Refusal::InsufficientStock { .. }));
}

#[test]
fn of_several_skus_the_first_that_is_over_is_told() {
    let mut shop = Shop::with(&[("A@east", 9), ("B@east", 9)]);
    for sku in ["A", "B"] {
        shop.set_sku(0, sku, per_order(1));
    }
    assert_eq!(shop.refusal(1, &reserve("r1", &[("A", 2), ("B", 2)])), exceeded(Limit::MaxPerOrder, 1));
}

#[test]
fn every_way_back_gives_the_customer_the_units_back() {
    let mut shop = limited(3);
    let full = exceeded(Limit::MaxPerCustomer, 0);
    let three = |name| by("c1", name, &[("A", 3)]);
    shop.done(1, &three("r1"));
    assert_eq!(shop.refusal(1, &by("c1", "rx", &[("A", 1)])), full);
    shop.done(2, &release("r1"));
    shop.done(3, &three("r2"));
    shop.done(700, &expire("r2"));
    shop.done(701, &three("r3"));
    shop.done(702, &confirm("r3", None));
    assert_eq!(shop.refusal(703, &by("c1", "rx", &[("A", 1)])), full);
    shop.done(704, &cancel("r3"));
    shop.done(705, &three("r4"));
    shop.done(706, &confirm_parts("r4", &[("A", 1)]));
    assert_eq!(shop.taken_by_c1(), (0, 1, 0));
    shop.done(707, &by("c1", "r5", &[("A", 2)]));
}

#[test]
fn what_was_shipped_stays_counted_for_the_skus_life() {
    let mut shop = limited(3);
    shop.done(1, &by("c1", "r1", &[("A", 3)]));
    shop.done(2, &confirm("r1", None));
    shop.done(3, &fulfil("r1"));
    assert_eq!(shop.taken_by_c1(), (0, 0, 3));
    assert_eq!(shop.refusal(9_999, &by("c1", "r2", &[("A", 1)])), exceeded(Limit::MaxPerCustomer, 0));
}

#[test]
fn counting_starts_when_a_limit_is_set() {
    let mut shop = Shop::with(&[("A@east", 100)]);
    shop.done(1, &by("c1", "r1", &[("A", 5)]));
    shop.set_sku(2, "A", per_customer(2));
    assert_eq!(shop.taken_by_c1(), (0, 0, 0));
    shop.done(3, &by("c1", "r2", &[("A", 2)]));
    shop.done(4, &release("r1"));
    assert_eq!(shop.taken_by_c1(), (2, 0, 0), "what was not counted gives nothing back");
}

#[test]
fn a_limit_lowered_below_what_is_taken_leaves_nothing_and_takes_nothing_away() {
    let mut shop = limited(5);
    shop.done(1, &by("c1", "r1", &[("A", 4)]));
    shop.set_sku(2, "A", per_customer(2));
    assert_eq!(shop.refusal(3, &by("c1", "r2", &[("A", 1)])), exceeded(Limit::MaxPerCustomer, 0));
    shop.done(4, &confirm_parts("r1", &[("A", 1)]));
    shop.done(5, &by("c1", "r2", &[("A", 1)]));
}

#[test]
fn a_limit_that_is_removed_while_in_use_still_knows_what_is_taken_when_it_is_set_again() {
    let mut shop = limited(3);
    shop.done(1, &by("c1", "r1", &[("A", 2)]));
    shop.set_sku(2, "A", SkuSettings::default());
    shop.done(3, &by("c1", "r2", &[("A", 10)]));
    assert_eq!(shop.taken_by_c1(), (2, 0, 0), "only what was taken under the limit");
    shop.set_sku(4, "A", per_customer(3));
    assert_eq!(shop.refusal(5, &by("c1", "r3", &[("A", 2)])), exceeded(Limit::MaxPerCustomer, 1));
    shop.done(6, &release("r2"));
    shop.done(7, &release("r1"));
    assert_eq!(shop.taken_by_c1(), (0, 0, 0));
}

#[test]
fn a_removed_limit_forgets_what_was_bought_under_it() {
    let mut shop = limited(3);
    shop.done(1, &by("c1", "r1", &[("A", 2)]));
    shop.done(1, &by("c1", "r2", &[("A", 1)]));
    shop.done(2, &confirm("r1", None));
    shop.done(3, &fulfil("r1"));
    shop.set_sku(4, "A", SkuSettings::default());
    assert_eq!(shop.taken_by_c1(), (1, 0, 0), "what may come back is still counted");
    shop.done(5, &release("r2"));
    assert_eq!(shop.ledger.totals().customer_buckets, 0);
    shop.set_sku(6, "A", per_customer(3));
    shop.done(7, &by("c1", "r3", &[("A", 3)]));
}

#[test]
fn a_customer_who_gave_everything_back_is_forgotten() {
    let mut shop = limited(3);
    shop.done(1, &by("c1", "r1", &[("A", 2)]));
    assert_eq!(shop.ledger.totals().customer_buckets, 1);
    shop.done(2, &release("r1"));
    assert_eq!(shop.ledger.totals().customer_buckets, 0);
}

#[test]
fn marks_are_read_back_from_their_bits_and_unknown_bits_are_refused() {
    for bits in 0..64 {
        assert_eq!(Marks::from_bits(bits).map(Marks::bits), Some(bits));
    }
    assert_eq!(Marks::from_bits(64), None);
    assert_eq!(Marks::from_bits(0xFF), None);
    assert!(!Marks::LOCATED.is_counted() && !Marks::default().is_counted());
    assert!(Marks::LOCATED.with(Marks::SALE).is_counted());
    assert!(!Marks::SALE.has(Marks::SALE.with(Marks::SALE_CUSTOMER)), "all of it must be set");
}

#[test]
fn a_share_outlives_the_last_unit_taken_under_it_and_no_count_outlives_the_share() {
    let mut shop = Shop::with(&[("A@east", 100)]);
    shop.set_sku(0, "A", web_quota(5));
    shop.done(1, &through("web", "r1", &[("A", 4)]));
    shop.done(2, &release("r1"));
    assert_eq!(shop.refusal(3, &through("web", "r2", &[("A", 6)])), exceeded(Limit::ChannelQuota, 5));
    shop.done(3, &through("web", "r2", &[("A", 4)]));
    shop.set_sku(4, "A", SkuSettings::default());
    let has_rules = |shop: &Shop| shop.ledger.stock(&asks::sku("A")).is_some_and(|stock| stock.rules.is_some());
    assert!(has_rules(&shop), "what may come back is still counted");
    shop.done(5, &release("r2"));
    assert!(!has_rules(&shop));
}

#[test]
fn settings_written_again_leave_what_was_bought_counted() {
    let mut shop = limited(3);
    shop.done(1, &by("c1", "r1", &[("A", 2)]));
    shop.done(2, &confirm("r1", None));
    shop.done(3, &fulfil("r1"));
    shop.set_sku(4, "A", per_customer(4));
    assert_eq!(shop.taken_by_c1(), (0, 0, 2));
    assert_eq!(shop.refusal(5, &by("c1", "r2", &[("A", 3)])), exceeded(Limit::MaxPerCustomer, 2));
}

#[test]
fn a_removed_share_forgets_what_was_bought_through_it() {
    let mut shop = Shop::with(&[("A@east", 100)]);
    shop.set_sku(0, "A", web_quota(5));
    for name in ["bought", "held"] {
        shop.done(1, &through("web", name, &[("A", 2)]));
    }
    shop.done(2, &confirm("bought", None));
    shop.done(3, &fulfil("bought"));
    let web = LimitKey::SkuChannel(asks::sku("A"), asks::channel("web"));
    assert_eq!(shop.taken(&web), (2, 0, 2));
    shop.set_sku(4, "A", SkuSettings::default());
    assert_eq!(shop.taken(&web), (2, 0, 0), "what may come back is still counted");
}
