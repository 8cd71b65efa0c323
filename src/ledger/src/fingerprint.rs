//! A short stable hash per field of a request, so that the same request is recognised and a
//! different one can be told which field differs. 32 bits a field: a chance in four thousand
//! million that a changed field goes unnoticed under a reused key.

use xxhash_rust::xxh3::xxh3_64;

/// The hash of a field's canonical bytes; an absent field is 0.
fn field(bytes: Option<&[u8]>) -> u32 {
    bytes.map_or(0, |bytes| (xxh3_64(bytes) as u32).max(1))
}

/// What a reserve asked for, a hash a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReservePrint(pub [u32; 6]);

impl ReservePrint {
    const FIELDS: [&'static str; 6] = ["customer", "channel", "sale", "ttl_ms", "mode", "lines"];

    /// From the canonical bytes of each field, in the order of the contract; `mode` and `lines`
    /// are always there.
    pub fn new(
        customer: Option<&str>,
        channel: Option<&str>,
        sale: Option<&str>,
        ttl_ms: Option<u64>,
        mode: &str,
        lines: &[u8],
    ) -> Self {
        let ttl = ttl_ms.map(u64::to_le_bytes);
        Self([
            field(customer.map(str::as_bytes)),
            field(channel.map(str::as_bytes)),
            field(sale.map(str::as_bytes)),
            field(ttl.as_ref().map(<[u8; 8]>::as_slice)),
            field(Some(mode.as_bytes())),
            field(Some(lines)),
        ])
    }

    /// The first field in which the other request differs.
    pub fn first_difference(&self, other: &Self) -> Option<&'static str> {
        first_difference(&Self::FIELDS, &self.0, &other.0)
    }
}

/// What a confirm asked for, a hash a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConfirmPrint(pub [u32; 3]);

impl ConfirmPrint {
    const FIELDS: [&'static str; 3] = ["order", "lines", "if_expired"];

    /// From the canonical bytes of each field.
    pub fn new(order: Option<&str>, lines: Option<&[u8]>, if_expired: Option<&str>) -> Self {
        Self([field(order.map(str::as_bytes)), field(lines), field(if_expired.map(str::as_bytes))])
    }

    /// The first field in which the other confirm differs.
    pub fn first_difference(&self, other: &Self) -> Option<&'static str> {
        first_difference(&Self::FIELDS, &self.0, &other.0)
    }
}

/// What a fulfil asked for, a hash a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FulfilPrint(pub [u32; 1]);

impl FulfilPrint {
    const FIELDS: [&'static str; 1] = ["lines"];

    /// From the canonical bytes of its field.
    pub fn new(lines: Option<&[u8]>) -> Self {
        Self([field(lines)])
    }

    /// The first field in which the other fulfil differs.
    pub fn first_difference(&self, other: &Self) -> Option<&'static str> {
        first_difference(&Self::FIELDS, &self.0, &other.0)
    }
}

fn first_difference(names: &[&'static str], ours: &[u32], theirs: &[u32]) -> Option<&'static str> {
    let position = ours.iter().zip(theirs).position(|(ours, theirs)| ours != theirs)?;
    Some(names[position])
}
