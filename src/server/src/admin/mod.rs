//! The admin listener: operators and their tools look here, ask for checkpoints and backups, and tune. It
//! changes nothing that a client of the api can see.

mod backup;
mod brownout;
mod cache;
mod checkpoint;
mod config;
mod shards;
mod store;
mod work;

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use metrics::Gauge;

use self::store::StoreGauges;
use self::work::Work;
use crate::backup::Source;
use crate::gateway;
use crate::http::{Capacity, Code, Handler, Problem, Reply, RequestBody, json};
use crate::stage::Stage;
use crate::telemetry::Registry;
use crate::tuning::{Tuned, Tuning};

const PROMETHEUS_TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The admin listener's answers.
pub struct Admin {
    work: Work,
    source: Source,
    registry: Arc<Registry>,
    capacities: Vec<(Arc<Capacity>, Gauge)>,
    store: StoreGauges,
    tuning: Arc<Tuning>,
}

impl Admin {
    /// Looks at the stage, the metrics, each listener's open connections, and the consumers of events;
    /// makes backups of `source`, and tunes.
    pub fn new(
        stage: Arc<Stage>,
        source: Source,
        registry: Arc<Registry>,
        listeners: &[(&'static str, &Arc<Capacity>)],
        consumers: &Arc<Capacity>,
        tuning: Arc<Tuning>,
    ) -> Self {
        let gauge = |listener| registry.gauge("tidegate_http_connections", &[("listener", listener)]);
        let mut capacities: Vec<_> =
            listeners.iter().map(|&(listener, capacity)| (Arc::clone(capacity), gauge(listener))).collect();
        capacities.push((Arc::clone(consumers), registry.gauge("tidegate_event_consumers", &[])));
        let store = StoreGauges::new(&registry);
        Self { work: Work::new(stage), source, registry, capacities, store, tuning }
    }

    /// Keeps the metrics tidy; runs beside the connections.
    pub async fn tidy_metrics(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(Registry::TIDY_EVERY);
        loop {
            ticks.tick().await;
            self.registry.tidy();
        }
    }

    async fn answer(&self, head: &Parts, body: RequestBody) -> Result<Reply, Problem> {
        let stage = &self.work.stage;
        match Call::of(head)? {
            // Who answers, lives.
            Call::Live => Ok(json(StatusCode::OK, b"{\"status\":\"live\"}".to_vec())),
            Call::Ready => stage.ready().map(|ready| json(StatusCode::OK, ready)),
            Call::Metrics => Ok(self.metrics()),
            Call::Shards => {
                let engine = stage.engine().ok_or_else(|| stage.recovering())?;
                Ok(json(StatusCode::OK, shards::body(engine)))
            }
            Call::Admission => Ok(json(StatusCode::OK, admission(self.tuning.tuned()).to_string().into_bytes())),
            Call::Brownout => Ok(brownout::show(self.gateway()?)),
            Call::PinBrownout => brownout::pin(self.gateway()?, body).await,
            Call::Purge => cache::purge(self.gateway()?, head.uri.query()),
            Call::Config => Ok(config::show(&self.tuning).await),
            Call::PatchConfig => config::patch(&self.tuning, &head.headers, body).await,
            Call::RollBack => config::roll_back(&self.tuning, &head.headers).await,
            Call::Checkpoint => checkpoint::answer(&self.work).await,
            Call::Backup => backup::answer(&self.work, &self.source, body).await,
        }
    }

    fn gateway(&self) -> Result<&Arc<gateway::Shared>, Problem> {
        let off = || Problem::new(Code::NotFound, "there is no gateway: give it an upstream and listen.gateway");
        self.tuning.tuned().gateway.as_ref().ok_or_else(off)
    }

    fn metrics(&self) -> Reply {
        for (capacity, gauge) in &self.capacities {
            gauge.set(capacity.open() as f64);
        }
        // A store that cannot say how it is leaves the gauges as they were; `tidegate_store_failing` tells.
        if let Ok(Ok(status)) = self.work.stage.opened().map(|opened| opened.store.status()) {
            self.store.set(&status);
        }
        let mut reply = Reply::new(self.registry.render().into());
        reply.headers_mut().insert(CONTENT_TYPE, PROMETHEUS_TEXT);
        reply
    }
}

/// How admission stands: the gateway's part at the top, where there is one, and the api's within.
fn admission(tuned: &Tuned) -> serde_json::Value {
    let mut status = tuned.gateway.as_ref().map_or_else(|| serde_json::json!({}), |gateway| gateway::status(gateway));
    status["api"] = tuned.api.status();
    status
}

/// What there is to ask for.
#[derive(Clone, Copy)]
enum Call {
    Live,
    Ready,
    Metrics,
    Shards,
    Admission,
    Brownout,
    PinBrownout,
    Purge,
    Config,
    PatchConfig,
    RollBack,
    Checkpoint,
    Backup,
}

const CALLS: [(&str, Method, Call); 13] = [
    ("/livez", Method::GET, Call::Live),
    ("/readyz", Method::GET, Call::Ready),
    ("/metrics", Method::GET, Call::Metrics),
    ("/admin/v1/shards", Method::GET, Call::Shards),
    ("/admin/v1/admission", Method::GET, Call::Admission),
    ("/admin/v1/brownout", Method::GET, Call::Brownout),
    ("/admin/v1/brownout", Method::PUT, Call::PinBrownout),
    ("/admin/v1/cache", Method::DELETE, Call::Purge),
    ("/admin/v1/config", Method::GET, Call::Config),
    ("/admin/v1/config", Method::PATCH, Call::PatchConfig),
    ("/admin/v1/config/rollback", Method::POST, Call::RollBack),
    ("/admin/v1/checkpoint", Method::POST, Call::Checkpoint),
    ("/admin/v1/backup", Method::POST, Call::Backup),
];

impl Call {
    fn of(head: &Parts) -> Result<Self, Problem> {
        let here = || CALLS.iter().filter(|(path, ..)| *path == head.uri.path());
        if here().next().is_none() {
            let mut paths = CALLS.map(|(path, ..)| path).to_vec();
            paths.dedup();
            return Err(Problem::new(Code::NotFound, format!("see one of: {}", paths.join(", "))));
        }
        let found = here().find(|(_, method, _)| head.method == *method);
        found.map(|(_, _, call)| *call).ok_or_else(|| {
            let methods: Vec<_> = here().map(|(_, method, _)| method.as_str()).collect();
            Problem::method_not_allowed(&methods.join(", "))
        })
    }
}

impl Handler for Admin {
    async fn handle(self: &Arc<Self>, _from: IpAddr, head: Parts, body: RequestBody) -> Reply {
        self.answer(&head, body).await.unwrap_or_else(Problem::into_reply)
    }
}
