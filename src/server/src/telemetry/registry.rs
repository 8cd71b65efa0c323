//! Where metrics are registered and read. Nothing is global: who counts holds a handle.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

static METADATA: Metadata<'static> = Metadata::new("tidegate", Level::INFO, None);

/// Upper bounds of histograms of seconds, from 5 us, finest where a durable answer falls.
const SECONDS: &[f64] = &[
    0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_2, 0.000_3, 0.000_5, 0.000_75, 0.001, 0.001_5, 0.002,
    0.003, 0.005, 0.007_5, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds of histograms of records.
const RECORDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0];

/// All metrics of one server.
#[derive(Debug)]
pub struct Registry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Registry {
    /// How often [`Registry::tidy`] wants to be called.
    pub const TIDY_EVERY: Duration = Duration::from_secs(5);

    /// An empty registry.
    pub fn new() -> Self {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_records".to_owned()), RECORDS))
            .expect("only an empty list of bounds is refused")
            .build_recorder();
        let handle = recorder.handle();
        Self { recorder, handle }
    }

    /// For who registers metrics of their own.
    pub fn recorder(&self) -> &dyn Recorder {
        &self.recorder
    }

    /// A counter.
    pub fn counter(&self, name: &'static str, labels: &[(&'static str, &'static str)]) -> Counter {
        self.recorder.register_counter(&key(name, labels), &METADATA)
    }

    /// A gauge.
    pub fn gauge(&self, name: &'static str, labels: &[(&'static str, &'static str)]) -> Gauge {
        self.recorder.register_gauge(&key(name, labels), &METADATA)
    }

    /// A histogram; the name's ending says of what.
    pub fn histogram(&self, name: &'static str, labels: &[(&'static str, &'static str)]) -> Histogram {
        self.recorder.register_histogram(&key(name, labels), &METADATA)
    }

    /// Puts recorded values into their buckets: they wait in memory until then.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }

    /// Everything, in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.handle.render()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
    let labels: Vec<_> = labels.iter().map(|&(name, value)| Label::from_static_parts(name, value)).collect();
    Key::from_parts(name, labels)
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn what_is_counted_is_rendered_with_its_labels_and_bounds() {
        let registry = Registry::new();
        registry.counter("requests_total", &[("class", "2xx")]).increment(3);
        registry.histogram("request_seconds", &[]).record(0.000_4);
        registry.tidy();
        let text = registry.render();
        assert!(text.contains("requests_total{class=\"2xx\"} 3"), "{text}");
        assert!(text.contains("request_seconds_bucket{le=\"0.0003\"} 0"), "{text}");
        assert!(text.contains("request_seconds_bucket{le=\"0.0005\"} 1"), "{text}");
    }
}
