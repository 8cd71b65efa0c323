//! Who is asking: an IPv4 address, an IPv6 network, a session, or an API key. Addresses can be read back, so that an
//! operator sees whom to block; secrets are hashed and cannot be.
//! Must not know headers: who the client is behind trusted hops is found out by the listener.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use siphasher::sip::SipHasher13;

/// A client, as quotas know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    kind: Kind,
    /// The address, the upper half of the address, or a hash.
    value: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    V4,
    V6,
    Session,
    ApiKey,
}

impl Client {
    /// The client at an address: of IPv6 the network of 64 bits, because who has one has all addresses in it.
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self { kind: Kind::V4, value: u64::from(address.to_bits()) },
            IpAddr::V6(address) => Self { kind: Kind::V6, value: (address.to_bits() >> 64) as u64 },
        }
    }

    /// The client with this session; `key` is the process's secret.
    pub fn with_session(key: [u64; 2], session: &[u8]) -> Self {
        Self { kind: Kind::Session, value: hash(key, session) }
    }

    /// The client with this API key; `key` is the process's secret.
    pub fn with_api_key(key: [u64; 2], api_key: &[u8]) -> Self {
        Self { kind: Kind::ApiKey, value: hash(key, api_key) }
    }

    /// The same for equal clients only: what cohorts and tables hash.
    pub fn to_bytes(self) -> [u8; 9] {
        let mut bytes = [self.kind as u8; 9];
        bytes[1..].copy_from_slice(&self.value.to_le_bytes());
        bytes
    }
}

fn hash(key: [u64; 2], bytes: &[u8]) -> u64 {
    SipHasher13::new_with_keys(key[0], key[1]).hash(bytes)
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::V4 => Ipv4Addr::from_bits(self.value as u32).fmt(f),
            Kind::V6 => write!(f, "{}/64", Ipv6Addr::from_bits(u128::from(self.value) << 64)),
            Kind::Session => write!(f, "session:{:016x}", self.value),
            Kind::ApiKey => write!(f, "api-key:{:016x}", self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    #[test]
    fn all_of_an_ipv6_network_is_one_client() {
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }

    #[test]
    fn an_ipv4_address_is_the_same_client_however_it_is_written() {
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("::192.0.2.1"), at("192.0.2.1"));
    }

    #[test]
    fn addresses_are_shown_and_secrets_are_not() {
        assert_eq!(at("192.0.2.1").to_string(), "192.0.2.1");
        assert_eq!(at("2001:db8:1:2::7").to_string(), "2001:db8:1:2::/64");
        let session = Client::with_session([1, 2], b"secret").to_string();
        assert!(session.starts_with("session:") && !session.contains("secret"));
        assert_ne!(session, Client::with_session([1, 3], b"secret").to_string());
    }

    #[test]
    fn the_same_bytes_in_another_role_are_another_client() {
        let (session, api_key) = (Client::with_session([1, 2], b"a"), Client::with_api_key([1, 2], b"a"));
        assert_ne!(session, api_key);
        assert_ne!(session.to_bytes(), api_key.to_bytes());
        assert_ne!(at("0.0.0.1").to_bytes(), at("0:0:0:1::").to_bytes());
    }
}
