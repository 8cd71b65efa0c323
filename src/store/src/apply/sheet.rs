//! What a batch of records comes to, before it is written: one part for each kind of row. It knows
//! which row goes where, and the history that each record leaves.

use super::adjustments::Adjustments;
use super::buckets::{Bucket, Buckets};
use super::reservations::Reservations;
use super::sales::Sales;
use super::settings::Settings;
use crate::keys::{Parts, sale_row, sku_row};
use crate::rows::{self, Writer};
use crate::view::View;
use crate::{StoreError, keys};
use engine::{Lsn, Recorded};
use ledger::{
    Digester, Event, EventKind, LimitAfter, Location, Owner, Row, SaleChange, Sku, SkuChange, SkuSettings, StockAfter,
};
use rocksdb::WriteBatch;

pub(super) struct Sheet<'r, 'v> {
    view: &'v View<'v>,
    skus: Buckets<'r>,
    sales: Buckets<'r>,
    settings: Settings<'r>,
    campaigns: Sales<'r>,
    reservations: Reservations<'r>,
    adjustments: Adjustments<'r>,
    out: Out,
}

/// What is written, and what it changes of the digest.
#[derive(Default)]
pub(super) struct Out {
    pub(super) batch: WriteBatch,
    pub(super) change: u64,
    pub(super) writer: Writer,
    pub(super) digester: Digester,
}

impl Out {
    /// Notes the hashes of a row before and after.
    pub(super) fn count(&mut self, before: Option<u64>, after: u64) {
        self.change = self.change.wrapping_sub(before.unwrap_or_default()).wrapping_add(after);
    }
}

impl<'r, 'v> Sheet<'r, 'v> {
    pub(super) fn new(view: &'v View<'v>) -> Self {
        Self {
            view,
            skus: Buckets::default(),
            sales: Buckets::default(),
            settings: Settings::default(),
            campaigns: Sales::default(),
            reservations: Reservations::default(),
            adjustments: Adjustments::default(),
            out: Out::default(),
        }
    }

    pub(super) fn put(&mut self, recorded: &'r Recorded) -> Result<(), StoreError> {
        let view = self.view;
        self.out.batch.put_cf(view.columns.events, view.keys.event(recorded.lsn), &recorded.bytes);
        let event = &recorded.event;
        for row in event.rows() {
            match row {
                Row::Stock(after) => self.put_stock(event, recorded.lsn, after)?,
                Row::Limit(after) => self.put_limit(event, after)?,
                Row::Sku(sku, SkuChange::Set(settings)) => self.put_settings(event, sku, settings)?,
                Row::Sku(sku, SkuChange::Deleted) => self.delete_sku(event, recorded.lsn, sku)?,
                Row::Sale(change) => self.put_sale(event, change)?,
                Row::Adjustment(made, at) => self.adjustments.put(view, made, at)?,
                Row::Reservation(reservation) => self.reservations.put(view, recorded, reservation)?,
            }
        }
        Ok(())
    }

    fn put_stock(&mut self, event: &'r Event, lsn: Lsn, after: &'r StockAfter) -> Result<(), StoreError> {
        let (view, out) = (self.view, &mut self.out);
        let moment = view.keys.history_at(&after.sku, &after.row.location).moment(event.at, lsn);
        let row = out.writer.plain(&rows::of_stock(event.kind, event.at, after));
        out.batch.put_cf(view.columns.history, moment, row);
        let key = view.keys.stock(&after.sku, &after.row.location);
        self.skus.put(view, view.columns.skus, key, event, Some(Bucket::Stock(after)))
    }

    fn put_limit(&mut self, event: &'r Event, after: &'r LimitAfter) -> Result<(), StoreError> {
        let view = self.view;
        let key = view.keys.limit(&after.key);
        let (buckets, column, limit_is_set) = match after.key.owner() {
            Owner::Sku(sku) => {
                let settings = self.settings.of(view, sku)?;
                (&mut self.skus, view.columns.skus, settings.is_some_and(|settings| settings.limits(&after.key)))
            }
            Owner::Sale(sale) => {
                let sale = self.campaigns.of(view, sale)?;
                (&mut self.sales, view.columns.sales, sale.is_some_and(|sale| sale.limits(&after.key)))
            }
        };
        let kept = after.taken.kept(limit_is_set);
        let bucket = kept.map(|taken| Bucket::Limit(LimitAfter { key: after.key.clone(), taken }));
        buckets.put(view, column, key, event, bucket)
    }

    fn put_settings(&mut self, event: &'r Event, sku: &'r Sku, settings: &'r SkuSettings) -> Result<(), StoreError> {
        let view = self.view;
        self.settings.put(view, event, sku, Some(settings))?;
        for row in [sku_row::CUSTOMER, sku_row::CHANNEL] {
            let limits = view.keys.sku(sku, row);
            self.skus.keep(view, view.columns.skus, &limits, event, |key| settings.limits(key))?;
        }
        Ok(())
    }

    /// A SKU of the same name would be another one: nothing of it is left but its history, which
    /// says that it ended.
    fn delete_sku(&mut self, event: &'r Event, lsn: Lsn, sku: &'r Sku) -> Result<(), StoreError> {
        let view = self.view;
        self.settings.put(view, event, sku, None)?;
        self.adjustments.delete_sku(view, sku)?;
        for row in [sku_row::CUSTOMER, sku_row::CHANNEL] {
            self.skus.delete(view, view.columns.skus, &view.keys.sku(sku, row), event)?;
        }
        let stock = view.keys.sku(sku, sku_row::STOCK);
        for key in self.skus.delete(view, view.columns.skus, &stock, event)? {
            let location = Parts::behind(key.as_ref(), &stock).name(Location::parse)?;
            let moment = view.keys.history_at(sku, &location).moment(event.at, lsn);
            let row = self.out.writer.plain(&Event::new(EventKind::SkuDeleted, event.at));
            self.out.batch.put_cf(view.columns.history, moment, row);
        }
        Ok(())
    }

    fn put_sale(&mut self, event: &'r Event, change: &'r SaleChange) -> Result<(), StoreError> {
        let view = self.view;
        let Some(sale) = self.campaigns.put(view, event, change)? else { return Ok(()) };
        if matches!(change, SaleChange::Told(..)) {
            return Ok(());
        }
        for row in [sale_row::TAKEN, sale_row::CUSTOMER, sale_row::CHANNEL] {
            let limits: keys::Key = view.keys.sale(&sale.id, row);
            self.sales.keep(view, view.columns.sales, &limits, event, |key| sale.limits(key))?;
        }
        Ok(())
    }

    /// Everything that is to be written, and what it changes of the digest.
    pub(super) fn finish(self) -> Result<(WriteBatch, u64), StoreError> {
        let Self { view, skus, sales, settings, campaigns, reservations, adjustments, mut out } = self;
        skus.finish(view.columns.skus, &mut out);
        sales.finish(view.columns.sales, &mut out);
        settings.finish(view, &mut out);
        campaigns.finish(view, &mut out);
        reservations.finish(view, &mut out)?;
        adjustments.finish(view, &mut out);
        Ok((out.batch, out.change))
    }
}
