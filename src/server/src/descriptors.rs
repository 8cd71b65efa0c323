//! How many connections each listener may keep: as configured, where the system has descriptors for all of them, or else
//! its share of those that there are. It opens nothing.

/// Descriptors that connections cannot take: the log must always be able to open its next segment.
const OWN: u64 = 64;

/// Sixteenths of the others. Shoppers are many, backends keep theirs, and calls to upstreams are bounded by their limits.
const API: u64 = 4;
const ADMIN: u64 = 1;
const GATEWAY: u64 = 9;
const STREAMS: u64 = 1;

/// The connections that each listener may keep. With a gateway, what is left is for its calls to upstreams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Of the api.
    pub api: usize,
    /// Of the admin listener.
    pub admin: usize,
    /// Of the gateway.
    pub gateway: usize,
    /// Of streams without an end to upstreams, each of which keeps one.
    pub streams: usize,
}

/// As many for each listener as `configured`, as far as the system allows it.
pub fn allowed(configured: usize, has_gateway: bool) -> Allowed {
    let wanted = 4 * configured as u64 + OWN;
    // Where the limit cannot be raised, it is what it was.
    let limit = rlimit::increase_nofile_limit(wanted).unwrap_or(4 * OWN);
    let allowed = shares(configured, limit, has_gateway);
    let Allowed { api, admin, gateway, .. } = allowed;
    if api < configured || (has_gateway && gateway < configured) {
        let detail = "few file descriptors: raise `ulimit -n`, or lower http.max_connections";
        tracing::warn!(limit, wanted, api, admin, gateway, "{detail}");
    }
    allowed
}

fn shares(configured: usize, limit: u64, has_gateway: bool) -> Allowed {
    let free = limit.saturating_sub(OWN);
    let share = |sixteenths: u64| ((free * sixteenths / 16) as usize).clamp(1, configured);
    let api = if has_gateway { API } else { 16 - ADMIN };
    Allowed { api: share(api), admin: share(ADMIN), gateway: share(GATEWAY), streams: share(STREAMS) }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, OWN, shares};

    #[test]
    fn where_there_are_enough_each_has_what_is_configured() {
        let all = Allowed { api: 100, admin: 100, gateway: 100, streams: 100 };
        assert_eq!([true, false].map(|gateway| shares(100, 16 * 100 + OWN, gateway)), [all, all]);
    }

    #[test]
    fn where_there_are_few_they_are_shared_and_some_are_left() {
        let Allowed { api, admin, gateway, streams } = shares(16_384, 20_000, true);
        assert_eq!((api, admin, gateway, streams), (4_984, 1_246, 11_214, 1_246));
        assert!(20_000 - OWN as usize - api - admin - gateway - streams > 1_200, "for calls to upstreams");
        let alone = shares(16_384, 16_000, false);
        assert_eq!((alone.api, alone.admin), (14_940, 996));
        assert_eq!(shares(5, 0, true), Allowed { api: 1, admin: 1, gateway: 1, streams: 1 });
    }
}
