//! A file's bytes as the process sees them, and what of them a power cut may take back. It must not
//! know the file's name.

use super::faults::Fault;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

/// Only what a power cut may take back is held twice, so that one costs as much as was not synced and
/// not as much as the disk holds.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    seen: Vec<u8>,
    /// The length that a power cut leaves at worst.
    synced_len: usize,
    /// The sectors that were written since they were last made durable.
    changed: BTreeMap<usize, Changed>,
    /// Every failed sync. Each handle that was open then is told once.
    pub failed_syncs: Vec<Fault>,
}

#[derive(Debug)]
struct Changed {
    /// What the sector held before; zeros follow.
    durable: Vec<u8>,
    /// Cleared by a failed sync: the sector is called clean, and no later one writes it.
    is_dirty: bool,
}

impl Bytes {
    pub fn durable(contents: &[u8]) -> Self {
        Self { seen: contents.to_vec(), synced_len: contents.len(), ..Self::default() }
    }

    pub fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub fn write(&mut self, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        for sector in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
            let range = self.range(sector);
            let before = || Changed { durable: self.seen[range].to_vec(), is_dirty: true };
            self.changed.entry(sector).or_insert_with(before).is_dirty = true;
        }
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(bytes);
    }

    /// Writes what lies within the file, from a sector's start on, wherever `offset` points to.
    pub fn write_astray(&mut self, bytes: &[u8], offset: u64) {
        let sectors = (self.seen.len() / SECTOR_BYTES).max(1) as u64;
        let start = (offset / SECTOR_BYTES as u64 % sectors) as usize * SECTOR_BYTES;
        let room = self.seen.len().saturating_sub(start).min(bytes.len());
        self.write(&bytes[..room], start);
    }

    pub fn sync(&mut self) {
        for (sector, changed) in std::mem::take(&mut self.changed) {
            if changed.is_dirty {
                self.keep(sector);
            } else {
                self.changed.insert(sector, changed);
            }
        }
    }

    /// As kernels do: what could not be written is called clean, and the next sync succeeds.
    pub fn fail_sync(&mut self, fault: Fault) {
        for changed in self.changed.values_mut() {
            changed.is_dirty = false;
        }
        self.failed_syncs.push(fault);
    }

    /// How much survives is drawn too, so that all and nothing are as likely as anything between.
    pub fn crash(&mut self, random: &mut fastrand::Rng) {
        let kept_percent = random.u8(0..=4) * 25;
        for (sector, changed) in std::mem::take(&mut self.changed) {
            if changed.is_dirty && random.u8(0..100) < kept_percent {
                self.keep(sector);
            } else {
                self.take_back(sector, &changed.durable);
            }
        }
        self.seen.truncate(self.synced_len);
    }

    pub fn flip(&mut self, offset: usize, bit: u8) {
        self.seen[offset] ^= 1 << bit;
        let changed = self.changed.get_mut(&(offset / SECTOR_BYTES));
        if let Some(byte) = changed.and_then(|changed| changed.durable.get_mut(offset % SECTOR_BYTES)) {
            *byte ^= 1 << bit;
        }
    }

    /// Any byte that is durable as it is seen, if there is one.
    pub fn durable_byte(&self, random: &mut fastrand::Rng) -> Option<usize> {
        let all = 0..self.synced_len.div_ceil(SECTOR_BYTES);
        let durable: Vec<usize> = all.filter(|sector| !self.changed.contains_key(sector)).collect();
        let range = self.range(random.choice(durable)?);
        Some(random.usize(range.start..range.end.min(self.synced_len)))
    }

    fn keep(&mut self, sector: usize) {
        self.synced_len = self.synced_len.max(self.range(sector).end);
    }

    fn take_back(&mut self, sector: usize, durable: &[u8]) {
        let range = self.range(sector);
        let seen = &mut self.seen[range];
        seen[..durable.len()].copy_from_slice(durable);
        seen[durable.len()..].fill(0);
    }

    /// The bytes of the sector, as far as the file goes.
    fn range(&self, sector: usize) -> Range<usize> {
        let start = (sector * SECTOR_BYTES).min(self.seen.len());
        start..(start + SECTOR_BYTES).min(self.seen.len())
    }
}
