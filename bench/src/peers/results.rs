//! The comparison as a page and as JSON, named by its date. It must not measure, nor write what names a machine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::medians::{Median, find, rate_ratio};
use super::{CONNECTIONS, Comparison};
use crate::Error;

/// Writes `DATE.md` and `DATE.json` into the directory, in the place of an earlier run's of that day.
pub fn write(comparison: &Comparison, directory: &Path) -> Result<[PathBuf; 2], Error> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
    let page = directory.join(format!("{}.md", comparison.date));
    let data = directory.join(format!("{}.json", comparison.date));
    fs::write(&page, markdown(comparison)).map_err(Error::file("write", &page))?;
    fs::write(&data, format!("{:#}\n", serde_json::json!(comparison))).map_err(Error::file("write", &data))?;
    Ok([page, data])
}

/// The page.
pub fn markdown(comparison: &Comparison) -> String {
    let Comparison { date, machine, rounds, seconds, medians, .. } = comparison;
    let mut page = format!(
        "# Peers, {date}\n\n\
         {} cores of {}, kernel {}; load and servers share them. One hot SKU, one unit a request. Medians of {rounds} \
         interleaved rounds of {seconds} s, in brackets the slowest and the fastest round. Tidegate and Redis \
         (`appendfsync always`) are durable before they answer; hyper alone answers a constant.\n\n\
         | peer | connections | requests/s | p50 ms | p99 ms | to redis | to hyper |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
        machine.cores, machine.cpu, machine.kernel
    );
    for median in medians {
        page += &row(median, medians);
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "\nA 4 KiB write with its `fdatasync` into preallocated space: {:.0} us at the median.",
        comparison.fdatasync_p50_us
    );
    if let Some(sentence) = lone_client(comparison) {
        page += &sentence;
    }
    page
}

fn row(median: &Median, medians: &[Median]) -> String {
    let Median { target, connections, rate, rate_min, rate_max, p50_us, p99_us } = median;
    let ratio = |to| {
        let ratio = rate_ratio(medians, target, to, *connections);
        ratio.filter(|_| to != *target).map_or_else(String::new, |ratio| format!("{ratio:.2}"))
    };
    format!(
        "| {target} | {connections} | {rate:.0} ({rate_min:.0}-{rate_max:.0}) | {:.2} | {:.2} | {} | {} |\n",
        p50_us / 1e3,
        p99_us / 1e3,
        ratio("redis"),
        ratio("hyper")
    )
}

/// With one client nothing shares a sync: its latency is held against the disk's and the HTTP library's together.
fn lone_client(comparison: &Comparison) -> Option<String> {
    let tidegate = find(&comparison.medians, "tidegate", CONNECTIONS[0])?.p50_us;
    let hyper = find(&comparison.medians, "hyper", CONNECTIONS[0])?.p50_us;
    let floor = comparison.fdatasync_p50_us + hyper;
    Some(format!(
        "One client's p50 is {tidegate:.0} us, {:.2} of that sync plus hyper's own round trip ({floor:.0} us).\n",
        tidegate / floor
    ))
}
