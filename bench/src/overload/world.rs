//! What a row is played in: a stub platform, a server with a gateway before it, and what must be given back once the load has
//! gone. It must not know the load.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::watch::Watcher;
use crate::Error;
use crate::platform::{Platform, Settings};
use crate::server::Server;

/// A server that has not given everything back by then has lost it.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);
/// Above what it had at rest: buffers and tables that an allocator keeps are no leak.
pub(super) const SPARE_BYTES: u64 = 64 << 20;

/// What a row wants to be different.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) platform: Settings,
    /// How long the gateway waits for the platform.
    pub(super) timeout_ms: u64,
    /// Requests a second of one client; 0 for no quota.
    pub(super) client_rate_per_s: u32,
    /// Whether failures open the breakers.
    pub(super) has_breaker: bool,
    /// That each listener may keep at once.
    pub(super) connections: u64,
}

impl Default for Setup {
    fn default() -> Self {
        let platform = Settings::default();
        Self { platform, timeout_ms: 5_000, client_rate_per_s: 0, has_breaker: true, connections: 4_000 }
    }
}

pub(super) struct World {
    pub(super) platform: Platform,
    pub(super) server: Server,
    /// The server's memory before anybody came.
    pub(super) rest_bytes: u64,
    work: TempDir,
}

/// As the server shares them: so many of so many are the gateway's, of those that it does not need itself.
const GATEWAY_DESCRIPTORS: (u64, u64) = (9, 16);
const OWN_DESCRIPTORS: u64 = 64;

impl World {
    pub(super) fn new(tidegate: &Path, setup: &Setup) -> Result<Self, Error> {
        raise_descriptors(setup.connections);
        let platform = Platform::start(setup.platform.clone())?;
        let work = crate::work_directory(None)?;
        let config = work.path().join("overload.toml");
        fs::write(&config, config_of(setup, platform.address)).map_err(Error::file("write", &config))?;
        let log = work.path().join("server.log");
        let messages = File::create(&log).map_err(Error::file("create", &log))?;
        let data = work.path().join("data");
        let mut server = Server::start_gateway(tidegate, &data, &config, &[], Stdio::from(messages))?;
        if server.gateway.is_empty() || !server.is_ready()? {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(Error::Program { program: tidegate.display().to_string(), problem: said });
        }
        let rest_bytes = server.resident_bytes();
        Ok(Self { platform, server, rest_bytes, work })
    }

    /// Where clients come.
    pub(super) fn gateway(&self) -> Result<SocketAddr, Error> {
        Server::address(&self.server.gateway)
    }

    /// A path for what a load leaves.
    pub(super) fn file(&self, name: &str) -> std::path::PathBuf {
        self.work.path().join(name)
    }

    /// Open connections of a listener, as its metric tells.
    pub(super) fn connections(&self, listener: &str) -> Result<f64, Error> {
        self.server.metric(&format!("tidegate_http_connections{{listener=\"{listener}\"}}"))
    }

    /// Waits until calls, streams and connections are given back, and says what was not.
    pub(super) fn leaks(&self) -> Result<Vec<String>, Error> {
        let watcher = Watcher::new(&self.server);
        let started = Instant::now();
        loop {
            let look = watcher.look()?;
            let connections = self.connections("gateway")?;
            let spare_mib = look.resident_bytes.saturating_sub(self.rest_bytes) >> 20;
            let kept = [
                (look.in_flight > 0, format!("{} places at the platform", look.in_flight)),
                (look.streams > 0, format!("{} streams", look.streams)),
                (connections > 0.0, format!("{connections} connections of the gateway")),
                (look.resident_bytes > self.rest_bytes + SPARE_BYTES, format!("{spare_mib} MiB more than at rest")),
            ];
            let kept: Vec<String> = kept.into_iter().filter(|(is_kept, _)| *is_kept).map(|(_, what)| what).collect();
            if kept.is_empty() || started.elapsed() > PATIENCE {
                return Ok(kept);
            }
            thread::sleep(PAUSE);
        }
    }
}

/// So many connections the gateway can keep here, of those wanted: the system may not let us have the descriptors.
pub(super) fn connections_allowed(wanted: u64) -> u64 {
    raise_descriptors(wanted);
    let (soft, _) = rlimit::Resource::NOFILE.get().unwrap_or((0, 0));
    let (share, of) = GATEWAY_DESCRIPTORS;
    wanted.min(soft.saturating_sub(OWN_DESCRIPTORS) * share / of)
}

/// To what so many connections of the gateway take, as far as the system lets us.
fn raise_descriptors(connections: u64) {
    let (share, of) = GATEWAY_DESCRIPTORS;
    let wanted = (connections * of).div_ceil(share) + OWN_DESCRIPTORS;
    let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap_or((0, 0));
    if soft < wanted && rlimit::Resource::NOFILE.set(wanted, hard.max(wanted)).is_err() {
        // Only root may raise the hard limit.
        let _ = rlimit::increase_nofile_limit(wanted);
    }
}

fn config_of(setup: &Setup, platform: SocketAddr) -> String {
    let Setup { timeout_ms, client_rate_per_s, has_breaker, connections, .. } = setup;
    // The highest that may be set: nothing but failure opens it then.
    let breaker = "[admission]\nbreaker_failures_in_a_row = 10000\nbreaker_failure_percent = 100\n\n";
    let mut config = if *has_breaker { String::new() } else { breaker.to_owned() };
    // Writing to a String cannot fail.
    let _ = write!(
        config,
        "[http]\nmax_connections = {connections}\nheader_timeout_ms = 600000\n\n\
         [gateway]\napi_key_header = \"x-api-key\"\nclient_rate_per_s = {client_rate_per_s}\n\n\
         [[gateway.upstream]]\nname = \"platform\"\nurl = \"http://{platform}\"\ntimeout_ms = {timeout_ms}\n"
    );
    for (path, class) in [
        ("payments", "payment"),
        ("checkout", "checkout"),
        ("browse", "browse"),
        ("recommendations", "non_essential"),
        ("admin", "admin"),
    ] {
        let _ =
            write!(config, "\n[[gateway.route]]\npath = \"/{path}/*\"\nclass = \"{class}\"\nupstream = \"platform\"\n");
    }
    config
}
