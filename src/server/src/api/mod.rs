//! The api listener: the platform's backends reserve here. One file a route or a verb.
//! It knows the contract and the engine's requests; it decides nothing about stock.

mod adjust;
mod answer;
mod batch;
mod cancel;
mod confirm;
mod delete_sku;
mod desk;
mod events;
mod extend;
mod fields;
mod fulfil;
mod import;
mod input;
mod key;
mod lines;
mod listing;
mod lists;
mod lookup;
pub(crate) mod measured;
mod metrics;
mod opaque;
mod openapi;
#[cfg(test)]
mod past;
mod payment_started;
mod places;
mod query;
mod refusal;
mod release;
mod reserve;
mod route;
mod sale;
mod set_sale;
mod set_sku;
mod set_stock;
mod shedding;
mod sku_history;
mod stock;
mod stock_at;
mod store_reads;
mod verb;
mod write;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use admission::{Nanos, Reason};
use engine::Engine;
use hyper::StatusCode;
use hyper::http::request::Parts;
use ledger::Millis;

use crate::http::{Handler, Problem, Reply, RequestBody};
use crate::shedding::{Lag, nanos};
use crate::stage::Stage;
use desk::Desk;
use key::Keys;
use route::{Endpoint, Target};
use store_reads::StoreReads;

pub use events::EventLog;
pub use metrics::ApiMetrics;
pub use openapi::Contract;
pub use query::Query;
pub use shedding::Shedding;

/// The largest body but an import's, in bytes.
const BODY_BYTES: u64 = 1 << 20;

/// The api of one I/O thread.
pub struct Api {
    stage: Arc<Stage>,
    desk: Desk,
    keys: Keys,
    max_hold: Millis,
    event_log: Arc<EventLog>,
    store_reads: StoreReads,
    shedding: Arc<Shedding>,
    lag: Lag,
    /// Which of the I/O threads this is.
    thread: usize,
    metrics: Arc<ApiMetrics>,
    contract: Arc<Contract>,
}

/// What a route needs of a request, its body aside.
#[derive(Clone, Copy)]
struct Call<'r> {
    api: &'r Arc<Api>,
    engine: &'r Arc<Engine>,
    head: &'r Parts,
    target: Target<'r>,
}

impl Api {
    /// An api for one more I/O thread. Fails where the system gives no random bytes.
    pub fn new(
        thread: usize,
        stage: Arc<Stage>,
        max_hold: Millis,
        event_log: Arc<EventLog>,
        shedding: Arc<Shedding>,
        metrics: Arc<ApiMetrics>,
        contract: Arc<Contract>,
    ) -> io::Result<Self> {
        let (desk, keys, store_reads) = (Desk::new(), Keys::new()?, StoreReads::new());
        let lag = Lag::default();
        Ok(Self { stage, desk, keys, max_hold, event_log, store_reads, shedding, lag, thread, metrics, contract })
    }

    /// Lets the engine answer through this thread's port.
    pub fn attach(&self, engine: &Engine) {
        self.desk.attach(engine);
    }

    /// Hands the engine's answers to the requests that wait, and watches how late the thread is; runs beside the requests
    /// on their thread.
    pub async fn tend(self: Arc<Self>) {
        let note = |waited| self.shedding.observe_wait(self.thread, self.lag.last(), nanos(waited));
        tokio::join!(self.desk.collect(&self.stage, note), self.lag.watch(|late| self.observe(late)));
    }

    /// Takes note of where requests queue at present.
    fn observe(&self, late: Nanos) {
        self.shedding.observe(self.thread, late);
        if let Some(taken) = self.stage.engine().and_then(|engine| engine.last_group()) {
            self.shedding.observe_group(nanos(taken));
        }
        if let Some(waited) = self.desk.longest_wait() {
            self.shedding.observe_waiting(self.thread, late, nanos(waited));
        }
    }

    /// An answer to whoever is let in, and a refusal to the others.
    async fn admit(self: &Arc<Self>, head: &Parts, target: Target<'_>, body: RequestBody) -> Reply {
        match self.shedding.decide(target, &head.headers, self.lag.last()) {
            Ok(()) => self.answer(head, target, body).await.unwrap_or_else(|problem| self.fail(problem)),
            Err(refused) => refused,
        }
    }

    fn fail(&self, problem: Problem) -> Reply {
        if problem.reason() == Some(Reason::QueueFull.word()) {
            self.shedding.record_full();
        }
        problem.into_reply()
    }

    async fn answer(self: &Arc<Self>, head: &Parts, target: Target<'_>, body: RequestBody) -> Result<Reply, Problem> {
        let engine = self.stage.admit()?;
        let call = Call { api: self, engine, head, target };
        if !target.endpoint.takes_query() && head.uri.query().is_some_and(|query| !query.is_empty()) {
            // A condition that is silently ignored is worse than a refusal.
            return Err(Problem::invalid("/query", "this path takes no query parameters"));
        }
        match target.endpoint {
            Endpoint::Reserve => reserve::post(call, body).await,
            Endpoint::ReserveAs => reserve::put(call, body).await,
            Endpoint::Reservation => lookup::get(call).await,
            Endpoint::Reservations => listing::get(call).await,
            Endpoint::Confirm => verb::post::<confirm::Fields>(call, body).await,
            Endpoint::Release => verb::post::<release::Fields>(call, body).await,
            Endpoint::Extend => verb::post::<extend::Fields>(call, body).await,
            Endpoint::PaymentStarted => verb::post::<payment_started::Fields>(call, body).await,
            Endpoint::Cancel => verb::post::<cancel::Fields>(call, body).await,
            Endpoint::Fulfil => verb::post::<fulfil::Fields>(call, body).await,
            Endpoint::Sku => stock::get(call).await,
            Endpoint::SkuHistory => sku_history::get(call).await,
            Endpoint::Skus => stock::list(call).await,
            Endpoint::SetSku => set_sku::put(call, body).await,
            Endpoint::DeleteSku => delete_sku::delete(call).await,
            Endpoint::SetStock => set_stock::put(call, body).await,
            Endpoint::Adjust => adjust::post(call, body).await,
            Endpoint::Sale => sale::get(call).await,
            Endpoint::SetSale => set_sale::put(call, body).await,
            Endpoint::OpenApi => Ok(self.contract.machine_readable(&head.headers)),
            Endpoint::Docs => Ok(self.contract.readable(&head.headers)),
            // Their state is large, and no other request should carry room for it.
            Endpoint::Import => Box::pin(import::post(call, body)).await,
            Endpoint::Events => Box::pin(events::get(call)).await,
            Endpoint::Batch => Box::pin(batch::post(call, body)).await,
        }
    }
}

impl Handler for Api {
    fn turned_away(&self, status: StatusCode) {
        self.metrics.answered(None, status, Instant::now());
    }

    async fn handle(self: &Arc<Self>, _from: IpAddr, head: Parts, body: RequestBody) -> Reply {
        let begun = Instant::now();
        let target = route::find(&head.method, head.uri.path());
        let endpoint = target.as_ref().ok().map(|target| target.endpoint);
        let reply = match target {
            Ok(target) => self.admit(&head, target, body).await,
            Err(problem) => problem.into_reply(),
        };
        self.metrics.answered(endpoint, reply.status(), begun);
        reply
    }
}
