//! Why a target is too much, for a node or for any number of nodes, in words. It computes nothing.

/// What a node has too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Processor time.
    Cores,
    /// Shards.
    Shards,
    /// Writes and syncs of the log.
    Log,
    /// Records that the store follows.
    Store,
    /// Rows of live reservations.
    Live,
}

impl Bound {
    /// Why a node takes no more.
    const fn because(self) -> &'static str {
        match self {
            Self::Cores => "its cores are busy then (see --cores)",
            Self::Shards => "it has no more than 64 shards",
            Self::Log => "its log can write and sync no more",
            Self::Store => "its store follows the log with one thread, and would be behind for ever (see --mean-rps)",
            Self::Live => "it keeps no more than 1000000000 live reservations",
        }
    }
}

/// A target that one node cannot meet.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unmet {
    /// Several nodes can.
    #[error(
        "one node of {cores} cores takes {node_rps:.0} reservations a second: {why}. It would need {nodes} nodes, each with its \
         own part of the SKUs and its own log; a cart cannot span them", why = .bound.because()
    )]
    Nodes {
        /// How many.
        nodes: u64,
        /// What one has too little of.
        bound: Bound,
        /// What one takes.
        node_rps: f64,
        /// The cores of one.
        cores: u32,
    },
    /// No number of nodes can.
    #[error(
        "no number of nodes takes {peak_rps:.0} reservations a second of {skus} SKUs: a SKU lives in one shard of one node, and one \
         takes {sku_rps:.0} a second here. Sell it as several SKUs (sizes, regions, lots), or let fewer in at once"
    )]
    Skus {
        /// What was wanted.
        peak_rps: f64,
        /// Of how many.
        skus: u64,
        /// What one takes.
        sku_rps: f64,
    },
}
