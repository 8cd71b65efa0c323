//! The configuration, in two stages: `raw` holds what was written and where, [`Config`] holds what
//! is true. Past [`Config::load`] nothing is checked again.
//! It knows nothing of HTTP or of the engine; it only says what they are to run with.

mod error;
pub mod gateway;
pub mod keys;
mod kind;
mod load;
mod overlay;
pub mod path;
mod raw;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

pub use error::{ConfigError, Origin};
pub use load::{Base, Settled, Sources};
pub use overlay::{Overlay, live_paths};
use raw::Raw;

/// What the server runs with; every value is within its range (see [`keys::KEYS`]).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where log and store live.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: Listen,
    /// The engine.
    pub engine: Engine,
    /// The durable log.
    pub log: Log,
    /// The store.
    pub store: Store,
    /// Limits on clients.
    pub http: Http,
    /// Overload.
    pub admission: Admission,
    /// The gateway.
    pub gateway: Gateway,
    /// What the program tells about itself.
    pub telemetry: Telemetry,
}

/// Where to listen. The two differ, unless both ask for any free port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// For the platform's backends.
    pub api: SocketAddr,
    /// For operators.
    pub admin: SocketAddr,
    /// For shoppers; none where the gateway is off.
    #[serde(deserialize_with = "optional_address")]
    pub gateway: Option<SocketAddr>,
}

/// When less is let in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// The wait above which queues are standing, in milliseconds.
    pub target_delay_ms: u64,
    /// The wait after which a request is refused then, in milliseconds.
    pub drop_delay_ms: u64,
    /// Of which span the smallest wait counts, in milliseconds.
    pub interval_ms: u64,
    /// How often the admitted level is moved at least, in milliseconds.
    pub level_window_ms: u64,
    /// How much less is let in after an overloaded window, in percent.
    pub level_decrease_percent: u32,
    /// How much more after another, in percent.
    pub level_increase_percent: u32,
    /// A `target_delay_ms` that is only tried; 0 for the one in force.
    pub shadow_target_delay_ms: u64,
    /// A `level_decrease_percent` that is only tried; 0 for the one in force.
    pub shadow_level_decrease_percent: u32,
    /// How long load presses before brownout goes up by a level, in milliseconds.
    pub brownout_up_after_ms: u64,
    /// How long it has not pressed before it goes down by one, in milliseconds.
    pub brownout_down_after_ms: u64,
    /// The highest level that load alone leads to.
    pub brownout_highest: u8,
    /// The least that the concurrency limit of an upstream is; at most `limit_max`.
    pub limit_min: u32,
    /// The most that it is.
    pub limit_max: u32,
    /// Failures in a row that open a breaker.
    pub breaker_failures_in_a_row: u32,
    /// Failures within `breaker_window_ms` that open a breaker, in percent.
    pub breaker_failure_percent: u32,
    /// Of which span they are counted, in milliseconds.
    pub breaker_window_ms: u64,
    /// How long a breaker is open the first time, in milliseconds; at most `breaker_open_max_ms`.
    pub breaker_open_min_ms: u64,
    /// How long at most, in milliseconds.
    pub breaker_open_max_ms: u64,
    /// Retries for a hundred requests.
    pub retry_percent: u32,
}

/// What stands before the platform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Proxies before it that are believed.
    pub trusted_hops: usize,
    /// Requests a second of one client; 0 for any number.
    pub client_rate_per_s: u32,
    /// Requests at once of one client; 0 for as many as in a second.
    pub client_burst: u32,
    /// Clients behind one address, by whose quotas the address's is reckoned; 0 for any number.
    pub clients_per_address: u32,
    /// Requests a second of one client that are only tried; 0 for none.
    pub shadow_client_rate_per_s: u32,
    /// Clients that are told apart.
    pub max_clients: usize,
    /// Memory for answers that are kept, in bytes; 0 keeps none.
    pub cache_bytes: u64,
    /// The cookie with the session, or empty.
    pub session_cookie: String,
    /// The header with the API key, or empty.
    pub api_key_header: String,
    /// Where calls go.
    #[serde(skip)]
    pub upstreams: Vec<gateway::Upstream>,
    /// What becomes of which requests.
    #[serde(skip)]
    pub routes: Vec<gateway::Route>,
}

/// The engine's sizes and times.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Shards; never 0.
    pub shards: usize,
    /// Threads that serve connections; never 0.
    pub io_threads: usize,
    /// Commands that may wait at one shard.
    pub queue_capacity: usize,
    /// How long a reservation is held by default, in milliseconds; at most `max_hold_ms`.
    pub default_ttl_ms: u64,
    /// The longest hold, in milliseconds.
    pub max_hold_ms: u64,
    /// What a confirm leaves.
    pub on_confirm: OnConfirm,
    /// How long a payment may keep a hold from its first word on, in milliseconds.
    pub max_payment_grace_ms: u64,
    /// How long keys of ended reservations are remembered, in milliseconds.
    pub idempotency_window_ms: u64,
    /// How many keys of ended reservations are remembered.
    pub idempotency_max_keys: usize,
    /// How many live reservations fit.
    pub max_reservations: u64,
    /// How many customers are counted, each once for every SKU and sale that limits customers.
    pub max_customer_buckets: u64,
    /// How many SKUs fit.
    pub max_skus: u64,
    /// How many sales fit.
    pub max_sales: u64,
}

/// What a confirm leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConfirm {
    /// Units allocated until they are fulfilled.
    Allocate,
    /// Units shipped in the same step.
    Fulfil,
}

/// The durable log's sizes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Length of a segment, in bytes.
    pub segment_bytes: u64,
    /// Disk space kept back for settling and expiry, in bytes; at most `segment_bytes`.
    pub reserve_bytes: u64,
    /// What is kept although the store has it, in bytes.
    pub retention_bytes: u64,
}

/// The store's times and sizes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Time between checkpoints, in milliseconds.
    pub checkpoint_interval_ms: u64,
    /// How long history is kept, in days.
    pub history_days: u64,
    /// Memory for what is not in the store's files yet, in bytes.
    pub memtable_bytes: usize,
    /// Memory for what is often read, in bytes.
    pub cache_bytes: usize,
}

/// Limits on clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Open connections per listener.
    pub max_connections: usize,
    /// Time for the headers of a request, in milliseconds.
    pub header_timeout_ms: u64,
    /// Time for the body of a request, in milliseconds.
    pub body_timeout_ms: u64,
    /// Time for a client to accept an answer, in milliseconds.
    pub send_timeout_ms: u64,
    /// Time for requests in flight once draining, in milliseconds.
    pub drain_timeout_ms: u64,
}

/// What the program tells about itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// The form of its messages.
    pub log_format: LogFormat,
    /// The least severe message that is written.
    #[serde(deserialize_with = "level")]
    pub log_level: tracing::Level,
}

/// The form of the program's own messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What the command line sets, as text; it wins over file and environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--data-dir`
    pub data_dir: Option<String>,
    /// `--api`
    pub api: Option<String>,
    /// `--admin`
    pub admin: Option<String>,
    /// `--gateway`
    pub gateway: Option<String>,
}

/// The process's environment. Bytes that are not UTF-8 become the replacement character, so that a
/// bad value of ours is refused like any other, and a bad one of somebody else's does no harm.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |bytes: std::ffi::OsString| bytes.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

impl Config {
    /// Puts the sources together, without an overlay: see [`Sources`].
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Self, ConfigError> {
        Sources::new(file, env, flags).read()?.settle(&Overlay::default()).map(|settled| settled.config)
    }

    fn check_relations(&self, raw: &Raw) -> Result<(), ConfigError> {
        let conflict = |left, rule, right| {
            let (left, right) = (raw.describe(left), raw.describe(right));
            ConfigError::Conflict { left: left.into(), rule, right: right.into() }
        };
        if self.engine.default_ttl_ms > self.engine.max_hold_ms {
            let (ttl, hold) = ("engine.default_ttl_ms", "engine.max_hold_ms");
            return Err(conflict(ttl, "not be above", hold));
        }
        if self.log.reserve_bytes > self.log.segment_bytes {
            let (reserve, segment) = ("log.reserve_bytes", "log.segment_bytes");
            return Err(conflict(reserve, "not be above", segment));
        }
        let listeners = [
            ("listen.api", Some(self.listen.api)),
            ("listen.admin", Some(self.listen.admin)),
            ("listen.gateway", self.listen.gateway),
        ];
        for (index, (name, address)) in listeners.iter().enumerate() {
            let same = |(_, other): &&(&str, Option<SocketAddr>)| address.is_some() && other == address;
            let clash = listeners[..index].iter().find(same);
            if let Some((other, Some(address))) = clash
                && address.port() != 0
            {
                return Err(conflict(name, "differ from", other));
            }
        }
        if self.admission.target_delay_ms > self.admission.drop_delay_ms {
            return Err(conflict("admission.target_delay_ms", "not be above", "admission.drop_delay_ms"));
        }
        if self.admission.limit_min > self.admission.limit_max {
            return Err(conflict("admission.limit_min", "not be above", "admission.limit_max"));
        }
        if self.admission.breaker_open_min_ms > self.admission.breaker_open_max_ms {
            return Err(conflict("admission.breaker_open_min_ms", "not be above", "admission.breaker_open_max_ms"));
        }
        Ok(())
    }
}

impl Engine {
    /// Gives 0, "by the number of cores", its meaning on this machine.
    fn use_cores(&mut self) {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        if self.shards == 0 {
            self.shards = cores.min(engine::MAX_SHARDS);
        }
        if self.io_threads == 0 {
            self.io_threads = cores;
        }
    }
}

fn optional_address<'de, D: Deserializer<'de>>(source: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(source)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn level<'de, D: Deserializer<'de>>(source: D) -> Result<tracing::Level, D::Error> {
    String::deserialize(source)?.parse().map_err(serde::de::Error::custom)
}
