//! How the gateway goes over to other rules while it serves: they are made ready beside those in force, and swapped as a
//! whole. A request goes by the rules that it began with; what it holds of an upstream that is gone, it gives back there.

use std::net::SocketAddr;
use std::sync::Arc;

use admission::Brownout;

use super::Shared;
use super::rules::{Rules, Target};
use super::tend::look_up;
use crate::config::Config;

/// Rules that are ready, and not in force.
pub struct Draft {
    rules: Rules,
    addresses: Vec<(Arc<Target>, Vec<SocketAddr>)>,
}

impl Shared {
    /// Makes rules for another configuration ready, or says which field cannot be and why. What upstream is new, or is
    /// elsewhere, is looked up first; what cannot be is looked up again once the rules are in force.
    pub async fn draft(&self, config: &Config) -> Result<Draft, String> {
        let in_force = self.rules.load_full();
        let rules = Rules::new(config, Some(&in_force), self.clock, self.secret)?;
        let is_known = |target: &Target| {
            let same = |other: &Arc<Target>| Arc::ptr_eq(&other.upstream, &target.upstream);
            in_force
                .targets
                .iter()
                .find(|other| same(other))
                .is_some_and(|other| other.authorities == target.authorities)
        };
        let unknown = rules.targets.iter().filter(|target| !is_known(target)).cloned();
        let looking: Vec<_> = unknown.map(|target| tokio::spawn(async { (look_up(&target).await, target) })).collect();
        let mut addresses = Vec::new();
        for looked in looking {
            let (found, target) = looked.await.expect("a panic there ends the process");
            addresses.push((target, found));
        }
        Ok(Draft { rules, addresses })
    }

    /// Whether the rules in force have this target: whoever was replaced says nothing any more.
    pub(super) fn goes_by(&self, target: &Arc<Target>) -> bool {
        self.rules.load().targets.iter().any(|other| Arc::ptr_eq(other, target))
    }

    /// Puts a draft in force.
    pub fn put(&self, draft: Draft) {
        for (target, addresses) in &draft.addresses {
            target.upstream.set_addresses(addresses);
        }
        self.rules.store(Arc::new(draft.rules));
    }

    /// How much of what is optional is switched off.
    pub fn brownout(&self) -> &Brownout {
        self.gate.brownout()
    }
}
