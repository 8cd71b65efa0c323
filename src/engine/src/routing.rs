//! Which shard has what. Nothing on disk names a shard: their number may change at a restart.

use crate::Request;
use ledger::{Command, Owner, Reservation, SaleId, Sku};
use xxhash_rust::xxh3::xxh3_64;

/// The most shards: a set of them fits one word.
pub const MAX_SHARDS: usize = 64;

/// A set of shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShardSet(u64);

impl ShardSet {
    /// Just this one.
    pub const fn one(shard: u8) -> Self {
        Self(1 << shard)
    }

    /// The first so many shards.
    pub fn first(count: u8) -> Self {
        (0..count).fold(Self::default(), |set, shard| set.with(Self::one(shard)))
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// All but this one.
    #[must_use]
    pub const fn without(self, shard: u8) -> Self {
        Self(self.0 & !(1 << shard))
    }

    /// Whether it is a single shard: the common case.
    pub const fn is_single(self) -> bool {
        self.0.is_power_of_two()
    }

    /// Whether all of `other` is in it.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Its shards, ascending: the order in which they are locked.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let lowest = (left != 0).then(|| left.trailing_zeros() as u8)?;
            left &= left - 1;
            Some(lowest)
        })
    }
}

/// Where a request is decided: its home, and all shards that it touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(crate) home: u8,
    pub(crate) shards: ShardSet,
}

impl Place {
    pub(crate) fn at(home: u8) -> Self {
        Self { home, shards: ShardSet::one(home) }
    }
}

/// The map from SKUs to shards.
#[derive(Debug, Clone, Copy)]
pub struct Routing {
    shards: u8,
}

impl Routing {
    /// Over so many shards: at least one, at most [`MAX_SHARDS`].
    pub fn new(shards: usize) -> Self {
        Self { shards: shards.clamp(1, MAX_SHARDS) as u8 }
    }

    /// How many shards there are.
    pub fn shards(self) -> u8 {
        self.shards
    }

    /// The shard that owns a SKU.
    pub fn of_sku(self, sku: &Sku) -> u8 {
        self.of_text(sku.as_str())
    }

    /// The shard that owns a sale.
    pub fn of_sale(self, sale: &SaleId) -> u8 {
        self.of_text(sale.as_str())
    }

    /// The shard that has the rows of this owner.
    pub(crate) fn of_owner(self, owner: Owner<'_>) -> u8 {
        self.of_text(owner.name())
    }

    fn of_text(self, name: &str) -> u8 {
        if self.shards == 1 {
            return 0;
        }
        (xxh3_64(name.as_bytes()) % u64::from(self.shards)) as u8
    }

    fn of_skus<'s>(self, mut skus: impl Iterator<Item = &'s Sku>, sale: Option<&SaleId>) -> Place {
        let home = skus.next().map_or(0, |sku| self.of_sku(sku));
        let of_sale = sale.map_or(ShardSet::default(), |sale| ShardSet::one(self.of_sale(sale)));
        let shards = skus.fold(ShardSet::one(home), |set, sku| set.with(ShardSet::one(self.of_sku(sku))));
        Place { home, shards: shards.with(of_sale) }
    }

    /// Where a recorded reservation lives: with its first line.
    pub(crate) fn of_reservation(self, reservation: &Reservation) -> Place {
        self.of_skus(reservation.lines.iter().map(|line| &line.sku), reservation.sale.as_ref())
    }

    /// Where a request that names its rows is decided; `None` where only a reservation is named.
    pub(crate) fn of_request(self, request: &Request) -> Option<Place> {
        match request {
            Request::Command(command) => self.of_command(command),
            Request::Stock(skus) => Some(self.of_skus(skus.iter(), None)),
            Request::Sale(sale) => Some(Place::at(self.of_sale(sale))),
            Request::Reservation(_) => None,
        }
    }

    fn of_command(self, command: &Command) -> Option<Place> {
        match command {
            Command::Reserve(reserve) => {
                Some(self.of_skus(reserve.wants.iter().map(|want| &want.sku), reserve.sale.as_ref()))
            }
            Command::SetStock(set) => Some(Place::at(self.of_sku(&set.sku))),
            Command::Adjust(adjust) => Some(Place::at(self.of_sku(&adjust.sku))),
            Command::SetSku(sku, _) | Command::DeleteSku(sku) => Some(Place::at(self.of_sku(sku))),
            Command::TurnSale(sale) => Some(Place::at(self.of_sale(sale))),
            Command::SetSale(sale, settings) => {
                let home = self.of_sale(sale);
                Some(Place { home, shards: self.of_skus(settings.skus.iter(), Some(sale)).shards })
            }
            Command::Confirm(_)
            | Command::Release(_)
            | Command::Extend(..)
            | Command::PaymentStarted(..)
            | Command::Cancel(_)
            | Command::Fulfil(_)
            | Command::Expire(_) => None,
        }
    }
}
