//! Bytes on the wire with places for what differs from one request to the next. It must not know a protocol.

use memchr::memmem;

/// A reservation's id on the wire: 16 hex digits.
pub const ID_BYTES: usize = 16;
/// Stands where the id will be.
pub const ID_PLACEHOLDER: &str = "0000000000000000";

const SKU_PREFIX: &str = "SKU-";
const SKU_DIGITS: usize = 7;
/// Stands where a SKU will be.
pub const SKU_PLACEHOLDER: &str = "SKU-#######";

/// The name of a SKU by its number, of seven digits at most.
pub fn sku(number: u32) -> String {
    format!("{SKU_PREFIX}{number:0SKU_DIGITS$}")
}

/// A request that is patched before each sending.
#[derive(Debug, Clone)]
pub struct Request {
    bytes: Vec<u8>,
    ids_at: Vec<usize>,
    sku_digits_at: Vec<usize>,
    skus: u32,
}

impl Request {
    /// Of bytes that may have the [`ID_PLACEHOLDER`], once or several times.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self::over(bytes, 1)
    }

    /// Of bytes that may have the [`SKU_PLACEHOLDER`] too: each id takes another of so many SKUs.
    pub fn over(bytes: impl Into<Vec<u8>>, skus: u32) -> Self {
        let bytes = bytes.into();
        let ids_at = memmem::find_iter(&bytes, ID_PLACEHOLDER).collect();
        let sku_digits_at = memmem::find_iter(&bytes, SKU_PLACEHOLDER).map(|at| at + SKU_PREFIX.len()).collect();
        Self { bytes, ids_at, sku_digits_at, skus: skus.max(1) }
    }

    /// The bytes to send for this id.
    pub fn with_id(&mut self, id: u64) -> &[u8] {
        for &at in &self.ids_at {
            write_id(&mut self.bytes[at..at + ID_BYTES], id);
        }
        for &at in &self.sku_digits_at {
            write_decimal(&mut self.bytes[at..at + SKU_DIGITS], sku_of(id, self.skus));
        }
        &self.bytes
    }
}

/// Ids rise one by one: scattered, so that neighbours in time are none among the SKUs (Fibonacci hashing).
fn sku_of(id: u64, skus: u32) -> u32 {
    let scattered = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    ((scattered * u64::from(skus)) >> 32) as u32
}

/// Puts an id's digits where its placeholder stands.
pub(super) fn write_id(digits: &mut [u8], id: u64) {
    for (place, byte) in digits.iter_mut().enumerate() {
        *byte = b"0123456789abcdef"[(id >> (60 - 4 * place) & 0xF) as usize];
    }
}

fn write_decimal(digits: &mut [u8], mut number: u32) {
    for byte in digits.iter_mut().rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
