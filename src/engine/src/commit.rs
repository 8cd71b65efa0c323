//! The commit buffer: decided events in LSN order, waiting to become frames; and the durable mark.
//!
//! Locked last, after any shard: a record's place in the log is the place of its decision.

use crate::sync::thread::Thread;
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};
use smallvec::SmallVec;
use std::collections::VecDeque;
use wal::{FrameBuffer, Lsn};

/// A record's length, in front of it.
const LENGTH_BYTES: usize = 4;

/// The records of one decision, encoded one after the other; kept for their memory.
#[derive(Debug, Default)]
pub(crate) struct Records {
    bytes: Vec<u8>,
    ends: SmallVec<[usize; 4]>,
}

impl Records {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub(crate) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// What they take up of a frame, but for the first one's length.
    pub(crate) fn frame_bytes(&self) -> usize {
        self.bytes.len() + LENGTH_BYTES * self.ends.len().saturating_sub(1)
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.bytes[begin..*end])
    }
}

/// Frames kept for reuse when they have been written.
const SPARE_FRAMES: usize = 4;

pub(crate) struct Group {
    pub(crate) frame: FrameBuffer,
    pub(crate) first_lsn: Lsn,
}

impl Group {
    pub(crate) fn last_lsn(&self) -> Lsn {
        Lsn(self.first_lsn.0 + u64::from(self.frame.record_count()) - 1)
    }
}

struct Pending {
    full: VecDeque<Group>,
    open: FrameBuffer,
    next_lsn: u64,
    spare: Vec<FrameBuffer>,
}

impl Pending {
    /// Closes the open frame and starts the next.
    fn close(&mut self, limit_bytes: usize) -> Group {
        let fresh = self.spare.pop().unwrap_or_else(|| FrameBuffer::with_limit(limit_bytes));
        let frame = std::mem::replace(&mut self.open, fresh);
        let first_lsn = Lsn(self.next_lsn - u64::from(frame.record_count()));
        Group { frame, first_lsn }
    }
}

pub(crate) struct CommitBuffer {
    frame_limit_bytes: usize,
    record_limit_bytes: usize,
    pending: Mutex<Pending>,
    bytes: AtomicUsize,
    written_bytes: AtomicU64,
    durable: AtomicU64,
    last_group_us: AtomicU64,
    failed: AtomicBool,
    idle: AtomicBool,
    committer: Mutex<Option<Thread>>,
}

impl CommitBuffer {
    pub(crate) fn new(last_lsn: Lsn, frame_limit_bytes: usize) -> Self {
        Self {
            frame_limit_bytes,
            record_limit_bytes: FrameBuffer::with_limit(frame_limit_bytes).remaining(),
            pending: Mutex::new(Pending {
                full: VecDeque::new(),
                open: FrameBuffer::with_limit(frame_limit_bytes),
                next_lsn: last_lsn.0 + 1,
                spare: Vec::new(),
            }),
            bytes: AtomicUsize::new(0),
            written_bytes: AtomicU64::new(0),
            durable: AtomicU64::new(last_lsn.0),
            last_group_us: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            idle: AtomicBool::new(false),
            committer: Mutex::new(None),
        }
    }

    /// Gives the records of one decision their places, one after the other in one frame: a crash
    /// keeps all of them or none. They fit: their size was checked against a frame's. Returns the
    /// LSN of the first.
    pub(crate) fn append(&self, records: &Records) -> Lsn {
        let mut pending = self.pending.lock();
        if records.frame_bytes() > pending.open.remaining() {
            let group = pending.close(self.frame_limit_bytes);
            pending.full.push_back(group);
        }
        for record in records.iter() {
            let pushed = pending.open.push(record);
            assert!(pushed, "records that were checked against a frame's size fit an empty frame");
        }
        let lsn = Lsn(pending.next_lsn);
        pending.next_lsn += records.ends.len() as u64;
        // Counted before the committer can take it: the count never wraps below zero.
        self.bytes.fetch_add(records.bytes.len(), Ordering::Relaxed);
        drop(pending);
        self.rouse();
        lsn
    }

    /// The next group to write: everything that arrived since the last, up to a frame.
    pub(crate) fn take(&self) -> Option<Group> {
        let mut pending = self.pending.lock();
        if let Some(group) = pending.full.pop_front() {
            return Some(group);
        }
        if pending.open.is_empty() {
            return None;
        }
        Some(pending.close(self.frame_limit_bytes))
    }

    /// A group is durable: moves the mark and takes the buffer back.
    pub(crate) fn done(&self, mut group: Group) {
        self.durable.store(group.last_lsn().0, Ordering::SeqCst);
        self.written_bytes.fetch_add(group.frame.payload_len() as u64, Ordering::Relaxed);
        self.bytes.fetch_sub(
            group.frame.payload_len() - LENGTH_BYTES * group.frame.record_count() as usize,
            Ordering::Relaxed,
        );
        group.frame.clear();
        let mut pending = self.pending.lock();
        if pending.spare.len() < SPARE_FRAMES {
            pending.spare.push(group.frame);
        }
    }

    /// Whether records of so many bytes fit a frame at all.
    pub(crate) fn can_hold(&self, record_bytes: usize) -> bool {
        record_bytes <= self.record_limit_bytes
    }

    /// Bytes of records that are not durable yet.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes of records that have become durable since the start.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written_bytes.load(Ordering::Relaxed)
    }

    /// The last record that has its place, durable or not.
    pub(crate) fn decided(&self) -> Lsn {
        Lsn(self.pending.lock().next_lsn - 1)
    }

    pub(crate) fn durable(&self) -> Lsn {
        Lsn(self.durable.load(Ordering::SeqCst))
    }

    /// The last group took so long from its first byte to the end of its sync.
    pub(crate) fn note_group(&self, taken_us: u64) {
        self.last_group_us.store(taken_us, Ordering::Relaxed);
    }

    pub(crate) fn last_group_us(&self) -> u64 {
        self.last_group_us.load(Ordering::Relaxed)
    }

    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Names the thread to be unparked when work arrives.
    pub(crate) fn attend(&self, thread: Thread) {
        *self.committer.lock() = Some(thread);
    }

    /// To be called by the committer before it parks; false when there is work after all.
    pub(crate) fn may_park(&self) -> bool {
        self.idle.store(true, Ordering::SeqCst);
        let pending = self.pending.lock();
        if pending.full.is_empty() && pending.open.is_empty() {
            return true;
        }
        self.idle.store(false, Ordering::SeqCst);
        false
    }

    pub(crate) fn woke(&self) {
        self.idle.store(false, Ordering::SeqCst);
    }

    fn rouse(&self) {
        // One wake a group: only the first to arrive while the committer sleeps pays for it.
        if self.idle.load(Ordering::SeqCst)
            && self.idle.swap(false, Ordering::SeqCst)
            && let Some(thread) = self.committer.lock().as_ref()
        {
            thread.unpark();
        }
    }
}
