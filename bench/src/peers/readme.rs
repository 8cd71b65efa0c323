//! The table of comparison that README has, between two markers of which the first names the result that it is made of. It
//! must not measure.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::figures::{count, ms, ratio};
use super::medians::{find, rate_ratio};
use super::subject::{HYPER, REDIS, RESERVERS, TIDEGATE};
use super::{CONNECTIONS, Comparison, read};
use crate::Error;

const BEGIN: &str = "<!-- peers: ";
const BEGIN_END: &str = " -->\n";
const END: &str = "<!-- end of peers -->";

/// The latest whole comparison in a directory of results.
pub fn latest(directory: &Path) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(directory).map_err(Error::file("read", directory))?;
    let is_data = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    // Other benches have their results here as well: what is no comparison is passed by.
    let is_whole = |path: &PathBuf| read(path).is_ok_and(|comparison| comparison.only.is_empty());
    let found = entries.flatten().map(|entry| entry.path()).filter(|path| is_data(path) && is_whole(path)).max();
    found.ok_or_else(|| Error::Answer {
        attempt: "find the latest comparison",
        answer: format!("{} has no whole one: `make bench-peers` makes it", directory.display()),
    })
}

/// The page with its table made anew of a comparison, which lies at `named` as seen from the page. Nothing without markers.
pub fn rewritten(page: &str, named: &str, comparison: &Comparison) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{named}{BEGIN_END}{}{END}{after}", table(named, comparison)))
}

fn table(named: &str, comparison: &Comparison) -> String {
    let Comparison { date, machine, rounds, seconds, medians, .. } = comparison;
    let page = named.replace(".json", ".md");
    let mut text = format!(
        "Measured by `make bench-peers` on {} cores of {} that the load generator shares, {date}: one hot SKU, one unit a request,\n\
         answers a second and p50 / p99 in ms, medians of {rounds} interleaved rounds of {seconds} s ([spread, targets and plots]({page})).\n\n\
         | connections | {} | to Redis `always` | to hyper |\n|---:|{}---:|---:|\n",
        machine.cores,
        machine.cpu,
        RESERVERS.join(" | ").replace(", always", " `always`").replace(", everysec", " `everysec` (not durable)"),
        "---:|".repeat(RESERVERS.len()),
    );
    for connections in CONNECTIONS {
        let cells = RESERVERS.map(|name| {
            find(medians, name, connections).map_or_else(String::new, |median| {
                format!("{}/s, {} / {}", count(median.rate), ms(median.p50_us), ms(median.p99_us))
            })
        });
        let to = |other| ratio(rate_ratio(medians, TIDEGATE, other, connections));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {connections} | {} | {} | {} |", cells.join(" | "), to(REDIS), to(HYPER));
    }
    text
}
