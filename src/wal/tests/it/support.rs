//! A small log over a faulty disk, and the handles that the tests share.

use wal::faulty::FaultyDisk;
use wal::{Frame, FrameBuffer, Log, Lsn, Opened, Options, Prepared, Preparer, WalError, records};

pub const FIRST: &str = "0000000000000001.seg";
pub const SECOND: &str = "0000000000000002.seg";
pub const THIRD: &str = "0000000000000003.seg";

pub type Records = Vec<Vec<u8>>;

/// Small segments, so that a test crosses several.
pub fn options() -> Options {
    Options { segment_bytes: 64 << 10, reserve_bytes: 32 << 10, prepare_step_bytes: 16 << 10, partition: 7, epoch: 3 }
}

/// An opened log and everything that opening it showed.
#[derive(Debug)]
pub struct Running {
    pub log: Log<FaultyDisk>,
    pub preparer: Preparer<FaultyDisk>,
    pub opened: Opened,
    pub records: Records,
}

pub fn open(disk: &FaultyDisk) -> Result<Running, WalError> {
    open_after(disk, Lsn(0))
}

/// Opens the log for who keeps all up to `after`; the records found are those after `after`.
pub fn open_after(disk: &FaultyDisk, after: Lsn) -> Result<Running, WalError> {
    let mut found = Vec::new();
    let mut last = after;
    let mut visit = |frame: &Frame<'_>| {
        assert!(frame.first_lsn <= last.next() && frame.last_lsn() > last, "a frame too many, or one is missing");
        let mut lsn = frame.first_lsn;
        for record in records(frame.payload) {
            if lsn > last {
                found.push(record?.to_vec());
                last = lsn;
            }
            lsn = lsn.next();
        }
        assert_eq!(last, frame.last_lsn());
        Ok(())
    };
    let (log, preparer, opened) = Log::open(disk.clone(), options(), after, &mut visit, &mut |_| {})?;
    assert_eq!(opened.last_lsn, last);
    Ok(Running { log, preparer, opened, records: found })
}

impl Running {
    /// Prepares all that is wanted or that the disk has room for.
    pub fn prepare(&mut self) -> Prepared {
        loop {
            match self.preparer.step().expect("no fault is injected") {
                Prepared::Worked => {}
                other => return other,
            }
        }
    }

    /// Writes and syncs one frame of these records; the time is its first LSN.
    pub fn append(&mut self, records: &[Vec<u8>]) {
        self.prepare();
        let first_lsn = self.log.last_lsn().next();
        let mut frame = buffer(records);
        self.log.write(&mut frame, first_lsn, first_lsn.0).expect("space is prepared");
        self.log.sync().expect("no fault is injected");
    }
}

pub fn buffer(records: &[Vec<u8>]) -> FrameBuffer {
    let mut frame = FrameBuffer::with_limit(options().frame_limit_bytes());
    for record in records {
        assert!(frame.push(record), "the test's records fit one frame");
    }
    frame
}

/// A record of `bytes` bytes, none of them 0, that tells `seed` from its neighbours.
pub fn record(seed: u64, bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|index| ((seed * 31 + index * 7) % 255 + 1) as u8).collect()
}
