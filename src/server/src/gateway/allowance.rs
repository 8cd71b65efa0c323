//! What a client may ask: its own quota, and with all who are behind its address a share so many times as wide. A session or
//! an API key is whatever the client says; its address is not. It knows no headers, and answers nobody.

use std::num::NonZeroU32;

use admission::quota::Verdict;
use admission::{Client, Nanos, Quota, Quotas};

use crate::config::Gateway;

/// What clients and addresses may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    client: Quota,
    /// Of an address, for those behind it who are told apart by what they say; none where any number may be there.
    address: Option<Quota>,
}

impl Allowance {
    /// The one of a configuration, if it has one.
    pub fn new(gateway: &Gateway) -> Option<Self> {
        let rate_per_s = NonZeroU32::new(gateway.client_rate_per_s)?;
        let burst = NonZeroU32::new(gateway.client_burst).unwrap_or(rate_per_s);
        let address = NonZeroU32::new(gateway.clients_per_address).map(|clients| Quota {
            rate_per_s: rate_per_s.saturating_mul(clients),
            burst: burst.saturating_mul(clients),
        });
        Some(Self { client: Quota { rate_per_s, burst }, address })
    }

    /// Takes a request of a client out of its quota and out of its address's: the verdict, and of which quota it is. Who is
    /// over its own takes nothing from those beside it.
    pub fn take(&self, quotas: &Quotas, client: Client, address: Client, now: Nanos) -> (Quota, Verdict) {
        let own = (self.client, quotas.take(self.client, client, now));
        let shared = self.address.filter(|_| own.1.is_allowed && client != address);
        let shared = shared.map(|quota| (quota, quotas.take(quota, address, now)));
        shared.filter(|(_, verdict)| !verdict.is_allowed).unwrap_or(own)
    }
}

#[cfg(test)]
mod tests {
    use super::Allowance;
    use crate::config::{Config, Flags};
    use admission::{Client, Nanos, Quotas};
    use std::net::Ipv4Addr;

    const NOW: Nanos = Nanos::from_secs(1);

    fn allowance(clients_per_address: &str) -> Allowance {
        let env = [("CLIENT_RATE_PER_S", "2"), ("CLIENTS_PER_ADDRESS", clients_per_address)];
        let env = env.map(|(name, value)| (format!("TIDEGATE_GATEWAY__{name}"), value.to_owned()));
        let config = Config::load(None, env.into_iter(), Flags::default()).expect("it is valid");
        Allowance::new(&config.gateway).expect("there is a quota")
    }

    /// How many of a hundred requests come in, each by a session of its own, all from one address.
    fn come_in(allowance: Allowance, quotas: &Quotas) -> usize {
        let address = Client::at(Ipv4Addr::LOCALHOST.into());
        let session = |number: u32| Client::with_session([1, 2], &number.to_le_bytes());
        let asked = (0..100).map(|number| allowance.take(quotas, session(number), address, NOW));
        asked.filter(|(_, verdict)| verdict.is_allowed).count()
    }

    #[test]
    fn who_makes_up_sessions_is_bounded_by_his_address() {
        assert_eq!(come_in(allowance("10"), &Quotas::new(1_024, [1, 2])), 20);
        assert_eq!(come_in(allowance("0"), &Quotas::new(1_024, [1, 2])), 100, "any number may be behind an address");
    }

    #[test]
    fn a_greedy_session_takes_nothing_from_others_behind_its_address() {
        let (allowance, quotas) = (allowance("10"), Quotas::new(1_024, [1, 2]));
        let address = Client::at(Ipv4Addr::LOCALHOST.into());
        let greedy = Client::with_session([1, 2], b"greedy");
        for _ in 0..100 {
            allowance.take(&quotas, greedy, address, NOW);
        }
        assert_eq!(come_in(allowance, &quotas), 18);
    }

    #[test]
    fn who_is_only_an_address_has_one_quota() {
        let (allowance, quotas) = (allowance("10"), Quotas::new(1_024, [1, 2]));
        let address = Client::at(Ipv4Addr::LOCALHOST.into());
        let asked = (0..100).map(|_| allowance.take(&quotas, address, address, NOW));
        assert_eq!(asked.filter(|(_, verdict)| verdict.is_allowed).count(), 2);
    }
}
