//! One cell of Shopify's export, read with its place at hand for the case that it is wrong.

use ledger::{Location, MAX_QUANTITY, Sku};
use serde_json::json;

use crate::import::found::{Found, Origin};
use crate::import::records::shown;

/// What Shopify writes, in whatever case, where a location does not keep the SKU.
const NOT_STOCKED: &[u8] = b"not stocked";

/// What is wrong, and where.
pub(super) type Mistake = (Origin, String);

/// A cell without the blanks around it.
pub(super) struct Cell<'c> {
    origin: Origin,
    bytes: &'c [u8],
}

impl<'c> Cell<'c> {
    pub(super) fn new(origin: Origin, bytes: &'c [u8]) -> Self {
        Self { origin, bytes: bytes.trim_ascii() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether there is a figure, or what should be one.
    pub(super) fn is_stocked(&self) -> bool {
        !self.is_empty() && !self.bytes.eq_ignore_ascii_case(NOT_STOCKED)
    }

    pub(super) fn read<T>(self, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Mistake> {
        let text = str::from_utf8(self.bytes).map_err(|_| "is not UTF-8".to_owned());
        text.and_then(parse).map_err(|detail| (self.origin, detail))
    }

    /// The line that sets what is available; none where it is not stocked.
    pub(super) fn stock(self, sku: &Sku, location: &Location) -> Option<Found> {
        if !self.is_stocked() {
            return None;
        }
        let origin = self.origin.clone();
        Some(match self.read(units) {
            Ok(available) => {
                let line = json!({ "sku": sku.as_str(), "location": location.as_str(), "available": available });
                Found::Json(origin, line.to_string().into_bytes())
            }
            Err((origin, detail)) => Found::Bad(origin, detail),
        })
    }
}

fn units(text: &str) -> Result<i64, String> {
    const MOST: i64 = MAX_QUANTITY as i64;
    match text.parse() {
        Ok(units @ 0..=MOST) => Ok(units),
        Ok(units @ ..0) => Err(format!("`{units}` is negative: it is oversold in Shopify, settle that first")),
        Ok(units) => Err(format!("`{units}` is more than {MOST}")),
        Err(_) => Err(format!("`{}` is not a whole number", shown(text))),
    }
}
