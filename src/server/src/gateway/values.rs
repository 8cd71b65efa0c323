//! Header values written for one request, in memory that they share: one piece of it instead of one each. It knows which
//! texts there are, and not when they are sent.

use std::fmt::Write;
use std::net::IpAddr;

use admission::Random;
use bytes::{BufMut, BytesMut};
use hyper::header::HeaderValue;

/// What all values of a request take, nearly always.
const BYTES: usize = 256;

/// Memory for values.
#[derive(Debug)]
pub struct Values(BytesMut);

impl Default for Values {
    fn default() -> Self {
        Self(BytesMut::with_capacity(BYTES))
    }
}

impl Values {
    /// A number.
    pub fn number(&mut self, number: u64) -> HeaderValue {
        self.0.put_slice(itoa::Buffer::new().format(number).as_bytes());
        self.take()
    }

    /// An address.
    pub fn address(&mut self, address: IpAddr) -> HeaderValue {
        self.put_address(address);
        self.take()
    }

    /// Who asked for which host (RFC 7239).
    pub fn forwarded(&mut self, peer: IpAddr, host: Option<&HeaderValue>) -> HeaderValue {
        self.0.put_slice(b"for=");
        if peer.is_ipv4() {
            self.put_address(peer);
        } else {
            self.0.put_slice(b"\"[");
            self.put_address(peer);
            self.0.put_slice(b"]\"");
        }
        self.0.put_slice(b";proto=http");
        if let Some(host) = host.and_then(|host| host.to_str().ok()).filter(|host| !host.contains(['"', '\\'])) {
            self.0.put_slice(b";host=\"");
            self.0.put_slice(host.as_bytes());
            self.0.put_slice(b"\"");
        }
        self.take()
    }

    /// A request's id.
    pub fn request_id(&mut self, [high, low, ..]: [Random; 4]) -> HeaderValue {
        self.put_hex(high.0);
        self.put_hex(low.0);
        self.take()
    }

    /// The beginning of a trace (W3C Trace Context, version 00).
    pub fn trace_parent(&mut self, random: [Random; 4]) -> HeaderValue {
        // The ids must not be 0; the flag says that nobody has decided to record it.
        let [trace_high, trace_low, span, _] = random.map(|random| random.0 | 1);
        self.0.put_slice(b"00-");
        self.put_hex(trace_high);
        self.put_hex(trace_low);
        self.0.put_slice(b"-");
        self.put_hex(span);
        self.0.put_slice(b"-00");
        self.take()
    }

    fn put_address(&mut self, address: IpAddr) {
        let IpAddr::V4(address) = address else {
            // Writing to memory that grows cannot fail.
            let _ = write!(self.0, "{address}");
            return;
        };
        for (index, part) in address.octets().into_iter().enumerate() {
            if index > 0 {
                self.0.put_u8(b'.');
            }
            self.0.put_slice(itoa::Buffer::new().format(part).as_bytes());
        }
    }

    fn put_hex(&mut self, number: u64) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits =
            number.to_be_bytes().map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        self.0.put_slice(digits.as_flattened_mut());
    }

    /// What was written since the last one.
    fn take(&mut self) -> HeaderValue {
        HeaderValue::from_maybe_shared(self.0.split().freeze()).expect("letters, digits, marks and a host are a value")
    }
}
