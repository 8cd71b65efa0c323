//! The digest: fixed for all time, blind to order and spread, and changed by every figure.

use crate::asks::{adjust, asked, confirm, id, lines, release, reserve, set, sku};
use crate::shop::Shop;
use ledger::{Books, Channel, Command, Customer, Ledger, Millis, Order, Reservation, Reserve, SetStock, StockRow};

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
    let full = Reserve {
        customer: Customer::parse("c-1").ok(),
        channel: Channel::parse("web").ok(),
        ttl: Some(Millis(900)),
        ..lines("r-held", &[("A", 48), ("B@default", 2)])
    };
    shop.done(200, &asked(full));
    shop.done(201, &reserve("r-confirmed", &[("B", 3)]));
    shop.done(202, &reserve("r-released", &[("B", 1)]));
    shop.done(203, &confirm("r-confirmed", Some("o-1")));
    shop.done(204, &release("r-released"));
    shop
}

/// Stored digests were taken with this very function: if the number here has to change, no stored
/// one can be compared any more, and that needs a decision of its own.
#[test]
fn the_digest_of_a_fixed_ledger_is_fixed() {
    assert_eq!(Ledger::default().digest(), 0);
    assert_eq!(fixed().ledger.digest(), 0x58e0_6cec_2ac5_5ead);
}

#[test]
fn the_digest_depends_neither_on_order_nor_on_spread() {
    let shop = fixed();
    let mut rows: Vec<_> =
        shop.ledger.skus().flat_map(|stock| stock.locations.iter().map(|row| (&stock.sku, row))).collect();
    let mut reservations: Vec<_> = shop.ledger.reservations().collect();
    rows.sort_by_key(|(sku, row)| std::cmp::Reverse((*sku, &row.location)));
    reservations.sort_by_key(|reservation| &reservation.id);
    for count in 1..6 {
        let mut ledgers: Vec<_> = (0..count).map(|_| Ledger::default()).collect();
        for (at, (sku, row)) in rows.iter().enumerate() {
            ledgers[at % count].put_stock(sku, row);
        }
        for (at, reservation) in reservations.iter().enumerate() {
            ledgers[at % count].put_reservation(reservation);
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
    let changes: [fn(&mut Reservation); 14] = [
        |held| held.customer = None,
        |held| held.channel = None,
        |held| held.sale = ledger::SaleId::parse("drop").ok(),
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
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut shop = fixed();
        let before = shop.ledger.digest();
        let mut held = shop.reservation(&id("r-held")).clone();
        change(&mut held);
        shop.ledger.put_reservation(&held);
        assert_ne!(shop.ledger.digest(), before, "field {number}");
    }
}

#[test]
fn an_ended_reservation_does_not_count() {
    let mut shop = fixed();
    let before = shop.ledger.digest();
    assert!(shop.ledger.forget_ended(Millis(u64::MAX), 0).is_some());
    assert!(shop.ledger.reservation(&id("r-released")).is_none());
    assert_eq!(shop.ledger.digest(), before);
}
