//! How much prepared space lies ahead of the log's tail: what the log, the preparer and admission
//! share. It must not touch the disk.

use crate::Options;
use crate::format::SEGMENT_HEADER_BYTES;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The ledger of prepared bytes. A segment is rolled away from only when it is prepared to its end,
/// so that at most two are ever unfinished: the active one, or else the next.
#[derive(Debug)]
pub(crate) struct Space {
    state: Mutex<State>,
    /// Signalled when there is something to prepare.
    consumed: Condvar,
    /// Signalled when more has been prepared.
    prepared: Condvar,
    ahead_bytes: AtomicU64,
    low: AtomicBool,
    poisoned: AtomicBool,
    options: Options,
}

#[derive(Debug)]
struct State {
    segment: u64,
    tail: u64,
    /// How far the active segment and the next one are zeros on disk; 0 while there is no next.
    active_bytes: u64,
    next_bytes: u64,
    /// The last attempt to prepare met a full disk.
    full: bool,
}

/// Where a frame may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Here(u64),
    InNextSegment,
    None,
}

/// A stretch of a segment to be zeroed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub segment: u64,
    pub from: u64,
    pub to: u64,
}

impl Space {
    /// `active_bytes` of `segment` are prepared, and used up to `tail`.
    pub fn new(options: Options, segment: u64, tail: u64, active_bytes: u64) -> Self {
        let state = State { segment, tail, active_bytes, next_bytes: 0, full: false };
        let space = Self {
            state: Mutex::new(state),
            consumed: Condvar::new(),
            prepared: Condvar::new(),
            ahead_bytes: AtomicU64::new(0),
            low: AtomicBool::new(false),
            poisoned: AtomicBool::new(false),
            options,
        };
        space.publish(&space.state.lock());
        space
    }

    pub fn room_for(&self, frame_bytes: u64) -> Room {
        self.room(&self.state.lock(), frame_bytes)
    }

    fn room(&self, state: &State, frame_bytes: u64) -> Room {
        if state.tail + frame_bytes <= state.active_bytes {
            Room::Here(state.tail)
        } else if self.is_whole(state.active_bytes) && SEGMENT_HEADER_BYTES + frame_bytes <= state.next_bytes {
            Room::InNextSegment
        } else {
            Room::None
        }
    }

    /// Whether a frame of so many bytes fits an empty segment.
    pub fn can_ever_hold(&self, frame_bytes: u64) -> bool {
        SEGMENT_HEADER_BYTES + frame_bytes <= self.options.segment_bytes
    }

    fn is_whole(&self, prepared_bytes: u64) -> bool {
        prepared_bytes >= self.options.segment_bytes
    }

    /// The segment that holds the tail. Its header and its name are on disk.
    pub fn active_segment(&self) -> u64 {
        self.state.lock().segment
    }

    /// The tail has moved over a frame.
    pub fn appended(&self, frame_bytes: u64) {
        let mut state = self.state.lock();
        state.tail += frame_bytes;
        self.publish(&state);
    }

    /// The next segment has become the active one.
    pub fn rolled(&self) {
        let mut state = self.state.lock();
        state.segment += 1;
        state.tail = SEGMENT_HEADER_BYTES;
        state.active_bytes = std::mem::take(&mut state.next_bytes);
        self.publish(&state);
    }

    /// What to prepare next: enough that a whole segment's worth lies ahead of the tail.
    pub fn plan(&self) -> Option<Extent> {
        let state = self.state.lock();
        if !self.wants_more(&state) {
            return None;
        }
        let (segment, from) = if self.is_whole(state.active_bytes) {
            (state.segment + 1, state.next_bytes)
        } else {
            (state.segment, state.active_bytes)
        };
        let to = (from + self.options.prepare_step_bytes).min(self.options.segment_bytes);
        Some(Extent { segment, from, to })
    }

    fn wants_more(&self, state: &State) -> bool {
        ahead(state) < self.options.segment_bytes && !self.is_whole(state.next_bytes)
    }

    /// `extent` is on disk. The log may have rolled onto its segment in the meantime.
    pub fn extended(&self, extent: Extent) {
        let mut state = self.state.lock();
        if extent.segment == state.segment {
            state.active_bytes = extent.to;
        } else {
            state.next_bytes = extent.to;
        }
        state.full = false;
        self.publish(&state);
        self.prepared.notify_all();
    }

    /// The disk had no room for what was planned.
    pub fn met_full(&self) {
        let mut state = self.state.lock();
        state.full = true;
        self.publish(&state);
    }

    /// Relaxed is enough: readers act on a hint, and room itself is judged under the lock.
    fn publish(&self, state: &State) {
        let ahead_bytes = ahead(state);
        self.ahead_bytes.store(ahead_bytes, Ordering::Relaxed);
        self.low.store(state.full && ahead_bytes < self.options.reserve_bytes, Ordering::Relaxed);
        if self.wants_more(state) {
            self.consumed.notify_all();
        }
    }

    /// Blocks until there is something to prepare. After a full disk nothing but time helps, so then
    /// the whole `timeout` passes: the log's appends must not drive retries.
    pub fn wait_until_consumed(&self, timeout: Duration) {
        let idle = |state: &mut State| (state.full || !self.wants_more(state)) && !self.is_poisoned();
        self.consumed.wait_while_for(&mut self.state.lock(), idle, timeout);
    }

    /// Blocks until a frame of so many bytes fits; says whether it does.
    pub fn wait_until_prepared(&self, frame_bytes: u64, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        let short = |state: &mut State| self.room(state, frame_bytes) == Room::None && !self.is_poisoned();
        self.prepared.wait_while_for(&mut state, short, timeout);
        self.room(&state, frame_bytes) != Room::None
    }

    /// Ends all writing, and all waiting for it.
    pub fn poison(&self) {
        let state = self.state.lock();
        self.poisoned.store(true, Ordering::Release);
        self.consumed.notify_all();
        self.prepared.notify_all();
        drop(state);
    }

    pub fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire)
    }
}

fn ahead(state: &State) -> u64 {
    state.active_bytes - state.tail + state.next_bytes.saturating_sub(SEGMENT_HEADER_BYTES)
}

/// A view of the prepared space for those who admit work.
#[derive(Clone, Debug)]
pub struct SpaceHandle(pub(crate) Arc<Space>);

impl SpaceHandle {
    /// Prepared bytes ahead of the log's tail.
    pub fn prepared_ahead_bytes(&self) -> u64 {
        self.0.ahead_bytes.load(Ordering::Relaxed)
    }

    /// Whether the disk is full and less than the reserve is left: only what settles may go on.
    /// Clears by itself once preparing works again. One relaxed load.
    pub fn is_low(&self) -> bool {
        self.0.low.load(Ordering::Relaxed)
    }
}
