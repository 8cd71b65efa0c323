//! wrk as the load, with one thread, and what it has measured. It must not know who is asked.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::ADVICE;
use crate::Error;
use crate::load::Summary;

/// wrk with a script that tells the figures.
pub(super) struct Wrk {
    script: PathBuf,
}

#[derive(Deserialize)]
struct Figures {
    requests: u64,
    duration_us: f64,
    p50_us: f64,
    p99_us: f64,
    p999_us: f64,
    max_us: f64,
    errors: u64,
}

impl Wrk {
    /// Its script lives in `work`.
    pub(super) fn new(work: &Path) -> Result<Self, Error> {
        let script = work.join("figures.lua");
        fs::write(&script, include_str!("figures.lua")).map_err(Error::file("write", &script))?;
        Ok(Self { script })
    }

    /// Loads an address for whole seconds.
    pub(super) fn run(
        &self,
        target: &'static str,
        address: SocketAddr,
        connections: usize,
        measured: Duration,
    ) -> Result<Summary, Error> {
        let failed = |problem: String| Error::Program { program: "wrk".to_owned(), problem };
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", &connections.to_string()]).arg("--script").arg(&self.script);
        command.args(["--duration", &format!("{}s", measured.as_secs()), &format!("http://{address}/item/1")]);
        let output = command.output().map_err(|error| failed(format!("{error}; {ADVICE}")))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(failed(format!("{text}{}", String::from_utf8_lossy(&output.stderr))));
        }
        parse(target, connections, &text).ok_or_else(|| failed(format!("it printed what is not understood: {text}")))
    }
}

/// The figures in what wrk printed; nothing without them.
pub fn parse(target: &'static str, connections: usize, text: &str) -> Option<Summary> {
    let line = text.lines().find_map(|line| line.strip_prefix("figures "))?;
    let figures: Figures = serde_json::from_str(line).ok()?;
    let Figures { requests, duration_us, p50_us, p99_us, p999_us, max_us, errors } = figures;
    let seconds = duration_us / 1e6;
    let rate = (requests as f64 / seconds).round();
    Some(Summary {
        target,
        connections,
        seconds,
        requests,
        rate,
        p50_us,
        p99_us,
        p999_us,
        max_us,
        errors,
        first_error: None,
    })
}
