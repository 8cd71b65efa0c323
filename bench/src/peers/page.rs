//! The comparison as a page for people. It must not measure, nor write what names a machine.

use std::fmt::Write as _;

use super::Comparison;
use super::figures::{count, ms, ratio, us};
use super::medians::{Median, find, rate_ratio};
use super::subject::{
    BY_SKUS, DIRECT, GATEWAY, HAPROXY, HYPER, NGINX, PROXIES, REDIS, RESERVERS, TIDEGATE, TIGERBEETLES,
};
use super::targets::{Row, rows};

/// What is said of what a section measures.
const RESERVATIONS: &str = "Each keeps its connections busy with reservations of one unit for another id each, with customer and \
    deadline. All but `redis, everysec` and hyper, which answers a constant of as many bytes, are durable before they answer.";
const ANSWERS: &str = "Hyper alone reads the same requests and answers bodies as long.";
const OPEN: &str = "Requests are due at fixed times, a quarter, a half, three quarters and nine tenths of what each reached above, \
    over as many connections as it was fastest over, whatever became of those before; latencies count from when a request was due. What had no answer ten seconds after \
    the end counts with the time that it had taken, as unanswered.";
const PROXYING: &str = "The upstream is hyper with a constant answer of 230 bytes. Each proxy has one worker thread, keeps its \
    connections to the upstream, and writes no access log; Tidegate's admission is on, with a limit of 1,000 calls.";
const TIGERBEETLE: &str = "One replica with its own settings. A hold is a pending transfer with a timeout, from an account whose \
    debits must not exceed its credits; its own client sends them, from as many sessions as there are connections, each with one \
    request under way. Rates are holds a second, latencies those of a request.";
const ABSENT: &str = " TigerBeetle is not measured: `TIGERBEETLE=path` names its program.";

/// The page. Plots are named as they stand beside it.
pub fn markdown(comparison: &Comparison, plots: &[String]) -> String {
    let Comparison { date, machine, rounds, seconds, medians, .. } = comparison;
    let tigerbeetle = closed(medians, &TIGERBEETLES.map(|(name, ..)| name));
    let absent = if tigerbeetle.is_empty() { ABSENT } else { "" };
    let mut page = format!(
        "# Peers, {date}\n\n\
         {} cores of {}, kernel {}; load and servers share them. Medians of {rounds} interleaved rounds of {seconds} s, in \
         brackets the slowest and the fastest round; every round starts everybody anew. CPU is what a server's processes take \
         for each answer. A 4 KiB write with its `fdatasync` into preallocated space takes {:.0} us at the median.{absent}\n",
        machine.cores, machine.cpu, machine.kernel, comparison.fdatasync_p50_us
    );
    page += &targets(&rows(medians, comparison.fdatasync_p50_us));
    let skus: Vec<&str> = BY_SKUS.iter().map(|(_, name)| *name).collect();
    let answers: Vec<&str> = medians.iter().map(|median| &*median.target).filter(|name| is_answer(name)).collect();
    page += &section("Reservations", RESERVATIONS, &closed(medians, &RESERVERS));
    page += &section("TigerBeetle", TIGERBEETLE, &tigerbeetle);
    page += &section("By the number of SKUs", "Over 256 connections.", &closed(medians, &skus[1..]));
    page += &section("Refusals and reads", ANSWERS, &closed(medians, &answers));
    page += &section("At fixed rates", OPEN, &open(medians));
    page += &section("Proxies", PROXYING, &proxies(medians));
    for plot in plots {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n![{plot}]({plot})\n");
    }
    page
}

fn is_answer(name: &str) -> bool {
    name.ends_with("sold out") || name.ends_with("read")
}

/// Nothing when there are no rows.
fn section(title: &str, text: &str, table: &str) -> String {
    if table.is_empty() { String::new() } else { format!("\n## {title}\n\n{text}\n\n{table}") }
}

fn targets(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let Row { what, target, reached, ratio, holds, section } = row;
        let verdict = if *holds { "" } else { ", missed" };
        format!("| {what} | {target} | {reached} | {ratio:.2}{verdict} | `make bench-peers ONLY={section}` |\n")
    };
    let text = "Ratios, each of one run. Batches, memory, recovery and disk have programs of their own (`make help`).";
    section(
        "Targets",
        text,
        &table("| what | target | reached | ratio | command |\n|---|---|---|---|---|\n", rows.iter().map(row)),
    )
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    if rows.is_empty() { rows } else { format!("{head}{rows}") }
}

fn closed(medians: &[Median], names: &[&str]) -> String {
    let head = "| who | connections | answers/s | p50 ms | p99 ms | p99.9 ms | CPU us | to Redis `always` | to hyper |\n\
                |---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    let is_here = |median: &&Median| median.offered_per_s.is_none() && names.contains(&&*median.target);
    table(
        head,
        medians.iter().filter(is_here).map(|median| {
            let Median { target, connections, .. } = median;
            let bare = bare_of(target);
            let to = |other: &str| ratio(rate_ratio(medians, target, other, *connections).filter(|_| other != target));
            let to_redis = if names.contains(&REDIS) { to(REDIS) } else { String::new() };
            format!("| {target} | {connections} | {} | {to_redis} | {} |\n", figures(median), to(&bare))
        }),
    )
}

/// The bare server that does the same.
fn bare_of(name: &str) -> String {
    if is_answer(name) { name.replace(TIDEGATE, HYPER) } else { HYPER.to_owned() }
}

/// The cells that every table has.
fn figures(median: &Median) -> String {
    let Median { rate, rate_min, rate_max, p50_us, p99_us, p999_us, cpu_us, .. } = median;
    let spread = format!("{} ({}-{})", count(*rate), count(*rate_min), count(*rate_max));
    format!("{spread} | {} | {} | {} | {}", ms(*p50_us), ms(*p99_us), ms(*p999_us), us(*cpu_us))
}

fn open(medians: &[Median]) -> String {
    let head = "| who | connections | offered/s | answers/s | p50 ms | p99 ms | p99.9 ms | CPU us | unanswered |\n\
                |---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    table(
        head,
        medians.iter().filter_map(|median| {
            let offered = count(f64::from(median.offered_per_s?));
            let Median { target, connections, unanswered, .. } = median;
            Some(format!("| {target} | {connections} | {offered} | {} | {unanswered} |\n", figures(median)))
        }),
    )
}

fn proxies(medians: &[Median]) -> String {
    let head = "| who | connections | answers/s | p50 ms | p99 ms | p99.9 ms | CPU us | added p50 ms | of the better |\n\
                |---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    table(
        head,
        medians.iter().filter(|median| PROXIES.contains(&&*median.target)).map(|median| {
            let Median { target, connections, p50_us, .. } = median;
            let direct = find(medians, DIRECT, *connections).filter(|_| target != DIRECT);
            let added = direct.map_or_else(String::new, |direct| format!("{:.2}", (p50_us - direct.p50_us) / 1e3));
            let others = [NGINX, HAPROXY].map(|other| rate_ratio(medians, target, other, *connections));
            let of_better = others.into_iter().flatten().min_by(f64::total_cmp).filter(|_| target == GATEWAY);
            format!("| {target} | {connections} | {} | {added} | {} |\n", figures(median), ratio(of_better))
        }),
    )
}
