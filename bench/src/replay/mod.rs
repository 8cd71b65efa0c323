//! Replays a day of a real shop's orders over HTTP and then reconciles every unit. It must not know how Tidegate works
//! inside: it books what the answers say and compares that with what the server reads back.
//!
//! An invoice is a cart: it is reserved, 100 lines at a time, and confirmed with the invoice's number as the order.
//!
//! **Cancellations.** A confirm settles a whole reservation, and what is confirmed is not cancelled here. So the plan
//! looks ahead: a line that a later cancellation of the same customer and SKU undoes, wholly or in part, is put
//! into a reservation of its own over just the units undone. That one stays held until the cancellation's time and
//! is released then; the rest of the cart is confirmed. A cancellation that undoes nothing of the day (it is of an
//! older sale, of nobody in particular, or of more units than the line had) adjusts on-hand upward, with a key that
//! makes a repetition harmless. So does every other negative quantity.

pub mod books;
pub mod client;
mod drive;
pub mod generate;
mod identifier;
mod import;
pub mod orders;
pub mod pairing;
pub mod plan;
pub mod reconcile;
mod report;
pub mod stock;
pub mod tally;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::{JoinSet, LocalSet};

use crate::Error;
use client::{Api, Client};
use drive::Drive;
use plan::Plan;
use stock::ShortPercent;
use tally::Tally;

pub use drive::Pace;
pub use identifier::Identifier;
pub use report::{Planned, Report};

/// How to replay.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API's URL, such as `http://127.0.0.1:7700`.
    pub api: String,
    /// How the day's time maps to ours.
    pub pace: Pace,
    /// Keep-alive connections, each with one request at a time; at least 1.
    pub connections: usize,
    /// SKUs that get less than the day asks for.
    pub short: ShortPercent,
}

/// Lays in the stock, replays the plan, and reconciles. Blocks until that is done.
pub fn run(plan: Plan, options: &Options) -> Result<Report, Error> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::system("start a runtime"))?;
    LocalSet::new().block_on(&runtime, replay(plan, options))
}

async fn replay(plan: Plan, options: &Options) -> Result<Report, Error> {
    let api = Api::resolve(&options.api).await?;
    // The import and the reads are not what is measured.
    let mut aside = Client::new(api.clone(), Rc::default());
    let planned = Planned::from(&plan);
    let books = import::import(&mut aside, &stock::lay_in(&plan.demand(), options.short)).await?;

    let tally: Rc<RefCell<Tally>> = Rc::default();
    let progress = progress_bar(plan.operations.len() as u64);
    let started = Instant::now();
    let drive = Rc::new(Drive::new(plan, options.pace, books, Rc::clone(&tally), progress.clone()));
    let mut connections = JoinSet::new();
    for _ in 0..options.connections.max(1) {
        let (drive, client) = (Rc::clone(&drive), Client::new(api.clone(), Rc::clone(&tally)));
        connections.spawn_local(async move { drive.work(client).await });
    }
    connections.join_all().await;
    let elapsed = started.elapsed();
    progress.finish_and_clear();

    let books = drive.books.take();
    let skus: Vec<&str> = books.figures().map(|(sku, _)| sku).collect();
    let found = reconcile::fetch(&mut aside, &skus).await?;
    let differences = reconcile::differences(&books, &found);
    let tally = tally.take();
    Ok(Report { planned, tally, elapsed, skus: skus.len(), differences })
}

/// Hides itself where standard error is no terminal.
fn progress_bar(operations: u64) -> ProgressBar {
    let bar = ProgressBar::new(operations);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} operations {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
