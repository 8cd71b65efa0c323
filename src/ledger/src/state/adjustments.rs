//! Adjustments that are remembered under their key, oldest forgotten first.

use super::Ledger;
use crate::{Adjustment, Millis, Sku};

impl Ledger {
    /// Remembers an adjustment that has a key.
    pub fn put_adjustment(&mut self, adjustment: &Adjustment, at: Millis) {
        let Some(key) = &adjustment.key else { return };
        let name = (adjustment.sku.clone(), adjustment.location.clone(), key.clone());
        if self.adjustments.insert(name.clone(), adjustment.clone()).is_some() {
            // Its key was used again: a ledger that replays may not have forgotten the first use yet.
            self.adjusted.retain(|(_, known)| *known != name);
        }
        self.adjusted.push_back((at, name));
    }

    /// Forgets the oldest remembered adjustment under the same rule. Returns whether it did.
    pub fn forget_adjusted(&mut self, horizon: Millis, most: usize) -> bool {
        let Some((at, name)) = self.adjusted.front() else { return false };
        if *at >= horizon && self.adjusted.len() <= most {
            return false;
        }
        self.adjustments.remove(name);
        self.adjusted.pop_front();
        true
    }

    /// Every remembered adjustment with its time, the oldest first.
    pub fn adjusted(&self) -> impl Iterator<Item = (&Adjustment, Millis)> {
        self.adjusted.iter().filter_map(|(at, name)| Some((self.adjustments.get(name)?, *at)))
    }

    /// A SKU of the same name would be another one.
    pub(super) fn forget_adjustments_of(&mut self, sku: &Sku) {
        let before = self.adjustments.len();
        self.adjustments.retain(|(of, ..), _| of != sku);
        if self.adjustments.len() < before {
            self.adjusted.retain(|(_, (of, ..))| of != sku);
        }
    }
}
