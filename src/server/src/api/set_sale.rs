//! `PUT /v1/sales/{sale}`: replace a sale's settings.

use engine::Request;
use ledger::{Command, Drop, MAX_DROPS, MAX_QUANTITY, MAX_SALE_SKUS, Millis, SaleId, SaleSettings, Sku};
use serde::Deserialize;

use super::fields::{Count, Figure, Name, Object, Whole, units};
use super::lists::{Quotas, distinct};
use super::{Call, answer, input, sale};
use crate::http::{Problem, Reply, RequestBody};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    starts_ms: Option<Count>,
    ends_ms: Option<Count>,
    skus: Vec<Name<Sku>>,
    quota: Option<Figure>,
    max_per_customer: Option<Figure>,
    channel_quotas: Option<Quotas>,
    drops: Option<Vec<Object<DropFields>>>,
    close_when_sold_out: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DropFields {
    at_ms: Count,
    quota: Whole<1, { MAX_QUANTITY as i64 }>,
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
