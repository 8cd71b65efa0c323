//! How far a command is, on stderr: a bar on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that is gone when it is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// What is done, of so many bytes.
    pub fn of_bytes(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg:>20} {bar:40} {bytes} of {total_bytes}, {eta} left")
    }

    /// What is done, of so many records.
    pub fn of_records(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg:>20} {bar:40} {human_pos} of {human_len} records, {eta} left")
    }

    /// What is done, in so many steps.
    pub fn of_steps(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg:>20} {bar:40} {pos} of {len}")
    }

    fn new(what: &'static str, total: u64, template: &str) -> Self {
        let bar = ProgressBar::new(total).with_message(what);
        // A template that does not parse shows as the default bar; nothing depends on it.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So much is done, of a total that may have become known only now.
    pub fn is_at(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
