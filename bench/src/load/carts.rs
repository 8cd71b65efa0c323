//! Tidegate with three-line carts: plain, or in a sale of ten SKUs with limits per customer, each request another one.
//! Beside the plain one-line load they say what carts, sales and limits cost.

use std::net::SocketAddr;

use super::http::{answer, put, set, stock_sku};
use super::{Answer, ID_PLACEHOLDER, Request, TTL_MS, Target};
use crate::Error;

const SKUS: usize = 10;
const LINES: usize = 3;
const SALE: &str = "LOAD-SALE";

/// Which carts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carts {
    /// No sale and no limit.
    Plain,
    /// In a sale with a quota, every SKU and the sale with a limit per customer.
    InSale,
}

impl Carts {
    /// Each kind has SKUs of its own: limits set for one do not bind the other.
    fn sku(self, number: usize) -> String {
        match self {
            Self::Plain => format!("CART-{number}"),
            Self::InSale => format!("SALE-{number}"),
        }
    }

    fn skus(self) -> impl Iterator<Item = String> {
        (0..SKUS).map(move |number| self.sku(number))
    }
}

impl Target for Carts {
    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error> {
        for sku in self.skus() {
            stock_sku(address, &sku)?;
            if *self == Self::InSale {
                set(address, &format!("/v1/skus/{sku}"), r#"{"max_per_customer":3}"#, "limit a hot SKU")?;
            }
        }
        if *self == Self::Plain {
            return Ok(());
        }
        let skus: Vec<_> = self.skus().collect();
        let sale = serde_json::json!({"skus": skus, "quota": 1_000_000_000, "max_per_customer": 9});
        set(address, &format!("/v1/sales/{SALE}"), &sale.to_string(), "open a sale")
    }

    fn request(&self, connection: usize) -> Request {
        // Three of the ten, other ones on each connection.
        let line = |line: usize| {
            let sku = self.sku((connection + 3 * line) % SKUS);
            format!(r#"{{"sku":"{sku}","quantity":1}}"#)
        };
        let lines: Vec<_> = (0..LINES).map(line).collect();
        let sale = if *self == Self::InSale { format!(r#","sale":"{SALE}""#) } else { String::new() };
        let body =
            format!(r#"{{"customer":"c-{ID_PLACEHOLDER}"{sale},"ttl_ms":{TTL_MS},"lines":[{}]}}"#, lines.join(","));
        Request::new(put(&format!("/v1/reservations/{ID_PLACEHOLDER}"), &body))
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        answer(received).map(|(status, length)| Answer { length, expected: status == 201 })
    }
}
