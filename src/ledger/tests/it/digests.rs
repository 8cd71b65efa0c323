//! The digest: fixed for all time, blind to order and spread, and changed by every figure.

use crate::shop::Shop;
use ledger::{
    Books, ChannelQuota, Command, Drop, Ledger, LimitKey, Marks, Millis, Order, Reservation, Reserve, SaleChange,
    SaleSettings, SetStock, SkuChange, SkuSettings, StockRow,
};
use naive::asks::{self, adjust, asked, confirm, fulfil_parts, id, in_sale, release, reserve, set, sku};

fn quotas(quota: u32) -> Vec<ChannelQuota> {
    vec![ChannelQuota { channel: asks::channel("web"), quota }]
}

fn settings() -> SkuSettings {
    SkuSettings {
        max_per_customer: Some(90),
        max_per_order: Some(60),
        channel_quotas: quotas(80),
        default_ttl: Some(Millis(500)),
        sale_only: false,
        location_order: vec![asks::location("west")],
    }
}

fn campaign() -> SaleSettings {
    SaleSettings {
        starts: Some(Millis(150)),
        ends: Some(Millis(9_000)),
        skus: vec![sku("A"), sku("B")],
        quota: Some(200),
        max_per_customer: Some(90),
        channel_quotas: quotas(70),
        drops: vec![Drop { at: Millis(10), quota: 100 }, Drop { at: Millis(900), quota: 50 }],
        close_when_sold_out: true,
    }
}

/// A ledger with every figure and every field in use: one held, one confirmed and one ended.
fn fixed() -> Shop {
    let mut shop = Shop::with(&[("A@east", 4), ("A@west", 50), ("B@default", 7)]);
    let figures = SetStock {
        safety_stock: Some(1),
        unavailable: Some(2),
        backorder_limit: Some(6),
        source_ts: Some(Millis(77)),
        ..set("B@default", 9)
    };
    shop.write(100, &Command::SetStock(figures));
    shop.write(101, &Command::Adjust(adjust("A@west", -5)));
    shop.set_sku(102, "A", settings());
    shop.set_sale(103, "drop", campaign());
    let full = Reserve {
        customer: Some(asks::customer("c-1")),
        channel: Some(asks::channel("web")),
        ttl: Some(Millis(900)),
        ..in_sale("r-held", "drop", &[("A", 48), ("B@default", 2)])
    };
    shop.done(200, &asked(full));
    shop.done(200, &asks::payment_started("r-held", None));
    shop.done(201, &reserve("r-confirmed", &[("B", 3)]));
    shop.done(202, &reserve("r-released", &[("B", 1)]));
    shop.done(203, &confirm("r-confirmed", Some("o-1")));
    shop.done(204, &fulfil_parts("r-confirmed", &[("B", 1)]));
    shop.done(204, &release("r-released"));
    shop
}

/// Stored digests were taken with this very function: if the number here has to change, no stored
/// one can be compared any more, and that needs a decision of its own.
#[test]
fn the_digest_of_a_fixed_ledger_is_fixed() {
    assert_eq!(Ledger::default().digest(), 0);
    assert_eq!(fixed().ledger.digest(), 0x6610_5f6b_7d1b_a1d2);
}

#[test]
fn the_digest_depends_neither_on_order_nor_on_spread() {
    let shop = fixed();
    let mut rows: Vec<_> =
        shop.ledger.skus().flat_map(|stock| stock.locations.iter().map(|row| (&stock.sku, row))).collect();
    let mut reservations: Vec<_> = shop.ledger.reservations().collect();
    rows.sort_by_key(|(sku, row)| std::cmp::Reverse((*sku, &row.location)));
    reservations.sort_by_key(|reservation| reservation.id.clone());
    for count in 1..6 {
        let mut ledgers: Vec<_> = (0..count).map(|_| Ledger::default()).collect();
        for (at, (sku, row)) in rows.iter().enumerate() {
            ledgers[at % count].put_stock(sku, row);
        }
        for (at, reservation) in reservations.iter().enumerate() {
            ledgers[at % count].put_reservation(reservation);
        }
        // What belongs to one SKU or sale stays together.
        ledgers[0].put_sku(&sku("A"), &settings());
        let sale = shop.ledger.sale(&asks::sale("drop")).expect("set above").clone();
        let last = &mut ledgers[count - 1];
        last.put_sale(&SaleChange::Set {
            id: sale.id.clone(),
            settings: Box::new(sale.settings),
            version: sale.version,
        });
        last.put_sale(&SaleChange::Told(sale.id, sale.told));
        for limit in shop.ledger.limits() {
            let of_sku = matches!(limit.key, LimitKey::SkuCustomer(..) | LimitKey::SkuChannel(..));
            ledgers[if of_sku { 0 } else { count - 1 }].put_limit(&limit);
        }
        let sum = ledgers.iter().fold(0_u64, |sum, ledger| sum.wrapping_add(ledger.digest()));
        assert_eq!(sum, shop.ledger.digest(), "{count} ledgers");
    }
}

#[test]
fn every_figure_of_a_bucket_counts() {
    let changes: [fn(&mut StockRow); 8] = [
        |row| row.on_hand += 1,
        |row| row.held += 1,
        |row| row.allocated += 1,
        |row| row.safety_stock += 1,
        |row| row.unavailable += 1,
        |row| row.backorder_limit += 1,
        |row| row.version += 1,
        |row| row.source_ts = Some(Millis(0)),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut shop = fixed();
        let before = shop.ledger.digest();
        let mut row = shop.row("A@west").clone();
        change(&mut row);
        shop.ledger.put_stock(&sku("A"), &row);
        assert_ne!(shop.ledger.digest(), before, "figure {number}");
    }
}

#[test]
fn every_field_of_a_live_reservation_counts() {
    let changes: [fn(&mut Reservation); 19] = [
        |held| held.customer = None,
        |held| held.channel = None,
        |held| held.sale = None,
        |held| held.order = Order::parse("o-2").ok(),
        |held| held.state = ledger::State::Confirmed,
        |held| held.created.0 += 1,
        |held| held.expires.0 += 1,
        |held| held.changed.0 += 1,
        |held| held.version += 1,
        |held| held.lines[0].quantity += 1,
        |held| held.lines[0].fulfilled += 1,
        |held| held.lines[2].line += 1,
        |held| held.asked.0[5] ^= 1,
        |held| held.confirmed_by.0[0] ^= 1,
        |held| held.fulfilled_by.0[0] ^= 1,
        |held| held.payment_started = None,
        |held| held.reacquired = true,
        |held| held.lines[0].requested += 1,
        |held| held.lines[0].marks = Marks::default(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut shop = fixed();
        let before = shop.ledger.digest();
        let mut held = shop.reservation(&id("r-held"));
        change(&mut held);
        shop.ledger.put_reservation(&held);
        assert_ne!(shop.ledger.digest(), before, "field {number}");
    }
}

#[test]
fn every_setting_of_a_sku_counts() {
    let changes: [fn(&mut SkuSettings); 6] = [
        |set| set.max_per_customer = None,
        |set| set.max_per_order = Some(61),
        |set| set.channel_quotas = quotas(81),
        |set| set.default_ttl = Some(Millis(501)),
        |set| set.sale_only = true,
        |set| set.location_order.clear(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut shop = fixed();
        let before = shop.ledger.digest();
        let mut changed = settings();
        change(&mut changed);
        shop.ledger.put_sku_change(&sku("A"), &SkuChange::Set(changed));
        assert_ne!(shop.ledger.digest(), before, "setting {number}");
    }
}

#[test]
fn every_setting_of_a_sale_counts() {
    let changes: [fn(&mut SaleSettings); 8] = [
        |set| set.starts = None,
        |set| set.ends = Some(Millis(9_001)),
        |set| set.skus.truncate(1),
        |set| set.quota = None,
        |set| set.max_per_customer = Some(91),
        |set| set.channel_quotas = quotas(71),
        |set| set.drops[1].at.0 += 1,
        |set| set.close_when_sold_out = false,
    ];
    let put = |shop: &mut Shop, settings: SaleSettings, version| {
        let set = SaleChange::Set { id: asks::sale("drop"), settings: Box::new(settings), version };
        shop.ledger.put_sale(&set);
        shop.ledger.digest()
    };
    let before = fixed().ledger.digest();
    assert_eq!(put(&mut fixed(), campaign(), 1), before);
    assert_ne!(put(&mut fixed(), campaign(), 2), before, "version");
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = campaign();
        change(&mut changed);
        assert_ne!(put(&mut fixed(), changed, 1), before, "setting {number}");
    }
}

#[test]
fn every_count_of_every_limit_counts() {
    let limits: Vec<_> = fixed().ledger.limits().collect();
    assert_eq!(limits.len(), 5, "one of each kind");
    for limit in limits {
        for part in 0..3 {
            let mut shop = fixed();
            let before = shop.ledger.digest();
            let mut more = limit.clone();
            *[&mut more.taken.held, &mut more.taken.allocated, &mut more.taken.fulfilled][part] += 1;
            shop.ledger.put_limit(&more);
            assert_ne!(shop.ledger.digest(), before, "{more:?}");
        }
    }
}

#[test]
fn an_ended_reservation_does_not_count() {
    let mut shop = fixed();
    let before = shop.ledger.digest();
    assert!(shop.ledger.forget_ended(Millis(u64::MAX), 0, Millis(u64::MAX)).is_some());
    assert!(shop.ledger.reservation(&id("r-released")).is_none());
    assert_eq!(shop.ledger.digest(), before);
}
