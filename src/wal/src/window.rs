//! Reads a file front to back through one buffer, and reports how far it is. It must not know what
//! the bytes are.

use crate::disk::DiskFile;
use crate::error::WalError;
use crate::scan::Progress;

pub(crate) struct Window<'a> {
    buffer: Vec<u8>,
    /// What is read at once, at least.
    block_bytes: usize,
    /// Which bytes of the file the buffer holds.
    start: u64,
    filled: usize,
    /// The bytes of the files before this one.
    before_bytes: u64,
    total_bytes: u64,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Window<'a> {
    pub fn new(block_bytes: usize, total_bytes: u64, progress: &'a mut dyn FnMut(Progress)) -> Self {
        // No file is longer than all of them together.
        let block_bytes = (block_bytes as u64).min(total_bytes) as usize;
        Self { buffer: Vec::new(), block_bytes, start: 0, filled: 0, before_bytes: 0, total_bytes, progress }
    }

    /// Forgets what it holds: the next bytes come from another file.
    pub fn next_file(&mut self, finished_bytes: u64) {
        self.before_bytes += finished_bytes;
        self.filled = 0;
    }

    /// The `bytes` bytes at `offset`, or fewer at the end of the file.
    pub fn at<F: DiskFile>(&mut self, file: &F, name: &str, offset: u64, bytes: usize) -> Result<&[u8], WalError> {
        let end = self.start + self.filled as u64;
        if self.filled == 0 || offset < self.start || offset + bytes as u64 > end {
            self.buffer.resize(self.block_bytes.max(bytes), 0);
            self.fill(file, name, offset)?;
        }
        let from = ((offset - self.start) as usize).min(self.filled);
        Ok(&self.buffer[from..(from + bytes).min(self.filled)])
    }

    fn fill<F: DiskFile>(&mut self, file: &F, name: &str, offset: u64) -> Result<(), WalError> {
        self.start = offset;
        self.filled = file.read_at(&mut self.buffer, offset).map_err(WalError::io("read", name))?;
        let read_bytes = self.before_bytes + offset + self.filled as u64;
        (self.progress)(Progress { read_bytes, total_bytes: self.total_bytes });
        Ok(())
    }
}
