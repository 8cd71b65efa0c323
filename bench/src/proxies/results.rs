//! The comparison of proxies as a page and as JSON, named by its date. It must not measure, nor write what names a machine.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Comparison, DIRECT};
use crate::Error;
use crate::peers::medians::{Median, find, rate_ratio};

const OURS: &str = "tidegate";

/// Writes `DATE-proxies.md` and `DATE-proxies.json` into the directory, in the place of an earlier run's of that day.
pub fn write(comparison: &Comparison, directory: &Path) -> Result<[PathBuf; 2], Error> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
    let page = directory.join(format!("{}-proxies.md", comparison.date));
    let data = directory.join(format!("{}-proxies.json", comparison.date));
    fs::write(&page, markdown(comparison)).map_err(Error::file("write", &page))?;
    fs::write(&data, format!("{:#}\n", serde_json::json!(comparison))).map_err(Error::file("write", &data))?;
    Ok([page, data])
}

/// The page.
pub fn markdown(comparison: &Comparison) -> String {
    let Comparison { date, machine, rounds, seconds, medians, .. } = comparison;
    let mut page = format!(
        "# Proxies, {date}\n\n\
         {} cores of {}, kernel {}; wrk (one thread), proxy and upstream share them. The upstream is hyper with one I/O thread and \
         a constant answer of 230 bytes. Each proxy has one worker thread, keeps its connections to the upstream, and writes no \
         access log; Tidegate's admission is on, with a limit of 1,000 calls. Medians of {rounds} interleaved rounds of {seconds} s, in brackets the slowest \
         and the fastest. Added is what the latency has more than without a proxy.\n\n\
         | proxy | connections | requests/s | p50 ms | p99 ms | added p50 ms | added p99 ms | of the better proxy |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
        machine.cores, machine.cpu, machine.kernel
    );
    for median in medians {
        page += &row(median, medians);
    }
    page
}

fn row(median: &Median, medians: &[Median]) -> String {
    let Median { target, connections, rate, rate_min, rate_max, p50_us, p99_us } = median;
    let direct = find(medians, DIRECT, *connections).filter(|_| *target != DIRECT);
    let added = |own_us: f64, of: fn(&Median) -> f64| {
        direct.map_or_else(String::new, |direct| format!("{:.2}", (own_us - of(direct)) / 1e3))
    };
    let others = ["nginx", "haproxy"].map(|other| rate_ratio(medians, target, other, *connections));
    let ratio = others.into_iter().flatten().min_by(f64::total_cmp).filter(|_| *target == OURS);
    format!(
        "| {target} | {connections} | {rate:.0} ({rate_min:.0}-{rate_max:.0}) | {:.2} | {:.2} | {} | {} | {} |\n",
        p50_us / 1e3,
        p99_us / 1e3,
        added(*p50_us, |direct| direct.p50_us),
        added(*p99_us, |direct| direct.p99_us),
        ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
    )
}
