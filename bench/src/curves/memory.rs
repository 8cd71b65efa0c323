//! What a SKU in one location and a live reservation of one line take in memory, each as the difference that so many make.
//! The store's own memory is kept small, and what it has not written is written before a look.

use serde::{Deserialize, Serialize};

use super::Options;
use super::filled::{Filled, LONG_MS, hold};
use crate::Error;

/// With less memory than this the store follows a rush for minutes, in hundreds of small files.
const STORE: [(&str, &str); 2] =
    [("TIDEGATE_STORE__MEMTABLE_BYTES", "16777216"), ("TIDEGATE_STORE__CACHE_BYTES", "8388608")];

/// Bytes of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// SKUs, and live reservations.
    pub count: u64,
    /// Anonymous memory of a SKU (`RssAnon`).
    pub sku_bytes: f64,
    /// Resident memory of a SKU (`VmRSS`), which has files as well.
    pub sku_resident_bytes: f64,
    /// Anonymous memory of a live reservation.
    pub reservation_bytes: f64,
    /// Resident memory of a live reservation.
    pub reservation_resident_bytes: f64,
}

pub(super) fn measure(options: &Options, tell: &dyn Fn(&str)) -> Result<Memory, Error> {
    let count = options.size.memory;
    let filled = Filled::start(options, &STORE)?;
    let empty = Look::at(&filled)?;
    tell(&format!("stocking {count} SKUs"));
    filled.stock(sku, count)?;
    let stocked = Look::at(&filled)?;
    tell(&format!("making {count} reservations"));
    // Sixteen bytes each.
    let hold = |number: u64| hold(&format!("{number:016x}"), &format!("c{number:015x}"), &sku(number % count), LONG_MS);
    filled.operations((0..count).map(hold))?;
    let held = Look::at(&filled)?;
    let each = |of: u64, to: u64| (to as f64 - of as f64) / count as f64;
    Ok(Memory {
        count,
        sku_bytes: each(empty.anonymous, stocked.anonymous),
        sku_resident_bytes: each(empty.resident, stocked.resident),
        reservation_bytes: each(stocked.anonymous, held.anonymous),
        reservation_resident_bytes: each(stocked.resident, held.resident),
    })
}

/// Twelve bytes.
fn sku(number: u64) -> String {
    format!("SKU-{number:08}")
}

struct Look {
    anonymous: u64,
    resident: u64,
}

impl Look {
    fn at(filled: &Filled) -> Result<Self, Error> {
        filled.settled()?;
        Ok(Self { anonymous: filled.server.anonymous_bytes(), resident: filled.server.resident_bytes() })
    }
}
