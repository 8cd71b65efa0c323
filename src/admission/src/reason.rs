//! Why a request was refused, in one word that is the same in the answer, the metric's label and the log.
//! Must not know statuses or headers: who answers maps the word.

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A bounded queue had no place left.
    QueueFull,
    /// It had waited too long already while queues were standing.
    QueueDelay,
    /// Its priority is beyond the admitted level.
    Level,
    /// The upstream has as many calls as it can take.
    UpstreamLimit,
    /// The upstream fails, and is left alone for a while.
    BreakerOpen,
    /// This client asks more than its quota.
    ClientQuota,
    /// Its route is switched off at the present brownout level.
    Brownout,
    /// The listener is about to stop.
    Draining,
    /// There is no room on disk to take on more.
    StorageFull,
    /// The listener has as many connections as it may.
    TooManyConnections,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::QueueFull,
        Self::QueueDelay,
        Self::Level,
        Self::UpstreamLimit,
        Self::BreakerOpen,
        Self::ClientQuota,
        Self::Brownout,
        Self::Draining,
        Self::StorageFull,
        Self::TooManyConnections,
    ];

    /// The reason's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::QueueDelay => "queue_delay",
            Self::Level => "level",
            Self::UpstreamLimit => "upstream_limit",
            Self::BreakerOpen => "breaker_open",
            Self::ClientQuota => "client_quota",
            Self::Brownout => "brownout",
            Self::Draining => "draining",
            Self::StorageFull => "storage_full",
            Self::TooManyConnections => "too_many_connections",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_contract() {
        let words = Reason::ALL.map(Reason::word).join(" ");
        assert_eq!(
            words,
            "queue_full queue_delay level upstream_limit breaker_open client_quota brownout draining storage_full \
             too_many_connections"
        );
    }
}
