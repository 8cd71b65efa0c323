//! What the api counts: requests by endpoint and class of status, how long each took, how long the
//! store was read, and who is turned away before engine or store are asked.

use std::time::Instant;

use hyper::StatusCode;
use metrics::{Counter, Histogram};

use super::route::Endpoint;
use super::store_reads::StoreRead;
use crate::telemetry::Registry;

/// The handles, made once.
#[derive(Debug)]
pub struct ApiMetrics {
    endpoints: Vec<Handles>,
    /// Requests that lead nowhere.
    elsewhere: Handles,
    /// Reads from the store, each kind where its number says.
    store_reads: [Histogram; StoreRead::ALL.len()],
    /// Consumers of events beyond the most.
    pub(super) event_streams_full: Counter,
    /// Reads from the store beyond the most.
    pub(super) store_reads_full: Counter,
    /// Reads of what the store has not got yet.
    pub(super) store_behind: Counter,
}

#[derive(Debug)]
struct Handles {
    classes: [Counter; 4],
    seconds: Histogram,
}

impl ApiMetrics {
    /// Registers the metrics.
    pub fn new(registry: &Registry) -> Self {
        let handles = |endpoint: &'static str| Handles {
            classes: ["2xx", "3xx", "4xx", "5xx"].map(|class| {
                registry.counter("tidegate_http_requests_total", &[("endpoint", endpoint), ("class", class)])
            }),
            seconds: registry.histogram("tidegate_http_request_seconds", &[("endpoint", endpoint)]),
        };
        let endpoints = Endpoint::ALL.iter().map(|endpoint| handles(endpoint.word())).collect();
        let refused = |reason: &'static str| registry.counter("tidegate_refusals_total", &[("reason", reason)]);
        let store_reads =
            StoreRead::ALL.map(|read| registry.histogram("tidegate_store_read_seconds", &[("read", read.word())]));
        Self {
            endpoints,
            elsewhere: handles("none"),
            store_reads,
            event_streams_full: refused("event_streams_full"),
            store_reads_full: refused("store_reads_full"),
            store_behind: refused("store_behind"),
        }
    }

    /// How long reads of this kind take.
    pub(super) fn store_read(&self, what: StoreRead) -> &Histogram {
        // `ALL` lists them in the order of their declaration.
        &self.store_reads[what as usize]
    }

    /// Notes an answer to a request whose head was read at `begun`.
    pub fn answered(&self, endpoint: Option<Endpoint>, status: StatusCode, begun: Instant) {
        // `ALL` lists the endpoints in the order of their declaration.
        let handles = endpoint.map_or(&self.elsewhere, |endpoint| &self.endpoints[endpoint as usize]);
        let class = usize::from(status.as_u16() / 100).clamp(2, 5) - 2;
        handles.classes[class].increment(1);
        handles.seconds.record(begun.elapsed());
    }
}
