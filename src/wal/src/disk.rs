//! What the log asks of a disk: one flat directory of files, as two traits, so that tests run the
//! real log over a disk that fails. It must not know what the bytes are.

use std::io;

/// One flat directory of files, named by plain file names.
pub trait Disk: Send + Sync + 'static {
    /// An open file of this disk.
    type File: DiskFile;

    /// The names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes an empty file for reading and writing; one that exists is emptied.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens an existing file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Opens an existing file for reading only.
    fn open_to_read(&self, name: &str) -> io::Result<Self::File>;

    /// Renames a file. Durable only after [`Disk::sync_dir`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. Durable only after [`Disk::sync_dir`].
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes every creation, rename and removal so far durable.
    fn sync_dir(&self) -> io::Result<()>;
}

/// An open file. Two handles of one file each learn of a failed write-back on their own.
#[expect(clippy::len_without_is_empty, reason = "a file's length is a question to the disk, not a collection's size")]
pub trait DiskFile: Send + Sync + 'static {
    /// Reads into `buffer` from `offset` on; fewer bytes than asked for only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes all that was written, and the length, durable. After an error nothing may be assumed.
    fn sync_data(&self) -> io::Result<()>;

    /// The file's length in bytes.
    fn len(&self) -> io::Result<u64>;
}

/// Writes zeros over `from..to`. Real zeros and no hole: a hole would be allocated by the append,
/// which is what preparing is there to save.
pub(crate) fn write_zeros(file: &impl DiskFile, from: u64, to: u64) -> io::Result<()> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut offset = from;
    while offset < to {
        let bytes = (to - offset).min(ZEROS.len() as u64);
        file.write_at(&ZEROS[..bytes as usize], offset)?;
        offset += bytes;
    }
    Ok(())
}
