//! Reads what the server has of each SKU, before and after the day, and compares it with the client's books.
//! It must not explain a difference: any is a defect of the server or of the books.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::books::{Books, Figures};
use super::client::{Call, Client};
use super::drive::LOCATION;
use crate::Error;

/// The contract's limit of SKUs a read.
const MOST_IDS: usize = 1000;

/// A SKU on which books and server do not agree.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The SKU, escaped.
    pub sku: String,
    /// What the answers add up to.
    pub booked: Figures,
    /// What the server says; nothing when it does not know the SKU.
    pub found: Option<Figures>,
}

impl Difference {
    /// Units by which on-hand, held, allocated or available is off, whichever is furthest; at least 1.
    pub fn units(&self) -> u64 {
        let found = self.found.unwrap_or_default();
        [
            self.booked.on_hand.abs_diff(found.on_hand),
            self.booked.held.abs_diff(found.held),
            self.booked.allocated.abs_diff(found.allocated),
            self.booked.available.abs_diff(found.available),
        ]
        .into_iter()
        .fold(1, u64::max)
    }
}

/// Every SKU whose figures differ from those of the books.
pub fn differences(books: &Books, found: &BTreeMap<String, Figures>) -> Vec<Difference> {
    books
        .figures()
        .map(|(sku, booked)| Difference { sku: sku.to_owned(), booked, found: found.get(sku).copied() })
        .filter(|difference| difference.found != Some(difference.booked))
        .collect()
}

/// The server's figures of these SKUs; those it does not know are left out.
pub async fn fetch(client: &mut Client, skus: &[&str]) -> Result<BTreeMap<String, Figures>, Error> {
    #[derive(Deserialize)]
    struct Skus {
        skus: Vec<Sku>,
    }
    #[derive(Deserialize)]
    struct Sku {
        sku: String,
        locations: Vec<Location>,
    }
    #[derive(Deserialize)]
    struct Location {
        location: String,
        #[serde(flatten)]
        figures: Figures,
    }

    let mut found = BTreeMap::new();
    for ids in skus.chunks(MOST_IDS) {
        let answer = client.send(&Call::get(format!("/v1/skus?ids={}", ids.join(",")))).await?;
        for sku in answer.read::<Skus>("read the stock")?.skus {
            if let Some(location) = sku.locations.into_iter().find(|location| location.location == LOCATION) {
                found.insert(sku.sku, location.figures);
            }
        }
    }
    Ok(found)
}
