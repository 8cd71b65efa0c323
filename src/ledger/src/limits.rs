//! Limit buckets: what was taken under a limit that is not stock. A SKU's or a sale's allowance for
//! one customer, a channel's share of either, and a sale's quota are all the same counter.

use crate::{Channel, Customer, SaleId, Sku};

/// Which limit a request runs into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Units of a SKU in one reservation.
    MaxPerOrder,
    /// Units of a SKU for one customer, over the SKU's life.
    MaxPerCustomer,
    /// Units of a SKU through one channel.
    ChannelQuota,
    /// Units in a sale.
    SaleQuota,
    /// Units in a sale for one customer.
    SaleMaxPerCustomer,
    /// Units in a sale through one channel.
    SaleChannelQuota,
}

impl Limit {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxPerOrder => "max_per_order",
            Self::MaxPerCustomer => "max_per_customer",
            Self::ChannelQuota => "channel_quota",
            Self::SaleQuota => "sale_quota",
            Self::SaleMaxPerCustomer => "sale_max_per_customer",
            Self::SaleChannelQuota => "sale_channel_quota",
        }
    }
}

/// What has been taken from a limit bucket, in units. A customer's or a channel's counts only what
/// was taken while the limit was set; their sum fits, since no limit is above [`crate::UNLIMITED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// By reservations that may still expire.
    pub held: u32,
    /// By confirmed ones, not fulfilled yet.
    pub allocated: u32,
    /// Bought for good.
    pub fulfilled: u32,
}

impl Taken {
    /// All of it.
    pub const fn units(self) -> u32 {
        self.held + self.allocated + self.fulfilled
    }

    /// What a limit still leaves; nothing when it was lowered below what is taken.
    pub const fn left_of(self, limit: u32) -> u32 {
        limit.saturating_sub(self.units())
    }

    /// What is kept of it, if anything: what may come back, and what was bought as long as the limit
    /// is set. A limit that is taken away forgets it.
    pub fn kept(self, limit_is_set: bool) -> Option<Self> {
        let fulfilled = if limit_is_set { self.fulfilled } else { 0 };
        let kept = Self { fulfilled, ..self };
        (kept.units() > 0).then_some(kept)
    }
}

/// The name of a limit bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LimitKey {
    /// A customer's allowance of a SKU.
    SkuCustomer(Sku, Customer),
    /// A channel's share of a SKU.
    SkuChannel(Sku, Channel),
    /// A sale's quota.
    Sale(SaleId),
    /// A customer's allowance within a sale.
    SaleCustomer(SaleId, Customer),
    /// A channel's share of a sale.
    SaleChannel(SaleId, Channel),
}

/// A limit bucket's value after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitAfter {
    /// Which.
    pub key: LimitKey,
    /// What is taken.
    pub taken: Taken,
}

/// What a line must remember besides its units: which limit buckets it was counted in, so that it
/// gives back exactly there whatever limits are set by then, and whether its location was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Marks(u8);

impl Marks {
    /// Counted for the SKU's customer.
    pub const SKU_CUSTOMER: Self = Self(1);
    /// Counted for the SKU's channel.
    pub const SKU_CHANNEL: Self = Self(2);
    /// Counted in the sale.
    pub const SALE: Self = Self(4);
    /// Counted for the sale's customer.
    pub const SALE_CUSTOMER: Self = Self(8);
    /// Counted for the sale's channel.
    pub const SALE_CHANNEL: Self = Self(16);
    /// The request named the location.
    pub const LOCATED: Self = Self(32);

    const ALL: u8 = 63;

    /// From the bits of a record; `None` when one has no meaning.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::ALL == 0 { Some(Self(bits)) } else { None }
    }

    /// As bits, for a record.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it is counted in any limit bucket.
    pub const fn is_counted(self) -> bool {
        self.0 & !Self::LOCATED.0 != 0
    }
}
