//! A client quota that is only tried: each client has a bucket of its own for it, and what it would have refused is counted.
//! Nothing is refused here.

use std::num::NonZeroU32;
use std::sync::Arc;

use admission::{Client, Nanos, Quota, Quotas};

use crate::config::Gateway;

/// A quota that is tried, with what it knows of clients.
#[derive(Debug)]
pub struct ShadowQuota {
    quota: Quota,
    clients: Arc<Quotas>,
}

impl ShadowQuota {
    /// The one of a configuration, if it has one. What `before` knows of clients goes on; the memory for it is taken when
    /// the first one is tried, and is free again when none is.
    pub fn new(gateway: &Gateway, before: Option<&Self>, secret: [u64; 2]) -> Option<Self> {
        let rate_per_s = NonZeroU32::new(gateway.shadow_client_rate_per_s)?;
        let clients = before
            .map_or_else(|| Arc::new(Quotas::new(gateway.max_clients, secret)), |before| Arc::clone(&before.clients));
        Some(Self { quota: Quota { rate_per_s, burst: rate_per_s }, clients })
    }

    /// Whether a request of this client would be refused.
    pub fn would_refuse(&self, client: Client, now: Nanos) -> bool {
        !self.clients.take(self.quota, client, now).is_allowed
    }
}
