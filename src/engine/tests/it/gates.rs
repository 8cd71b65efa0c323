//! No answer before all that it depends on is durable.

use crate::asks::{confirm, get, look, release, reserve, sku_per_shard, stock};
use crate::shop::{Shop, options};
use engine::Options;

#[test]
fn a_success_waits_until_it_is_durable() {
    let mut shop = Shop::new(&options(2));
    let written = shop.submit(stock("a", 5));
    assert_eq!(shop.told(written), None);
    shop.commit();
    assert_eq!(shop.told(written).as_deref(), Some("5 now"));
    let held = shop.submit(reserve("r", &[("a", 2)]));
    assert_eq!(shop.told(held), None);
    shop.commit();
    assert_eq!(shop.told(held).as_deref(), Some("reserved"));
}

#[test]
fn a_refusal_waits_for_the_hold_that_it_saw() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 1));
    let held = shop.submit(reserve("first", &[("a", 1)]));
    let refused = shop.submit(reserve("second", &[("a", 1)]));
    let refused_again = shop.submit(reserve("second", &[("a", 1)]));
    for ticket in [held, refused, refused_again] {
        assert_eq!(shop.told(ticket), None);
    }
    shop.commit();
    assert_eq!(shop.told(refused).as_deref(), Some("insufficient_stock"));
    assert_eq!(shop.told(refused_again).as_deref(), Some("insufficient_stock again"));
}

#[test]
fn a_replay_waits_for_what_it_replays() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 1));
    shop.submit(reserve("r", &[("a", 1)]));
    let replay = shop.submit(reserve("r", &[("a", 1)]));
    let confirmed = shop.submit(confirm("r"));
    let confirmed_again = shop.submit(confirm("r"));
    for ticket in [replay, confirmed, confirmed_again] {
        assert_eq!(shop.told(ticket), None);
    }
    shop.commit();
    assert_eq!(shop.told(replay).as_deref(), Some("held again"));
    assert_eq!(shop.told(confirmed_again).as_deref(), Some("confirmed again"));
}

#[test]
fn reads_wait_for_what_they_saw() {
    let mut shop = Shop::new(&options(2));
    shop.tell(stock("a", 3));
    shop.submit(reserve("r", &[("a", 1)]));
    let seen = shop.submit(get("r"));
    let counted = shop.submit(look(&["a"]));
    assert_eq!(shop.told(seen), None);
    assert_eq!(shop.told(counted), None);
    shop.commit();
    assert_eq!(shop.told(seen).as_deref(), Some("held"));
    assert_eq!(shop.told(counted).as_deref(), Some("2/1/0"));
}

#[test]
fn what_depends_on_nothing_new_is_told_at_once() {
    let mut shop = Shop::new(&options(2));
    let apart = sku_per_shard(2);
    shop.tell(stock(&apart[0], 1));
    shop.tell(stock(&apart[1], 1));
    shop.tell(reserve("r", &[(&apart[0], 1)]));
    // Something new on the second shard: who reads only the first does not wait for it.
    let new = shop.submit(reserve("new", &[(&apart[1], 1)]));
    for (request, expected) in [
        (get("r"), "held"),
        (reserve("r", &[(&apart[0], 1)]), "held again"),
        (reserve("late", &[(&apart[0], 1)]), "insufficient_stock"),
        (look(&[&apart[0]]), "0/1/0"),
    ] {
        let ticket = shop.submit(request);
        assert_eq!(shop.told(ticket).as_deref(), Some(expected));
    }
    let both = shop.submit(look(&[&apart[0], &apart[1]]));
    assert_eq!(shop.told(both), None, "a view of both shards waits for both");
    assert_eq!(shop.told(new), None);
}

#[test]
fn a_view_names_the_last_change_that_it_covers() {
    let mut shop = Shop::new(&options(1));
    shop.tell(stock("a", 3));
    shop.tell(reserve("r", &[("a", 1)]));
    let engine::Answer::Stock(view) = shop.ask(look(&["a", "nothing"])) else { panic!("a view was asked for") };
    assert_eq!(view.as_of, engine::Lsn(2));
    assert!(view.found[1].is_none());
}

/// An end that was forgotten before it was durable can still be taken back by a crash.
#[test]
fn that_nobody_knows_a_reservation_waits_for_what_was_decided_before() {
    let options = Options { idempotency_max_keys: 0, shards: 1, ..options(1) };
    let mut shop = Shop::new(&options);
    shop.tell(stock("a", 5));
    shop.tell(reserve("r", &[("a", 1)]));
    shop.submit(release("r"));
    while shop.engine.tick() {}
    assert_eq!(shop.engine.totals().ended_reservations, 0, "forgotten at once");
    let (read, confirmed) = (shop.submit(get("r")), shop.submit(confirm("r")));
    assert_eq!((shop.told(read), shop.told(confirmed)), (None, None), "the hold could still come back");
    shop.commit();
    assert_eq!(shop.told(read).as_deref(), Some("nobody"));
    assert_eq!(shop.told(confirmed).as_deref(), Some("reservation_not_found"));
    let unknown = shop.submit(get("s"));
    assert_eq!(shop.told(unknown).as_deref(), Some("nobody"), "at once, with nothing under way");
}
