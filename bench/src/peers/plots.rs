//! What the figures look like: lines over connections, rates and SKUs. It must not know how a chart is drawn.

use super::medians::{Median, find};
use super::plan::MOST;
use super::subject::{BY_SKUS, RESERVERS};
use crate::svg::{Chart, Line};

const RATE: &str = "answers a second";

type Points = Vec<(f64, f64)>;
type Quantile = fn(&Median) -> f64;

/// Charts as SVG, each with its name; none of what was not measured.
pub fn plots(medians: &[Median]) -> Vec<(&'static str, String)> {
    let quantiles: [(&str, &str, Quantile); 3] = [
        ("p50", "Closed loop, along each line more connections: p50", |median| median.p50_us),
        ("p99", "Closed loop, along each line more connections: p99", |median| median.p99_us),
        ("p999", "Closed loop, along each line more connections: p99.9", |median| median.p999_us),
    ];
    let latencies = quantiles.map(|(name, title, quantile_us)| {
        let lines = closed_lines(medians, |median| Some((median.rate, quantile_us(median) / 1e3)));
        (name, Chart { title, x: RATE, y: "ms", x_is_log: true, y_is_log: true, lines })
    });
    let cpu = closed_lines(medians, |median| Some((median.connections as f64, median.cpu_us?)));
    let cpu = Chart {
        title: "Processor time a reservation",
        x: "connections",
        y: "us",
        x_is_log: true,
        y_is_log: true,
        lines: cpu,
    };
    let open = Chart {
        title: "Open loop: p99 from when a request was due",
        x: "requests due a second",
        y: "ms",
        x_is_log: true,
        y_is_log: true,
        lines: open_lines(medians),
    };
    let all = latencies.into_iter().chain([("cpu", cpu), ("open", open), ("skus", skus(medians))]);
    all.filter(|(_, chart)| !chart.lines.is_empty()).map(|(name, chart)| (name, chart.render())).collect()
}

fn closed_lines(medians: &[Median], point: impl Fn(&Median) -> Option<(f64, f64)>) -> Vec<Line> {
    lines(|name| {
        let own = medians.iter().filter(|median| median.target == name && median.offered_per_s.is_none());
        own.filter_map(&point).collect()
    })
}

fn open_lines(medians: &[Median]) -> Vec<Line> {
    lines(|name| {
        let own = medians.iter().filter(|median| median.target == name);
        own.filter_map(|median| Some((f64::from(median.offered_per_s?), median.p99_us / 1e3))).collect()
    })
}

/// A line for each who makes reservations; one point is none.
fn lines(points: impl Fn(&str) -> Points) -> Vec<Line> {
    let named = RESERVERS.map(|name| Line { name: name.to_owned(), points: points(name) });
    named.into_iter().filter(|line| line.points.len() > 1).collect()
}

fn skus(medians: &[Median]) -> Chart {
    let point = |(skus, name): &(u32, &str)| Some((f64::from(*skus), find(medians, name, MOST)?.rate));
    let line = Line { name: "tidegate".to_owned(), points: BY_SKUS.iter().filter_map(point).collect() };
    let lines = if line.points.len() > 1 { vec![line] } else { Vec::new() };
    Chart { title: "Reservations by the number of SKUs", x: "SKUs", y: RATE, x_is_log: true, y_is_log: false, lines }
}
