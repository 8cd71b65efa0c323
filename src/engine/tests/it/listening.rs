//! Who listens is told of the next move of the durable mark, and of no other; who does not is left
//! alone.

use crate::asks::{reserve, stock};
use crate::callers::Driver;
use crate::shop::{Shop, options};
use engine::{Lsn, Port, Ticket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wal::faulty::{Call, Fault};

/// A port beside the shop's own, and how often its owner was told.
fn listener(shop: &Shop) -> (Arc<Port>, Arc<AtomicUsize>) {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let port = Port::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    shop.engine.attach(&port);
    (port, told)
}

#[test]
fn a_listener_is_told_once_each_time_it_listens() {
    let mut shop = Shop::new(&options(2));
    let (port, told) = listener(&shop);
    shop.tell(stock("a", 9));
    assert_eq!(told.load(Ordering::SeqCst), 0, "nobody listened");
    for round in 1..=3 {
        port.listen();
        let before = shop.engine.durable_mark();
        shop.submit(reserve(&format!("r-{round}"), &[("a", 1)]));
        assert_eq!(told.load(Ordering::SeqCst), round - 1, "decided is not durable");
        shop.commit();
        assert_eq!(told.load(Ordering::SeqCst), round);
        assert_eq!(shop.engine.durable_mark(), before.next());
        shop.tell(stock("a", 9));
        assert_eq!(told.load(Ordering::SeqCst), round, "it did not listen any more");
    }
}

#[test]
fn a_listener_is_told_that_nothing_will_move_any_more() {
    let mut shop = Shop::new(&options(1));
    let (port, told) = listener(&shop);
    port.listen();
    shop.submit(stock("a", 1));
    shop.prepare();
    shop.disk.fail(Call::Sync, 1, Fault::Io);
    assert!(shop.committer.step().is_err());
    assert_eq!(told.load(Ordering::SeqCst), 1);
    assert_eq!(shop.engine.durable_mark(), Lsn(0));
}

/// A lost wake would leave the listener parked for ever.
#[test]
fn no_move_is_missed_between_the_look_and_the_sleep() {
    const MOVES: u64 = 5_000;
    let shop = Shop::new(&options(1));
    let listening = std::thread::current();
    let port = Port::new(move || listening.unpark());
    shop.engine.attach(&port);
    let (engine, asking) = (Arc::clone(&shop.engine), Port::new(|| {}));
    let driver = Driver::start(shop);
    for lsn in (1..=MOVES).map(Lsn) {
        engine.submit(&asking, Ticket(0), stock("a", 1));
        loop {
            port.listen();
            if engine.durable_mark() >= lsn {
                break;
            }
            std::thread::park();
        }
        engine.collect(&asking, |_, _| {});
    }
    driver.stop();
}
