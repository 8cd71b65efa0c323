//! A shard's turns: try the lock or push, drain, look again. The lanes are the engine's; how a
//! request goes through them is told here as `Engine::submit_local` and `work_off` have it.

use crate::Lane;
use crate::explore::explore;
use crate::lanes::Lanes;
use crate::sync::{AtomicBool, Ordering, thread};
use std::sync::{Arc, Mutex, PoisonError};

/// The lock, as weak as `parking_lot`'s: a late read of it may say "taken" when it is free.
struct Door(AtomicBool);

impl Door {
    fn try_lock(&self) -> Option<Inside<'_>> {
        let is_free = !self.0.load(Ordering::Relaxed)
            && self.0.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
        is_free.then(|| Inside(self))
    }
}

struct Inside<'d>(&'d Door);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// What loom does not see: who was handled, in order.
type Handled = Mutex<Vec<u32>>;

struct Shard {
    door: Door,
    lanes: Lanes<u32>,
    handled: Handled,
}

/// Whether a request got in.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    In,
    Full,
}

impl Shard {
    fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { door: Door(AtomicBool::new(false)), lanes: Lanes::new(capacity), handled: Handled::default() })
    }

    fn submit(&self, lane: Lane, item: u32) -> Told {
        let Some(inside) = self.door.try_lock() else {
            let told = self.queue(lane, item);
            self.work_off();
            return told;
        };
        self.drain(&inside);
        if self.lanes.has_waiting() {
            drop(inside);
            let told = self.queue(lane, item);
            self.work_off();
            return told;
        }
        self.handle(&inside, item);
        drop(inside);
        self.work_off();
        Told::In
    }

    fn queue(&self, lane: Lane, item: u32) -> Told {
        if self.lanes.push(lane, item).is_ok() { Told::In } else { Told::Full }
    }

    fn work_off(&self) {
        while self.lanes.has_waiting() {
            let Some(inside) = self.door.try_lock() else { return };
            self.drain(&inside);
        }
    }

    fn drain(&self, inside: &Inside<'_>) {
        while let Some(item) = self.lanes.pop() {
            self.handle(inside, item);
        }
    }

    fn handle(&self, _inside: &Inside<'_>, item: u32) {
        self.handled.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn handled(&self) -> Vec<u32> {
        self.handled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[test]
fn what_is_pushed_is_handled_once_and_in_its_callers_order() {
    explore("turns, two callers of two", 3, || {
        let shard = Shard::new(4);
        let other = Arc::clone(&shard);
        let caller = thread::spawn(move || {
            other.submit(Lane::Reserve, 10);
            other.submit(Lane::Reserve, 11);
        });
        shard.submit(Lane::Reserve, 20);
        shard.submit(Lane::Reserve, 21);
        caller.join().expect("a caller does not panic");
        let handled = shard.handled();
        let of = |caller: u32| handled.iter().copied().filter(|item| item / 10 == caller).collect::<Vec<_>>();
        assert_eq!((of(1), of(2)), (vec![10, 11], vec![20, 21]), "{handled:?}");
    });
}

#[test]
fn three_callers_and_both_lanes_leave_nobody_behind() {
    explore("turns, three callers", 2, || {
        let shard = Shard::new(4);
        let submit = |lane, item| {
            let shard = Arc::clone(&shard);
            thread::spawn(move || shard.submit(lane, item))
        };
        let callers = [submit(Lane::Settle, 1), submit(Lane::Reserve, 2)];
        shard.submit(Lane::Reserve, 3);
        for caller in callers {
            assert_eq!(caller.join().expect("a caller does not panic"), Told::In);
        }
        let mut handled = shard.handled();
        handled.sort_unstable();
        assert_eq!(handled, [1, 2, 3]);
    });
}

#[test]
fn what_a_full_lane_gives_back_is_not_handled() {
    explore("turns, a lane of one", 2, || {
        let shard = Shard::new(1);
        let submit = |item| {
            let shard = Arc::clone(&shard);
            thread::spawn(move || (item, shard.submit(Lane::Reserve, item)))
        };
        let callers = [submit(1), submit(2)];
        let mut told = vec![(3, shard.submit(Lane::Reserve, 3))];
        told.extend(callers.into_iter().map(|caller| caller.join().expect("a caller does not panic")));
        let mut got_in: Vec<_> = told.iter().filter(|(_, told)| *told == Told::In).map(|(item, _)| *item).collect();
        let mut handled = shard.handled();
        got_in.sort_unstable();
        handled.sort_unstable();
        assert_eq!(handled, got_in);
    });
}
