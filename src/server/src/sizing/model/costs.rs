//! What a call costs on a node, and how much of the node a target's calls take. It knows neither disk space nor memory.

use engine::MAX_SHARDS;
use wal::MAX_FRAME_BYTES;

use super::unmet::{Bound, Unmet};
use super::{CALLS, RECORDS, Target, USE, keys, live, whole};
use crate::sizing::measured::Measured;
use crate::sizing::reference::Reference;

/// A record's length in front of it.
const LENGTH_BYTES: f64 = 4.0;
const SMALL_BYTES: f64 = 4096.0;
const LARGE_BYTES: f64 = 262_144.0;

/// What a call about a reservation of the target's lines costs on a node.
pub struct Costs {
    cores: u32,
    /// The process's processor time for a call, but for the store's, in microseconds.
    call_us: f64,
    /// What the I/O threads take of it.
    io_us: f64,
    /// What the store takes for a record, in microseconds.
    store_us: f64,
    /// What its one thread takes that follows the log.
    projector_us: f64,
    /// How long a shard is busy with a call, in microseconds.
    shard_us: f64,
    /// A record and its length.
    pub record_bytes: f64,
    /// What the lines after the first add to it.
    pub further_bytes: f64,
    /// A group of few bytes, from the write to the end of the sync, in microseconds.
    pub sync_us: f64,
    /// What each byte of a group adds, in microseconds.
    byte_us: f64,
}

impl Costs {
    pub fn of(target: &Target, measured: &Measured, reference: &Reference) -> Self {
        let lines = target.lines;
        let speed = measured.stages_ns(1) / reference.stages_ns;
        let further_us = (measured.stages_ns(lines) - measured.stages_ns(1)) / 1e3;
        let on_shard_ns = measured.decide_and_apply_ns.at(lines) + measured.encode_ns.at(lines);
        let larger_us = (measured.sync_256k_p50_us - measured.sync_4k_p50_us).max(0.0);
        // The store takes more rows, and more time, as a record has more bytes.
        let growth = measured.record_bytes.at(lines) / measured.record_bytes.at(1);
        Self {
            cores: measured.cores,
            call_us: reference.call_us * speed + further_us,
            io_us: reference.io_us * speed + further_us,
            store_us: reference.store_us * speed * growth,
            projector_us: reference.projector_us * speed * growth,
            shard_us: reference.shard_factor * on_shard_ns / 1e3,
            record_bytes: measured.record_bytes.at(lines) + LENGTH_BYTES,
            further_bytes: measured.record_bytes.at(lines) - measured.record_bytes.at(1),
            sync_us: measured.sync_4k_p50_us,
            byte_us: larger_us / (LARGE_BYTES - SMALL_BYTES),
        }
    }

    /// A second's calls take so many seconds of something that each keeps busy for so long, planned to be busy for a part only.
    fn busy(target: &Target, call_us: f64) -> f64 {
        target.peak_rps * CALLS * call_us / 1e6 / USE
    }

    /// The peak's calls, and the mean's records, which the store may be behind with during a peak.
    pub fn cores(&self, target: &Target) -> f64 {
        Self::busy(target, self.call_us) + target.mean_rps * RECORDS * self.store_us / 1e6 / USE
    }

    /// How much of the thread is busy that follows the log in the mean.
    fn store(&self, target: &Target) -> f64 {
        target.mean_rps * RECORDS * self.projector_us / 1e6 / USE
    }

    pub fn io_threads(&self, target: &Target) -> f64 {
        Self::busy(target, self.io_us)
    }

    pub fn shards(&self, target: &Target) -> f64 {
        Self::busy(target, self.shard_us)
    }

    /// In reservations a second.
    pub fn sku_rps(&self) -> f64 {
        USE * 1e6 / (CALLS * self.shard_us)
    }

    /// How much of the log's time is taken if every group is as large as a frame can be.
    fn log(&self, target: &Target) -> f64 {
        let frame = MAX_FRAME_BYTES as f64;
        let frames_a_second = target.peak_rps * CALLS * self.record_bytes / frame;
        frames_a_second * (self.sync_us + frame * self.byte_us) / 1e6 / USE
    }

    /// A group takes the sync and what its bytes add; its bytes are those that came while the one before took as long.
    fn group_us(&self, records_a_second: f64) -> f64 {
        self.sync_us / (1.0 - records_a_second * self.record_bytes * self.byte_us / 1e6)
    }

    pub fn group_records(&self, target: &Target) -> f64 {
        let a_second = target.peak_rps * CALLS;
        (a_second * self.group_us(a_second) / 1e6).max(1.0)
    }

    /// Its own group, and half of the one that is under way when it comes, if there is one.
    pub fn commit_us(&self, target: &Target) -> f64 {
        let a_second = target.peak_rps * CALLS;
        let group_us = self.group_us(a_second);
        let is_under_way = (a_second * group_us / 1e6).min(1.0);
        group_us * (1.0 + is_under_way / 2.0)
    }

    /// What one node has least left of, and how many nodes' worth of it the target takes.
    pub fn fullest(&self, target: &Target) -> (Bound, f64) {
        let shares = [
            (Bound::Cores, self.cores(target) / f64::from(self.cores)),
            (Bound::Shards, self.shards(target) / MAX_SHARDS as f64),
            (Bound::Log, self.log(target)),
            (Bound::Store, self.store(target)),
            (Bound::Live, live(target) / keys::MOST_ROWS as f64),
        ];
        let most = |one: (Bound, f64), other: (Bound, f64)| if other.1 > one.1 { other } else { one };
        shares.into_iter().fold(shares[0], most)
    }

    pub fn check(&self, target: &Target) -> Result<(), Unmet> {
        let (bound, share) = self.fullest(target);
        let nodes = whole(share);
        if self.shards(target) > target.skus as f64 || nodes > target.skus.max(1) {
            let node_rps = target.peak_rps / share;
            let sku_rps = self.sku_rps().min(node_rps);
            return Err(Unmet::Skus { peak_rps: target.peak_rps, skus: target.skus, sku_rps });
        }
        if share > 1.0 {
            return Err(Unmet::Nodes { nodes, bound, node_rps: target.peak_rps / share, cores: self.cores });
        }
        Ok(())
    }
}
