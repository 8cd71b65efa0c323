//! `PUT /v1/skus/{sku}`: replace a SKU's settings.

use engine::Request;
use ledger::{Command, Location, MAX_LOCATIONS, Millis, SkuSettings};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Figure, Name, Ttl, units};
use super::lists::{Quotas, distinct};
use super::{Call, answer, input, stock};
use crate::http::{Problem, Reply, RequestBody};

/// A SKU's settings; one that is left out is none from now on.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SetSku")]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Units that one customer may have.
    max_per_customer: Option<Figure>,
    /// Units that one reservation may have.
    max_per_order: Option<Figure>,
    /// Units that may go through each channel.
    channel_quotas: Option<Quotas>,
    /// How long a reservation holds that does not say: at most `engine.max_hold_ms`.
    default_ttl_ms: Option<Ttl>,
    /// Whether it can be reserved in a sale only.
    sale_only: Option<bool>,
    /// Which location serves first; those that are not named come last.
    #[schemars(length(max = MAX_LOCATIONS), extend("uniqueItems" = true))]
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
