//! The promises that a world can be caught breaking.

/// A promise that was not kept, and how.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// What was acknowledged is not there any more.
    #[error("forgotten: {0}")]
    Forgotten(String),
    /// What was acknowledged is there, and is not what was acknowledged, nor what may have become of it.
    #[error("changed: {0}")]
    Changed(String),
    /// More is promised than there is, or may be.
    #[error("oversold: {0}")]
    Oversold(String),
    /// An answer that nothing that went before allows.
    #[error("unlawful answer: {0}")]
    Unlawful(String),
    /// Marks out of order, a gap in the log, or a time that went back.
    #[error("out of order: {0}")]
    Order(String),
    /// It stopped, or did not start, and nothing was wrong with the disk.
    #[error("stopped without need: {0}")]
    Stopped(String),
    /// Recovered books are not those that the log's records make.
    #[error("recovered wrongly: {0}")]
    Recovered(String),
}
