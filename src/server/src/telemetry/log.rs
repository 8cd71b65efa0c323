//! The program's own messages, on stderr.

use std::io::IsTerminal;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, fmt, registry, reload};

use crate::config::{LogFormat, Telemetry};

/// How severe a message must be to be written; may be changed while messages are.
#[derive(Debug, Clone)]
pub struct LogLevel(reload::Handle<LevelFilter, Registry>);

impl LogLevel {
    /// From now on messages of this severity and above are written.
    pub fn set(&self, level: Level) {
        // Only a subscriber that is gone cannot take it; then there is nobody to write for.
        let _gone = self.0.reload(LevelFilter::from_level(level));
    }
}

/// Starts writing messages; the one thing here that is global to the process, as `tracing` is.
pub fn set_up(telemetry: &Telemetry) -> LogLevel {
    let (filter, handle) = reload::Layer::new(LevelFilter::from_level(telemetry.log_level));
    let messages = fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let filtered = registry().with(filter);
    // A second start in one process keeps the first one's set-up.
    let _kept = match telemetry.log_format {
        LogFormat::Text => tracing::subscriber::set_global_default(filtered.with(messages)),
        LogFormat::Json => tracing::subscriber::set_global_default(filtered.with(messages.json())),
    };
    LogLevel(handle)
}
