//! The part of all books that a step has locked: one shard, or several at once. A step is
//! written once, against this.

use crate::Engine;
use crate::routing::{Routing, ShardSet};
use crate::shard::Books;
use crate::sync::MutexGuard;
use ledger::{
    Adjustment, Customer, Event, Location, Millis, Reservation, ReservationId, Row, Sale, SaleId, Sku, SkuStock, Taken,
    Text, Totals,
};
use smallvec::SmallVec;
use wal::Lsn;

/// Locked books, and which shard of them is the home of the request at hand.
pub(crate) struct Section<'e> {
    routing: Routing,
    home: u8,
    shards: ShardSet,
    locked: SmallVec<[(u8, MutexGuard<'e, Books>); 1]>,
}

impl<'e> Section<'e> {
    /// One shard whose lock the caller has.
    pub(crate) fn one(routing: Routing, shard: u8, books: MutexGuard<'e, Books>) -> Self {
        Self { routing, home: shard, shards: ShardSet::one(shard), locked: SmallVec::from_buf([(shard, books)]) }
    }

    /// Locks several shards, always in ascending order, so that two carts cannot wait for each other.
    pub(crate) fn lock(engine: &'e Engine, home: u8, shards: ShardSet) -> Self {
        let locked = shards.iter().map(|shard| (shard, engine.shards[shard as usize].books.lock())).collect();
        Self { routing: engine.routing, home, shards, locked }
    }

    pub(crate) fn home(&self) -> u8 {
        self.home
    }

    pub(crate) fn shards(&self) -> ShardSet {
        self.shards
    }

    pub(crate) fn home_books(&mut self) -> &mut Books {
        self.books_mut(self.home)
    }

    /// The step's time: now, but never before an earlier step of any of these books.
    pub(crate) fn stamp(&mut self, now: Millis) -> Millis {
        let now = self.locked.iter().fold(now, |now, (_, books)| now.max(books.last_step));
        for (_, books) in &mut self.locked {
            books.last_step = now;
        }
        now
    }

    /// The last event that anything read here may depend on.
    pub(crate) fn mark(&self) -> Lsn {
        self.locked.iter().map(|(_, books)| books.last_lsn).max().unwrap_or_default()
    }

    /// Sums over the locked books.
    pub(crate) fn totals(&self) -> Totals {
        self.locked.iter().fold(Totals::default(), |sum, (_, books)| sum.plus(books.ledger.totals()))
    }

    /// Sums over the home's books.
    pub(crate) fn home_totals(&self) -> Totals {
        self.books(self.home).map(|books| books.ledger.totals()).unwrap_or_default()
    }

    /// Something held here is past its deadline.
    pub(crate) fn has_due(&self, now: Millis) -> bool {
        self.locked.iter().any(|(_, books)| {
            books.ledger.next_deadline().is_some_and(|deadline| deadline <= now)
                || books.away.first().is_some_and(|(deadline, _)| *deadline <= now)
        })
    }

    /// Puts a decided event into the books of every shard that it touches.
    pub(crate) fn apply(&mut self, event: &Event, lsn: Lsn) {
        if let [(_, books)] = self.locked.as_mut_slice() {
            books.ledger.apply(event);
            books.last_lsn = lsn;
            return;
        }
        if let Some(reservation) = &event.reservation {
            self.note_away(reservation);
        }
        for row in event.rows() {
            let shard = match row {
                // Its home is where it was asked for.
                Row::Reservation(_) => self.home,
                _ => self.routing.of_owner(row.owner()),
            };
            self.books_mut(shard).ledger.put(row);
        }
        for (_, books) in &mut self.locked {
            books.last_lsn = lsn;
        }
    }

    /// Keeps the deadlines of a cart known in the shards that are not its home.
    fn note_away(&mut self, reservation: &Reservation) {
        let known_deadline = ledger::Books::reservation(self, &reservation.id).map(|known| known.expires);
        let away = self.routing.of_reservation(reservation).shards.without(self.home);
        for shard in away.iter() {
            self.books_mut(shard).note_away(reservation, known_deadline);
        }
    }

    fn books(&self, shard: u8) -> Option<&Books> {
        self.locked.iter().find(|(locked, _)| *locked == shard).map(|(_, books)| &**books)
    }

    fn books_mut(&mut self, shard: u8) -> &mut Books {
        let found = self.locked.iter_mut().find(|(locked, _)| *locked == shard);
        &mut found.expect("a step locks every shard that its request and its reservation touch").1
    }
}

impl ledger::Books for Section<'_> {
    fn stock(&self, sku: &Sku) -> Option<&SkuStock> {
        let shard = if self.locked.len() == 1 { self.home } else { self.routing.of_sku(sku) };
        self.books(shard)?.ledger.stock(sku)
    }

    fn reservation(&self, id: &ReservationId) -> Option<Reservation> {
        self.books(self.home)?.ledger.reservation(id)
    }

    fn sale(&self, id: &SaleId) -> Option<&Sale> {
        self.books(self.routing.of_sale(id))?.ledger.sale(id)
    }

    fn sku_customer(&self, sku: &Sku, customer: &Customer) -> Taken {
        let books = self.books(self.routing.of_sku(sku));
        books.map(|books| books.ledger.sku_customer(sku, customer)).unwrap_or_default()
    }

    fn sale_customer(&self, sale: &SaleId, customer: &Customer) -> Taken {
        let books = self.books(self.routing.of_sale(sale));
        books.map(|books| books.ledger.sale_customer(sale, customer)).unwrap_or_default()
    }

    fn adjustment(&self, sku: &Sku, location: &Location, key: &Text) -> Option<&Adjustment> {
        self.books(self.routing.of_sku(sku))?.ledger.adjustment(sku, location, key)
    }
}
