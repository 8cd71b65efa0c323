//! The options of a world and of each of its lives, drawn from the seed: small, so that every edge is
//! met. It must not know what is done under them.

use engine::Options;
use fastrand::Rng;
use ledger::{Millis, OnConfirm, Policy};

/// Keys that no world uses up.
const PLENTY: usize = 1 << 20;
/// Keys that are used up, and still more for each shard than there are requests under way: what has
/// just ended is known until its answer was heard.
const FEW: usize = 200;

/// What stays the same over all lives of a world, and what was drawn for the present one.
#[derive(Debug)]
pub(crate) struct Settings {
    pub options: Options,
    /// Nothing that ended is forgotten before its window has passed.
    pub strict: bool,
}

impl Settings {
    pub fn draw(random: &mut Rng) -> Self {
        let log = wal::Options {
            segment_bytes: 64 << 10 << random.u8(..2),
            reserve_bytes: 1024 << random.u8(3..7),
            prepare_step_bytes: 512 << random.u8(2..8),
            ..wal::Options::default()
        };
        let on_confirm = if random.u8(..5) == 0 { OnConfirm::Fulfil } else { OnConfirm::Allocate };
        let policy = Policy {
            default_ttl: Millis(random.u64(20..400)),
            max_hold: Millis(random.u64(500..2_000)),
            max_payment_grace: Millis(random.u64(50..600)),
            on_confirm,
            keep_history: Millis(random.u64(10..5_000)),
        };
        let strict = random.u8(..6) > 0;
        let options = Options {
            policy,
            idempotency_window: Millis(random.u64(200..5_000)),
            idempotency_max_keys: if strict { PLENTY } else { random.usize(FEW..2 * FEW) },
            max_reservations: if random.u8(..6) == 0 { random.u64(5..30) } else { u64::MAX },
            max_customer_buckets: if random.u8(..6) == 0 { random.u64(2..12) } else { u64::MAX },
            retention_bytes: if random.bool() { 0 } else { log.segment_bytes * random.u64(1..6) },
            log,
            ..Options::default()
        };
        let mut settings = Self { options, strict };
        settings.draw_life(random);
        settings
    }

    /// What another process on the same disk may have otherwise.
    pub fn draw_life(&mut self, random: &mut Rng) {
        let options = &mut self.options;
        options.shards = random.usize(1..=5);
        options.queue_capacity = random.usize(1..=64);
        options.commit_buffer_bytes = if random.u8(..4) == 0 { random.usize(500..4_000) } else { 1 << 20 };
        options.checkpoint_interval = Millis(random.u64(1..500));
        options.checkpoint_bytes = random.u64(1_000..100_000);
    }

    /// Whether what ended then may be known no more.
    pub fn may_be_forgotten(&self, ended: Millis, now: Millis) -> bool {
        !self.strict || now > ended.plus(self.options.idempotency_window)
    }
}
