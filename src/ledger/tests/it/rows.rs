//! What follows a log without deciding: whose a row is, which counters a limit asks for, and the sums
//! that are kept while rows are put and forgotten.

use crate::shop::Shop;
use ledger::{
    Adjust, Books, ChannelQuota, Command, Decision, Event, Ledger, LimitAfter, LimitKey, Millis, Owner, Reserve, Row,
    Sale, SaleChange, SalePhase, SaleSettings, SkuChange, SkuSettings, Taken, Totals, decide,
};
use naive::asks::{self, asked, cancel, channel, confirm, customer, id, in_sale, release, reserve, sale, sku};

fn keys() -> [LimitKey; 5] {
    [
        LimitKey::SkuCustomer(sku("A"), customer("c1")),
        LimitKey::SkuChannel(sku("A"), channel("web")),
        LimitKey::Sale(sale("drop")),
        LimitKey::SaleCustomer(sale("drop"), customer("c1")),
        LimitKey::SaleChannel(sale("drop"), channel("web")),
    ]
}

fn of_web() -> Vec<ChannelQuota> {
    vec![ChannelQuota { channel: channel("web"), quota: 5 }]
}

fn decided(shop: &Shop, command: &Command) -> Vec<Event> {
    let Decision { events, .. } = decide(&shop.ledger, &shop.policy, command, Millis(1));
    events.into_vec()
}

#[test]
fn every_row_belongs_to_a_sku_or_a_sale() {
    let (a, drop) = (sku("A"), sale("drop"));
    let owners = keys().map(|key| LimitKey::owner(&key).name().to_owned());
    assert_eq!(owners, ["A", "A", "drop", "drop", "drop"]);
    let after = LimitAfter { key: keys()[2].clone(), taken: Taken::default() };
    assert_eq!(Row::Limit(&after).owner(), Owner::Sale(&drop));
    assert_eq!(Row::Sku(&a, &SkuChange::Deleted).owner(), Owner::Sku(&a));
    assert_eq!(Row::Sale(&SaleChange::Retired(drop.clone())).owner(), Owner::Sale(&drop));

    let shop = Shop::with(&[("A@east", 9), ("B@east", 9)]);
    let held = decided(&shop, &reserve("r1", &[("A", 1), ("B", 1)]));
    let owners: Vec<_> = held[0].rows().map(|row| row.owner().name()).collect();
    assert_eq!(owners, ["A", "B", "A"], "its buckets, and the reservation that belongs to its first line's SKU");
    let adjusted = decided(&shop, &Command::Adjust(Adjust { key: Some(asks::text("k")), ..asks::adjust("B@east", 1) }));
    let owners: Vec<_> = adjusted[0].rows().map(|row| row.owner().name()).collect();
    assert_eq!(owners, ["B", "B"]);
}

#[test]
fn a_sku_asks_for_the_counters_of_its_own_limits() {
    let asks_for = |settings: &SkuSettings| keys().map(|key| settings.limits(&key));
    assert_eq!(asks_for(&SkuSettings::default()), [false; 5]);
    let limited = SkuSettings { max_per_customer: Some(1), channel_quotas: of_web(), ..SkuSettings::default() };
    assert_eq!(asks_for(&limited), [true, true, false, false, false]);
    assert!(!limited.limits(&LimitKey::SkuChannel(sku("A"), channel("app"))), "a channel without a share");
}

#[test]
fn a_sale_always_counts_in_all_and_its_customers_until_it_is_retired() {
    let asks_for = |sale: &Sale| keys().map(|key| sale.limits(&key));
    let mut seen = Sale::new(sale("drop"));
    assert_eq!(asks_for(&seen), [false, false, true, false, false]);
    seen.settings = SaleSettings { max_per_customer: Some(1), channel_quotas: of_web(), ..SaleSettings::default() };
    assert_eq!(asks_for(&seen), [false, false, true, true, true]);
    seen.put(&SaleChange::Retired(sale("drop")));
    assert_eq!(asks_for(&seen), [false, false, true, false, true]);
    let (id, settings) = (sale("drop"), Box::new(seen.settings.clone()));
    seen.put(&SaleChange::Set { id, settings, version: 2 });
    assert_eq!((asks_for(&seen)[3], seen.version), (true, 2), "written anew it counts again");
    seen.put(&SaleChange::Told(sale("drop"), SalePhase::Open));
    assert_eq!(seen.told, SalePhase::Open);
}

#[test]
fn totals_of_several_ledgers_add_up_figure_by_figure() {
    let figures = |from: u64| Totals {
        skus: from,
        held_units: from + 1,
        allocated_units: from + 2,
        live_reservations: from + 3,
        ended_reservations: from + 4,
        shortfall_units: from + 5,
        sales: from + 6,
        customer_buckets: from + 7,
    };
    let expected = Totals {
        skus: 13,
        held_units: 15,
        allocated_units: 17,
        live_reservations: 19,
        ended_reservations: 21,
        shortfall_units: 23,
        sales: 25,
        customer_buckets: 27,
    };
    assert_eq!(figures(3).plus(figures(10)), expected);
}

/// 4 held, 3 allocated, 2 missing, one ended, one sale, and a customer counted by a SKU and by a sale.
fn busy() -> Shop {
    let mut shop = Shop::with(&[("A@east", 9), ("B@east", 9)]);
    shop.set_sku(0, "A", SkuSettings { max_per_customer: Some(9), ..SkuSettings::default() });
    let skus = vec![sku("A"), sku("B")];
    shop.set_sale(0, "drop", SaleSettings { skus, max_per_customer: Some(9), ..SaleSettings::default() });
    let by_c1 = Reserve { customer: Some(customer("c1")), ..in_sale("held", "drop", &[("A", 4)]) };
    shop.done(1, &asked(by_c1));
    for (name, units) in [("sold", 3), ("ended", 1)] {
        shop.done(1, &reserve(name, &[("B", units)]));
    }
    shop.done(2, &confirm("sold", None));
    shop.done(2, &release("ended"));
    shop.write(3, &Command::SetStock(asks::set("B@east", 1)));
    shop
}

#[test]
fn totals_follow_every_row() {
    let mut shop = busy();
    let before = Totals {
        skus: 2,
        held_units: 4,
        allocated_units: 3,
        live_reservations: 2,
        ended_reservations: 1,
        shortfall_units: 2,
        sales: 1,
        customer_buckets: 2,
    };
    assert_eq!(shop.ledger.totals(), before);
    shop.done(4, &release("held"));
    let after = Totals { held_units: 0, live_reservations: 1, ended_reservations: 2, customer_buckets: 0, ..before };
    assert_eq!(shop.ledger.totals(), after);
    shop.ledger.delete_sku(&sku("B"));
    let without_b = Totals { skus: 1, allocated_units: 0, shortfall_units: 0, ..after };
    assert_eq!(shop.ledger.totals(), without_b);

    let mut shop = busy();
    shop.done(4, &cancel("sold"));
    let after =
        Totals { allocated_units: 0, live_reservations: 1, ended_reservations: 2, shortfall_units: 0, ..before };
    assert_eq!(shop.ledger.totals(), after);
}

#[test]
fn a_reservation_that_is_forgotten_takes_its_deadline_and_its_end_along() {
    let mut shop = busy();
    let mut left = Vec::new();
    for name in ["held", "ended", "never", "sold"] {
        shop.ledger.forget_reservation(&id(name));
        assert_eq!(shop.ledger.reservation(&id(name)), None);
        left.push((shop.ledger.totals().live_reservations, shop.ledger.totals().ended_reservations));
    }
    assert_eq!(left, [(1, 1), (1, 0), (1, 0), (0, 0)]);
    assert_eq!(shop.ledger.next_deadline(), None);
    assert_eq!(shop.ledger.reservations().count(), 0);
}

#[test]
fn a_row_put_by_itself_is_the_row_of_its_event() {
    let shop = busy();
    let mut follower = Ledger::default();
    for stock in shop.ledger.skus() {
        stock.locations.iter().for_each(|row| follower.put_stock(&stock.sku, row));
        stock.settings().into_iter().for_each(|settings| follower.put_sku(&stock.sku, settings));
    }
    for sale in shop.ledger.sales() {
        let (id, settings) = (sale.id.clone(), Box::new(sale.settings.clone()));
        follower.put(Row::Sale(&SaleChange::Set { id, settings, version: sale.version }));
        follower.put(Row::Sale(&SaleChange::Told(sale.id.clone(), sale.told)));
    }
    shop.ledger.limits().for_each(|limit| follower.put(Row::Limit(&limit)));
    shop.ledger.reservations().for_each(|reservation| follower.put(Row::Reservation(&reservation)));
    assert_eq!(follower.totals(), shop.ledger.totals());
    assert_eq!(follower.digest(), shop.ledger.digest());
}
