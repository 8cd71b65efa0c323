//! What the user sees while an import runs, on stderr: a bar on a terminal, plain lines elsewhere.

use std::io::Read;

use indicatif::{ProgressBar, ProgressStyle};

/// Bytes read of the source, and messages beside them.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For a source of that many bytes, if they are known. The bar hides itself off a terminal.
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let (bar, template) = match bytes {
            Some(bytes) => (ProgressBar::new(bytes), "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"),
            None => (ProgressBar::no_length(), "{bytes}, {bytes_per_sec}"),
        };
        // A template that does not parse shows as the default bar; nothing depends on it.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// The source, its bytes counted as they are read.
    pub(super) fn count<R: Read>(&self, source: R) -> impl Read + use<R> {
        self.bar.wrap_read(source)
    }

    /// Lines have been answered; the bar tells as much by itself.
    pub(super) fn sent(&self, last_line: u64) {
        if self.bar.is_hidden() {
            eprintln!("sent up to line {last_line}");
        }
    }

    /// Something that the user should know now.
    pub(super) fn note(&self, message: &str) {
        self.bar.suspend(|| eprintln!("{message}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
