//! `PUT /v1/sales/{sale}`: replace a sale's settings.

use engine::Request;
use ledger::{Command, Drop, MAX_DROPS, MAX_SALE_SKUS, Millis, SaleId, SaleSettings, Sku};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Count, Figure, Name, Object, Units, units};
use super::lists::{Quotas, distinct};
use super::{Call, answer, input, sale};
use crate::http::{Problem, Reply, RequestBody};

/// A sale's settings; one that is left out is none from now on.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SetSale")]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// When it begins, in milliseconds since the Unix epoch.
    starts_ms: Option<Count>,
    /// When it ends: later than it begins.
    ends_ms: Option<Count>,
    /// The SKUs that it sells; each must be known.
    #[schemars(length(min = 1, max = MAX_SALE_SKUS), extend("uniqueItems" = true))]
    skus: Vec<Name<Sku>>,
    /// Units that it sells in all.
    quota: Option<Figure>,
    /// Units that one customer may have of it.
    max_per_customer: Option<Figure>,
    /// Units that may go through each channel.
    channel_quotas: Option<Quotas>,
    /// What becomes available when, each later than the one before; their sum so far is the quota in force.
    #[schemars(length(max = MAX_DROPS))]
    drops: Option<Vec<Object<DropFields>>>,
    /// Whether it ends with its last unit; needs `quota` or `drops`.
    close_when_sold_out: Option<bool>,
}

/// Units of a sale that become available at an instant.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Drop")]
#[serde(deny_unknown_fields)]
pub struct DropFields {
    /// When, in milliseconds since the Unix epoch.
    at_ms: Count,
    /// Units.
    quota: Units,
}

/// Creates the sale as needed; a setting left out is none from now on.
pub async fn put(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    let id: SaleId = input::path_name(call.target.name, "/path/sale")?;
    let bytes = input::read_json(call, body).await?;
    let settings = input::parse::<Body>(&bytes)?.settings()?;
    let command = Command::SetSale(id.clone(), settings);
    answer::reply(call.api.desk.ask(call.engine, Request::Command(command)).await)?;
    sale::current(call, id).await
}

impl Body {
    fn settings(self) -> Result<SaleSettings, Problem> {
        let (starts, ends) = (millis(self.starts_ms), millis(self.ends_ms));
        if starts.zip(ends).is_some_and(|(starts, ends)| ends <= starts) {
            return Err(Problem::invalid("/ends_ms", "must be later than `starts_ms`"));
        }
        let mut skus = distinct(self.skus, 1..=MAX_SALE_SKUS, "/skus")?;
        skus.sort_unstable();
        let drops = drops(&self.drops.unwrap_or_default())?;
        let quota = units(self.quota);
        let close_when_sold_out = self.close_when_sold_out.unwrap_or_default();
        if close_when_sold_out && quota.is_none() && drops.is_empty() {
            return Err(Problem::invalid("/close_when_sold_out", "needs `quota` or `drops`"));
        }
        Ok(SaleSettings {
            starts,
            ends,
            skus,
            quota,
            max_per_customer: units(self.max_per_customer),
            channel_quotas: self.channel_quotas.unwrap_or_default().0,
            drops,
            close_when_sold_out,
        })
    }
}

/// Each later than the one before, so that their order says what came when.
fn drops(fields: &[Object<DropFields>]) -> Result<Vec<Drop>, Problem> {
    if fields.len() > MAX_DROPS {
        return Err(Problem::invalid("/drops", format!("must have at most {MAX_DROPS} entries")));
    }
    let mut drops: Vec<Drop> = Vec::with_capacity(fields.len());
    for (index, Object(DropFields { at_ms, quota })) in fields.iter().enumerate() {
        let at = Millis(at_ms.get());
        if drops.last().is_some_and(|before| at <= before.at) {
            let detail = "must be later than the one before: put drops of the same time together";
            return Err(Problem::invalid(&format!("/drops/{index}/at_ms"), detail));
        }
        // A quantity's range fits.
        drops.push(Drop { at, quota: quota.0 as u32 });
    }
    Ok(drops)
}

fn millis(field: Option<Count>) -> Option<Millis> {
    field.map(|at| Millis(at.get()))
}
