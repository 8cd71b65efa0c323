//! The directory's claims: one id, asked for at two homes and forgotten meanwhile, is never known at
//! both, and the directory knows of it exactly while the books do. The directory is the engine's;
//! the books are a set, and a step is told as `Engine::step_reserve` and `forget` have it.

use crate::claims::Directory;
use crate::explore::explore;
use crate::routing::Place;
use crate::sync::{Mutex, thread};
use ledger::ReservationId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Default)]
struct Shop {
    directory: Directory,
    /// Whether the shard knows the id.
    books: [Mutex<bool>; 2],
    /// At how many shards it is known; loom does not see it.
    known: AtomicU32,
}

fn id() -> ReservationId {
    ReservationId::parse("same").expect("letters are an identifier")
}

impl Shop {
    /// Reserves with a first line at this home; what is refused is not remembered.
    fn reserve(&self, home: u8, is_refused: bool) {
        let place = self.directory.claim(&id(), Place::at(home));
        let mut is_known = self.books[place.home as usize].lock();
        if *is_known || is_refused {
            self.directory.settle(&id(), None);
            return;
        }
        *is_known = true;
        assert_eq!(self.known.fetch_add(1, Ordering::SeqCst), 0, "the id is known at two homes");
        self.directory.settle(&id(), Some(Place::at(place.home)));
    }

    fn forget(&self) {
        for books in &self.books {
            let mut is_known = books.lock();
            if *is_known {
                *is_known = false;
                self.known.fetch_sub(1, Ordering::SeqCst);
                self.directory.forget(&id());
            }
        }
    }

    /// When nobody asks any more.
    fn check(&self) {
        let found = self.directory.find(&id()).map(|place| place.home);
        let known = (0..2_u8).find(|shard| *self.books[usize::from(*shard)].lock());
        assert_eq!(found, known, "the directory and the books disagree");
    }
}

fn all_at_once(name: &str, works: &'static [fn(&Shop)]) {
    explore(name, 3, || {
        let shop = Arc::new(Shop::default());
        let threads = works.iter().map(|work| {
            let shop = Arc::clone(&shop);
            thread::spawn(move || work(&shop))
        });
        let threads: Vec<_> = threads.collect();
        for thread in threads {
            thread.join().expect("a caller does not panic");
        }
        shop.check();
    });
}

#[test]
fn an_id_is_known_at_one_home_whoever_forgets_it() {
    all_at_once(
        "directory, two homes and a sweep",
        &[|shop| shop.reserve(0, false), |shop| shop.reserve(1, false), |shop| shop.forget()],
    );
}

#[test]
fn a_claim_goes_with_its_last_request() {
    all_at_once(
        "directory, a refusal between",
        &[|shop| shop.reserve(0, true), |shop| shop.reserve(1, false), |shop| shop.reserve(0, true)],
    );
}
