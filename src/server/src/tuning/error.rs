//! Why a change of the configuration is refused; then everything is as it was. It knows no status.

use std::io;
use std::path::PathBuf;

use crate::config::ConfigError;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum TuningError {
    /// The configuration would not be one.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The gateway cannot go by it.
    #[error("the gateway cannot go by this: {0}")]
    Rules(String),
    /// There is no gateway that could go by it.
    #[error("the gateway is off since the start: to have one, give it an upstream and `listen.gateway`, and restart")]
    GatewayOff,
    /// Somebody else has changed it.
    #[error("version {version} is in force, and not the one in If-Match: read it again")]
    StaleVersion {
        /// The version in force.
        version: u64,
    },
    /// Nothing was patched that could be taken back.
    #[error("there is no patch to take back")]
    NothingBefore,
    /// The overlay could not be kept.
    #[error("cannot keep the overlay in {path}: {source}; see to the disk (space, rights, health), then try again", path = path.display())]
    NotKept {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
