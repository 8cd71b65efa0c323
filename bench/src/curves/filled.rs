//! A server that is filled and waited for: its own settings, but that nobody is turned away and no checkpoint falls into a
//! measurement. It must not measure.

use std::net::SocketAddr;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Options;
use crate::server::Server;
use crate::{Error, bulk};

/// Longer than any run: what expires by itself is nobody's load.
pub(super) const LONG_MS: u64 = 80_000_000;

const UNITS: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(300);
/// Looking costs the server something as well.
const PAUSE: Duration = Duration::from_millis(500);
/// A server that takes less of a processor than this has nothing left to do, or has done what it could.
const QUIET: f64 = 0.05;
const MOST_LOOKS: u32 = 60;

/// A log that takes little disk, where several servers live side by side.
pub(super) const SMALL_LOG: [(&str, &str); 2] =
    [("TIDEGATE_LOG__SEGMENT_BYTES", "67108864"), ("TIDEGATE_LOG__RESERVE_BYTES", "1048576")];

const SETTINGS: [(&str, &str); 5] = [
    ("TIDEGATE_ADMISSION__TARGET_DELAY_MS", "10000"),
    ("TIDEGATE_ADMISSION__DROP_DELAY_MS", "60000"),
    ("TIDEGATE_STORE__CHECKPOINT_INTERVAL_MS", "3600000"),
    ("TIDEGATE_LOG__RETENTION_BYTES", "0"),
    ("TIDEGATE_TELEMETRY__LOG_LEVEL", "error"),
];

/// A server and its data, which go with it.
pub(super) struct Filled {
    pub(super) server: Server,
    _data: TempDir,
}

impl Filled {
    /// Starts one with these settings beside the common ones.
    pub(super) fn start(options: &Options, settings: &[(&str, &str)]) -> Result<Self, Error> {
        let data = crate::work_directory(Some(&options.work))?;
        let all: Vec<_> = SETTINGS.iter().chain(settings).map(|(key, value)| (*key, (*value).to_owned())).collect();
        let mut server = Server::start(&options.tidegate, &data.path().join("data"), &all, Stdio::inherit())?;
        if server.is_ready()? {
            return Ok(Self { server, _data: data });
        }
        Err(Error::Promise("the server was killed while it started".to_owned()))
    }

    pub(super) fn address(&self) -> Result<SocketAddr, Error> {
        Server::address(&self.server.api)
    }

    /// SKUs by their number, in one location.
    pub(super) fn stock(&self, name: impl Fn(u64) -> String, skus: u64) -> Result<(), Error> {
        bulk::stock(&self.server.api, (0..skus).map(name), UNITS)
    }

    pub(super) fn operations(&self, operations: impl Iterator<Item = String>) -> Result<(), Error> {
        bulk::operations(&self.server.api, "fill the server", operations)
    }

    /// Waits for something that the server tells.
    pub(super) fn wait_until(
        &self,
        what: &str,
        pause: Duration,
        is_so: impl Fn(&Server) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let started = Instant::now();
        while !is_so(&self.server)? {
            if started.elapsed() > PATIENCE {
                return Err(Error::Promise(format!("{what}: not so after {} s", PATIENCE.as_secs())));
            }
            thread::sleep(pause);
        }
        Ok(())
    }

    /// Waits until the store has what the log has. Some gauges are a fifth of a second old, hence the pause before.
    pub(super) fn caught_up(&self) -> Result<(), Error> {
        thread::sleep(PAUSE);
        self.wait_until("the store follows the log", PAUSE, |server| {
            Ok(server.metric("tidegate_applied_lsn")? >= server.metric("tidegate_durable_lsn")?)
        })
    }

    /// Makes the store durable, and waits until nothing is done any more.
    pub(super) fn settled(&self) -> Result<(), Error> {
        self.caught_up()?;
        self.server.checkpoint()?;
        for _ in 0..MOST_LOOKS {
            let before_s = self.server.processor_s();
            thread::sleep(PAUSE);
            if self.server.processor_s() - before_s <= QUIET * PAUSE.as_secs_f64() {
                break;
            }
        }
        Ok(())
    }
}

/// An operation of a batch: a hold of one unit.
pub(super) fn hold(id: &str, customer: &str, sku: &str, ttl_ms: u64) -> String {
    format!(
        r#"{{"op":"reserve","id":"{id}","customer":"{customer}","ttl_ms":{ttl_ms},"lines":[{{"sku":"{sku}","quantity":1}}]}}"#
    )
}
