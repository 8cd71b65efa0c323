//! Which path and method lead where. It does not read bodies, and knows the names in a path only
//! as text.

use hyper::Method;

use crate::http::{Code, Problem, Segments};

/// What can be asked of the api.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Reserve under an id that the server makes.
    Reserve,
    /// Reserve under an id that the caller chose.
    ReserveAs,
    /// Look a reservation up.
    Reservation,
    /// List reservations.
    Reservations,
    /// Make a hold final.
    Confirm,
    /// Give a hold back.
    Release,
    /// Move a hold's deadline.
    Extend,
    /// Keep a hold while a capture is under way.
    PaymentStarted,
    /// Give a confirmed reservation back.
    Cancel,
    /// Ship a confirmed reservation.
    Fulfil,
    /// Look a SKU up.
    Sku,
    /// What moved a SKU's balances.
    SkuHistory,
    /// Look several SKUs up.
    Skus,
    /// Write a SKU's settings.
    SetSku,
    /// Forget a SKU.
    DeleteSku,
    /// Write a location's figures.
    SetStock,
    /// Change on-hand by a difference.
    Adjust,
    /// Look a sale up.
    Sale,
    /// Write a sale's settings.
    SetSale,
    /// Write many locations' figures.
    Import,
    /// Follow what happens.
    Events,
    /// Carry out many verbs.
    Batch,
    /// The contract for machines.
    OpenApi,
    /// The contract for people.
    Docs,
}

impl Endpoint {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Reserve,
        Self::ReserveAs,
        Self::Reservation,
        Self::Reservations,
        Self::Confirm,
        Self::Release,
        Self::Extend,
        Self::PaymentStarted,
        Self::Cancel,
        Self::Fulfil,
        Self::Sku,
        Self::SkuHistory,
        Self::Skus,
        Self::SetSku,
        Self::DeleteSku,
        Self::SetStock,
        Self::Adjust,
        Self::Sale,
        Self::SetSale,
        Self::Import,
        Self::Events,
        Self::Batch,
        Self::OpenApi,
        Self::Docs,
    ];

    /// The method.
    pub const fn method(self) -> Method {
        match self {
            Self::Reserve
            | Self::Confirm
            | Self::Release
            | Self::Extend
            | Self::PaymentStarted
            | Self::Cancel
            | Self::Fulfil
            | Self::Adjust
            | Self::Import
            | Self::Batch => Method::POST,
            Self::ReserveAs | Self::SetStock | Self::SetSku | Self::SetSale => Method::PUT,
            Self::Reservation
            | Self::Reservations
            | Self::Sku
            | Self::SkuHistory
            | Self::Skus
            | Self::Sale
            | Self::Events
            | Self::OpenApi
            | Self::Docs => Method::GET,
            Self::DeleteSku => Method::DELETE,
        }
    }

    /// Whether anything may follow a question mark.
    pub const fn takes_query(self) -> bool {
        matches!(self, Self::Reservations | Self::Sku | Self::SkuHistory | Self::Skus | Self::Events)
    }

    /// The word for metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::ReserveAs => "reserve_as",
            Self::Reservation => "reservation",
            Self::Reservations => "reservations",
            Self::Confirm => "confirm",
            Self::Release => "release",
            Self::Extend => "extend",
            Self::PaymentStarted => "payment_started",
            Self::Cancel => "cancel",
            Self::Fulfil => "fulfil",
            Self::Sku => "sku",
            Self::SkuHistory => "sku_history",
            Self::Skus => "skus",
            Self::SetSku => "set_sku",
            Self::DeleteSku => "delete_sku",
            Self::SetStock => "set_stock",
            Self::Adjust => "adjust",
            Self::Sale => "sale",
            Self::SetSale => "set_sale",
            Self::Import => "import",
            Self::Events => "events",
            Self::Batch => "batch",
            Self::OpenApi => "openapi",
            Self::Docs => "docs",
        }
    }

    /// The path, with its names in braces.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Reserve | Self::Reservations => "/v1/reservations",
            Self::ReserveAs | Self::Reservation => "/v1/reservations/{id}",
            Self::Confirm => "/v1/reservations/{id}/confirm",
            Self::Release => "/v1/reservations/{id}/release",
            Self::Extend => "/v1/reservations/{id}/extend",
            Self::PaymentStarted => "/v1/reservations/{id}/payment-started",
            Self::Cancel => "/v1/reservations/{id}/cancel",
            Self::Fulfil => "/v1/reservations/{id}/fulfil",
            Self::Skus => "/v1/skus",
            Self::Sku | Self::SetSku | Self::DeleteSku => "/v1/skus/{sku}",
            Self::SkuHistory => "/v1/skus/{sku}/history",
            Self::SetStock => "/v1/skus/{sku}/locations/{location}",
            Self::Adjust => "/v1/skus/{sku}/locations/{location}/adjust",
            Self::Sale | Self::SetSale => "/v1/sales/{sale}",
            Self::Import => "/v1/stock/import",
            Self::Events => "/v1/events",
            Self::Batch => "/v1/batch",
            Self::OpenApi => "/openapi.json",
            Self::Docs => "/docs",
        }
    }
}

/// Where a request goes, with the names in its path, still percent-encoded.
#[derive(Debug, Clone, Copy)]
pub struct Target<'p> {
    /// What is asked.
    pub endpoint: Endpoint,
    /// The reservation, the SKU or the sale.
    pub name: &'p str,
    /// The location.
    pub location: &'p str,
}

/// Finds the way of a request.
pub fn find<'p>(method: &Method, path: &'p str) -> Result<Target<'p>, Problem> {
    let not_found = || Problem::new(Code::NotFound, "no such path: see /docs");
    let segments = Segments::of(path).ok_or_else(not_found)?;
    let (endpoints, name, location) = under(segments.as_slice()).ok_or_else(not_found)?;
    match endpoints.iter().find(|endpoint| endpoint.method() == *method) {
        Some(&endpoint) => Ok(Target { endpoint, name, location }),
        None => Err(method_not_allowed(endpoints)),
    }
}

/// What a path leads to, one endpoint a method, and the names in it.
fn under<'p>(segments: &[&'p str]) -> Option<(&'static [Endpoint], &'p str, &'p str)> {
    let rest = match segments {
        ["v1", rest @ ..] => rest,
        ["openapi.json"] => return Some((&[Endpoint::OpenApi], "", "")),
        ["docs"] => return Some((&[Endpoint::Docs], "", "")),
        _ => return None,
    };
    Some(match rest {
        ["reservations"] => (&[Endpoint::Reserve, Endpoint::Reservations], "", ""),
        ["reservations", id] => (&[Endpoint::ReserveAs, Endpoint::Reservation], *id, ""),
        ["reservations", id, "confirm"] => (&[Endpoint::Confirm], *id, ""),
        ["reservations", id, "release"] => (&[Endpoint::Release], *id, ""),
        ["reservations", id, "extend"] => (&[Endpoint::Extend], *id, ""),
        ["reservations", id, "payment-started"] => (&[Endpoint::PaymentStarted], *id, ""),
        ["reservations", id, "cancel"] => (&[Endpoint::Cancel], *id, ""),
        ["reservations", id, "fulfil"] => (&[Endpoint::Fulfil], *id, ""),
        ["skus"] => (&[Endpoint::Skus], "", ""),
        ["skus", sku] => (&[Endpoint::Sku, Endpoint::SetSku, Endpoint::DeleteSku], *sku, ""),
        ["skus", sku, "history"] => (&[Endpoint::SkuHistory], *sku, ""),
        ["skus", sku, "locations", location] => (&[Endpoint::SetStock], *sku, *location),
        ["skus", sku, "locations", location, "adjust"] => (&[Endpoint::Adjust], *sku, *location),
        ["sales", sale] => (&[Endpoint::Sale, Endpoint::SetSale], *sale, ""),
        ["batch"] => (&[Endpoint::Batch], "", ""),
        ["stock", "import"] => (&[Endpoint::Import], "", ""),
        ["events"] => (&[Endpoint::Events], "", ""),
        _ => return None,
    })
}

fn method_not_allowed(endpoints: &[Endpoint]) -> Problem {
    let methods: Vec<_> = endpoints.iter().map(|endpoint| endpoint.method().to_string()).collect();
    Problem::method_not_allowed(&methods.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, find};
    use hyper::Method;

    #[test]
    fn all_lists_every_endpoint_where_its_number_says() {
        assert!(Endpoint::ALL.iter().enumerate().all(|(index, endpoint)| *endpoint as usize == index));
        // A new last endpoint must be added to the list as well.
        assert_eq!(Endpoint::ALL.len(), Endpoint::Docs as usize + 1);
    }

    #[test]
    fn every_endpoint_is_found_at_its_path_and_words_are_its_own() {
        for endpoint in Endpoint::ALL {
            let target = find(&endpoint.method(), endpoint.path()).expect("a path of ours");
            assert_eq!(target.endpoint, *endpoint);
            let names = [target.name, target.location].into_iter().filter(|name| !name.is_empty());
            assert_eq!(names.count(), endpoint.path().matches('{').count(), "{endpoint:?}");
            assert_eq!(Endpoint::ALL.iter().filter(|other| other.word() == endpoint.word()).count(), 1);
        }
    }

    #[test]
    fn a_path_leads_to_its_endpoint_with_its_names() {
        let target = find(&Method::POST, "/v1/skus/A%3A1/locations/east/adjust").expect("a path of ours");
        assert_eq!((target.endpoint, target.name, target.location), (Endpoint::Adjust, "A%3A1", "east"));
        let target = find(&Method::GET, "/v1/reservations/r1").expect("a path of ours");
        assert_eq!((target.endpoint, target.name), (Endpoint::Reservation, "r1"));
        for path in ["", "/", "/v1", "/v1/", "/v1/skus/A/", "/v1/skus/A/locations", "/v1//reservations", "/V1/skus"] {
            assert!(find(&Method::GET, path).is_err(), "{path}");
        }
    }
}
