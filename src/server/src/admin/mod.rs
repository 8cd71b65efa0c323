//! The admin listener: operators and their tools look here. It changes nothing.

mod shards;

use std::sync::Arc;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use metrics::Gauge;

use crate::http::{Capacity, Code, Handler, Problem, Reply, RequestBody, json};
use crate::stage::Stage;
use crate::telemetry::Registry;

const PROMETHEUS_TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The admin listener's answers.
pub struct Admin {
    stage: Arc<Stage>,
    registry: Arc<Registry>,
    capacities: Vec<(Arc<Capacity>, Gauge)>,
}

impl Admin {
    /// Looks at the stage, the metrics, each listener's open connections, and the consumers of events.
    pub fn new(
        stage: Arc<Stage>,
        registry: Arc<Registry>,
        listeners: &[(&'static str, &Arc<Capacity>)],
        consumers: &Arc<Capacity>,
    ) -> Self {
        let gauge = |listener| registry.gauge("tidegate_http_connections", &[("listener", listener)]);
        let mut capacities: Vec<_> =
            listeners.iter().map(|&(listener, capacity)| (Arc::clone(capacity), gauge(listener))).collect();
        capacities.push((Arc::clone(consumers), registry.gauge("tidegate_event_consumers", &[])));
        Self { stage, registry, capacities }
    }

    /// Keeps the metrics tidy; runs beside the connections.
    pub async fn tidy_metrics(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(Registry::TIDY_EVERY);
        loop {
            ticks.tick().await;
            self.registry.tidy();
        }
    }

    fn answer(&self, head: &Parts) -> Result<Reply, Problem> {
        let view = View::of(head.uri.path())?;
        if head.method != Method::GET {
            return Err(Problem::method_not_allowed("GET"));
        }
        match view {
            // Who answers, lives.
            View::Live => Ok(json(StatusCode::OK, b"{\"status\":\"live\"}".to_vec())),
            View::Ready => {
                self.stage.ready()?;
                Ok(json(StatusCode::OK, b"{\"status\":\"ready\"}".to_vec()))
            }
            View::Metrics => Ok(self.metrics()),
            View::Shards => {
                let engine = self.stage.engine().ok_or_else(|| self.stage.recovering())?;
                Ok(json(StatusCode::OK, shards::body(engine)))
            }
        }
    }

    fn metrics(&self) -> Reply {
        for (capacity, gauge) in &self.capacities {
            gauge.set(capacity.open() as f64);
        }
        let mut reply = Reply::new(self.registry.render().into());
        reply.headers_mut().insert(CONTENT_TYPE, PROMETHEUS_TEXT);
        reply
    }
}

/// What there is to look at.
enum View {
    Live,
    Ready,
    Metrics,
    Shards,
}

impl View {
    fn of(path: &str) -> Result<Self, Problem> {
        match path {
            "/livez" => Ok(Self::Live),
            "/readyz" => Ok(Self::Ready),
            "/metrics" => Ok(Self::Metrics),
            "/admin/v1/shards" => Ok(Self::Shards),
            _ => Err(Problem::new(Code::NotFound, "see /livez, /readyz, /metrics and /admin/v1/shards")),
        }
    }
}

impl Handler for Admin {
    async fn handle(self: &Arc<Self>, head: Parts, _body: RequestBody) -> Reply {
        self.answer(&head).unwrap_or_else(Problem::into_reply)
    }
}
