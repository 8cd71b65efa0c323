//! The program's own messages, on stderr.

use std::io::IsTerminal;

use crate::config::{LogFormat, Telemetry};

/// Starts writing messages; the one thing here that is global to the process, as `tracing` is.
pub fn set_up(telemetry: &Telemetry) {
    let ansi = std::io::stderr().is_terminal();
    let messages =
        tracing_subscriber::fmt().with_ansi(ansi).with_writer(std::io::stderr).with_max_level(telemetry.log_level);
    // A second start in one process keeps the first one's set-up.
    let _kept = match telemetry.log_format {
        LogFormat::Text => tracing::subscriber::set_global_default(messages.finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(messages.json().finish()),
    };
}
