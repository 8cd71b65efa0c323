//! The admin listener: operators and their tools look here, and ask for checkpoints and backups. It
//! changes nothing that a client of the api can see.

mod backup;
mod checkpoint;
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
use crate::api::Shedding;
use crate::backup::Source;
use crate::gateway;
use crate::http::{Capacity, Code, Handler, Problem, Reply, RequestBody, json};
use crate::stage::Stage;
use crate::telemetry::Registry;

const PROMETHEUS_TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The admin listener's answers.
pub struct Admin {
    work: Work,
    source: Source,
    registry: Arc<Registry>,
    capacities: Vec<(Arc<Capacity>, Gauge)>,
    store: StoreGauges,
    admission: Admission,
}

/// What decides who comes in, at each listener that asks.
pub struct Admission {
    /// At the api.
    pub api: Arc<Shedding>,
    /// At the gateway, where there is one.
    pub gateway: Option<Arc<gateway::Shared>>,
}

impl Admin {
    /// Looks at the stage, the metrics, each listener's open connections, and the consumers of events;
    /// makes backups of `source`.
    pub fn new(
        stage: Arc<Stage>,
        source: Source,
        registry: Arc<Registry>,
        listeners: &[(&'static str, &Arc<Capacity>)],
        consumers: &Arc<Capacity>,
        admission: Admission,
    ) -> Self {
        let gauge = |listener| registry.gauge("tidegate_http_connections", &[("listener", listener)]);
        let mut capacities: Vec<_> =
            listeners.iter().map(|&(listener, capacity)| (Arc::clone(capacity), gauge(listener))).collect();
        capacities.push((Arc::clone(consumers), registry.gauge("tidegate_event_consumers", &[])));
        let store = StoreGauges::new(&registry);
        Self { work: Work::new(stage), source, registry, capacities, store, admission }
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
            Call::Admission => Ok(json(StatusCode::OK, self.admission.status().to_string().into_bytes())),
            Call::Checkpoint => checkpoint::answer(&self.work).await,
            Call::Backup => backup::answer(&self.work, &self.source, body).await,
        }
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

impl Admission {
    /// How it stands: the gateway's part at the top, where there is one, and the api's within.
    fn status(&self) -> serde_json::Value {
        let mut status =
            self.gateway.as_ref().map_or_else(|| serde_json::json!({}), |gateway| gateway::status(gateway));
        status["api"] = self.api.status();
        status
    }
}

/// What there is to ask for.
#[derive(Clone, Copy)]
enum Call {
    Live,
    Ready,
    Metrics,
    Shards,
    Admission,
    Checkpoint,
    Backup,
}

const CALLS: [(&str, Method, Call); 7] = [
    ("/livez", Method::GET, Call::Live),
    ("/readyz", Method::GET, Call::Ready),
    ("/metrics", Method::GET, Call::Metrics),
    ("/admin/v1/shards", Method::GET, Call::Shards),
    ("/admin/v1/admission", Method::GET, Call::Admission),
    ("/admin/v1/checkpoint", Method::POST, Call::Checkpoint),
    ("/admin/v1/backup", Method::POST, Call::Backup),
];

impl Call {
    fn of(head: &Parts) -> Result<Self, Problem> {
        let found = CALLS.iter().find(|(path, ..)| *path == head.uri.path());
        let (_, method, call) = found.ok_or_else(|| {
            let paths = CALLS.map(|(path, ..)| path).join(", ");
            Problem::new(Code::NotFound, format!("see one of: {paths}"))
        })?;
        if head.method != *method {
            return Err(Problem::method_not_allowed(method.as_str()));
        }
        Ok(*call)
    }
}

impl Handler for Admin {
    async fn handle(self: &Arc<Self>, _from: IpAddr, head: Parts, body: RequestBody) -> Reply {
        self.answer(&head, body).await.unwrap_or_else(Problem::into_reply)
    }
}
