//! `PUT /v1/skus/{sku}`: replace a SKU's settings.

use engine::Request;
use ledger::{Command, Location, MAX_LOCATIONS, Millis, SkuSettings};
use serde::Deserialize;

use super::fields::{Figure, Name, Ttl, units};
use super::lists::{Quotas, distinct};
use super::{Call, answer, input, stock};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    max_per_customer: Option<Figure>,
    max_per_order: Option<Figure>,
    channel_quotas: Option<Quotas>,
    default_ttl_ms: Option<Ttl>,
    sale_only: Option<bool>,
    location_order: Option<Vec<Name<Location>>>,
}

/// Creates the SKU as needed; a setting left out is none from now on.
pub async fn put(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let sku: ledger::Sku = input::path_name(call.target.name, "/path/sku")?;
    let bytes = input::read_json(call, body).await?;
    let settings = input::parse::<Body>(&bytes)?.settings(call.api.max_hold)?;
    let command = Command::SetSku(sku.clone(), settings);
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)?;
    stock::current(call, sku).await
}

impl Body {
    fn settings(self, max_hold: Millis) -> Result<SkuSettings, Problem> {
        let default_ttl = self.default_ttl_ms.map(Ttl::millis);
        if default_ttl.is_some_and(|ttl| ttl > max_hold) {
            return Err(Problem::invalid("/default_ttl_ms", format!("must be at most {} milliseconds", max_hold.0)));
        }
        Ok(SkuSettings {
            max_per_customer: units(self.max_per_customer),
            max_per_order: units(self.max_per_order),
            channel_quotas: self.channel_quotas.unwrap_or_default().0,
            default_ttl,
            sale_only: self.sale_only.unwrap_or_default(),
            location_order: distinct(self.location_order.unwrap_or_default(), 0..=MAX_LOCATIONS, "/location_order")?,
        })
    }
}
