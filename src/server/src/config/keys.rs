//! Every key of the configuration, once: name, range with unit, default, meaning.
//! The reader, the messages, `tidegate serve --help` and `config/tidegate.toml` all follow this
//! table. It knows nothing of where a value comes from, nor of the server that uses it.

pub use super::kind::Kind;

/// What the name of every environment variable of ours begins with.
pub const ENV_PREFIX: &str = "TIDEGATE_";

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// The dotted name, `engine.shards`.
    pub path: &'static str,
    /// What values it takes, and which one stands when none is given.
    pub kind: Kind,
    /// One sentence on what it does.
    pub doc: &'static str,
}

/// Keys of live sections that nevertheless size memory which is taken at the start.
const SIZED_AT_THE_START: &[&str] = &["gateway.max_clients", "gateway.cache_bytes"];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;
const MIB: i64 = 1024 * 1024;
const GIB: i64 = 1024 * MIB;

/// The table, in the order of `config/tidegate.toml`.
pub const KEYS: &[Key] = &[
    path("data_dir", "data", "Where log and store live, with a LOCK that keeps a second process out."),
    address("listen.api", "127.0.0.1:7700", "Where the platform's backends reserve; port 0 takes any free one."),
    address("listen.admin", "127.0.0.1:7701", "Where operators look and steer; port 0 takes any free one."),
    Key {
        path: "listen.gateway",
        kind: Kind::OptionalAddress { default: "127.0.0.1:7780" },
        doc: "Where shoppers come through to the platform; empty switches the gateway off, and without an upstream it is off too.",
    },
    number("engine.shards", (0, 64, "shards"), 0, "How many shards decide reservations; 0 is one a core."),
    number("engine.io_threads", (0, 256, "threads"), 0, "How many threads serve connections; 0 is one a core."),
    number(
        "engine.queue_capacity",
        (64, 1 << 22, "commands"),
        65_536,
        "How many commands may wait at a shard before it answers `overloaded`.",
    ),
    number(
        "engine.default_ttl_ms",
        (1, 30 * DAY_MS, "ms"),
        600_000,
        "How long a reservation is held when neither it nor its SKU says; at most `max_hold_ms`.",
    ),
    number(
        "engine.max_hold_ms",
        (1, 30 * DAY_MS, "ms"),
        DAY_MS,
        "The longest that a reservation may be held, extensions included.",
    ),
    choice(
        "engine.on_confirm",
        &["allocate", "fulfil"],
        "allocate",
        "What a confirm leaves: units allocated until they are fulfilled, or shipped in the same step, for shops that never report shipments.",
    ),
    number(
        "engine.max_payment_grace_ms",
        (1, 30 * DAY_MS, "ms"),
        900_000,
        "How long a payment may keep a hold from its first `payment-started` on.",
    ),
    number(
        "engine.idempotency_window_ms",
        (1000, 30 * DAY_MS, "ms"),
        DAY_MS,
        "How long the key of an ended reservation is remembered.",
    ),
    number(
        "engine.idempotency_max_keys",
        (1, 1_000_000_000, "keys"),
        4_000_000,
        "How many keys of ended reservations, of adjustments, and short lines of refusals are remembered, of each; keys of live reservations always are.",
    ),
    number(
        "engine.max_reservations",
        (1, 1_000_000_000, "reservations"),
        20_000_000,
        "How many live reservations fit in memory before new ones get `storage_full`.",
    ),
    number(
        "engine.max_customer_buckets",
        (1, 1_000_000_000, "buckets"),
        20_000_000,
        "How many customers are counted, each once for every SKU and sale that limits customers, before new ones get `storage_full`.",
    ),
    number(
        "engine.max_skus",
        (1, 1_000_000_000, "SKUs"),
        20_000_000,
        "How many SKUs fit in memory before a write that creates one gets `storage_full`.",
    ),
    number(
        "engine.max_sales",
        (1, 10_000_000, "sales"),
        100_000,
        "How many sales fit in memory before a write that creates one gets `storage_full`; a sale is never forgotten.",
    ),
    stepped(
        "log.segment_bytes",
        (4 * MIB, 4 * GIB, "bytes"),
        512,
        256 * MIB,
        "How long a segment of the log grows before the next one is opened.",
    ),
    number(
        "log.reserve_bytes",
        (MIB, 4 * GIB, "bytes"),
        64 * MIB,
        "Disk space kept back for settling and expiry on a full disk; at most `segment_bytes`.",
    ),
    number(
        "log.retention_bytes",
        (0, 1 << 50, "bytes"),
        10 * GIB,
        "How much of the log is kept although the store has all of it; segments are let go whole.",
    ),
    number(
        "store.checkpoint_interval_ms",
        (100, HOUR_MS, "ms"),
        10_000,
        "How often the store is made durable, so that a restart replays less of the log.",
    ),
    number(
        "store.history_days",
        (0, 3650, "days"),
        30,
        "How long ended reservations, events and balances of earlier times are kept; 0 is as long as idempotency keys.",
    ),
    number(
        "store.memtable_bytes",
        (MIB, 1 << 36, "bytes"),
        128 * MIB,
        "Memory for what the store has taken and not written to its files yet; it writes them when this is full, and at checkpoints.",
    ),
    number("store.cache_bytes", (8 * MIB, 1 << 40, "bytes"), 128 * MIB, "Memory for what is often read of the store."),
    number(
        "http.max_connections",
        (1, 1_000_000, "connections"),
        16_384,
        "How many connections each listener keeps open at once; when nine of ten are taken, each is closed after its answer.",
    ),
    number(
        "http.header_timeout_ms",
        (100, HOUR_MS, "ms"),
        10_000,
        "How long a client may take to send the headers of a request.",
    ),
    number(
        "http.body_timeout_ms",
        (100, HOUR_MS, "ms"),
        30_000,
        "How long a client may take to send the body of a request.",
    ),
    number("http.send_timeout_ms", (100, HOUR_MS, "ms"), 30_000, "How long a client may take to accept an answer."),
    number("http.drain_timeout_ms", (0, HOUR_MS, "ms"), 10_000, "How long requests in flight may take after SIGTERM."),
    number(
        "admission.target_delay_ms",
        (1, 10_000, "ms"),
        5,
        "Queues are standing while nothing waited for less than this within an interval: then less is let in.",
    ),
    number(
        "admission.drop_delay_ms",
        (1, 60_000, "ms"),
        10,
        "While queues are standing, what itself waited longer than this is refused.",
    ),
    number("admission.interval_ms", (10, 10_000, "ms"), 100, "The interval of which the smallest wait counts."),
    number(
        "admission.level_window_ms",
        (100, 60_000, "ms"),
        1_000,
        "How often the admitted level is moved at least; under load it is after 2,000 requests.",
    ),
    number(
        "admission.level_decrease_percent",
        (1, 50, "%"),
        5,
        "How much less is let in after a window that was overloaded.",
    ),
    number("admission.level_increase_percent", (1, 50, "%"), 1, "How much more is let in after a window that was not."),
    number(
        "admission.shadow_target_delay_ms",
        (0, 10_000, "ms"),
        0,
        "A `target_delay_ms` that is only tried: what it would have refused is counted; 0 is the one in force.",
    ),
    number(
        "admission.shadow_level_decrease_percent",
        (0, 50, "%"),
        0,
        "A `level_decrease_percent` that is only tried; 0 is the one in force.",
    ),
    number(
        "admission.brownout_up_after_ms",
        (100, HOUR_MS, "ms"),
        2_000,
        "How long load presses without a pause before the brownout level goes up by one.",
    ),
    number(
        "admission.brownout_down_after_ms",
        (100, HOUR_MS, "ms"),
        30_000,
        "How long it has not pressed before the brownout level goes down by one.",
    ),
    number(
        "admission.brownout_highest",
        (0, 3, "levels"),
        3,
        "The highest brownout level that load alone leads to; an operator may pin a higher one.",
    ),
    number(
        "admission.limit_min",
        (1, 10_000, "calls"),
        2,
        "The concurrency limit that is found for an upstream is never below this.",
    ),
    number(
        "admission.limit_max",
        (1, 100_000, "calls"),
        1_000,
        "The concurrency limit that is found for an upstream is never above this.",
    ),
    number(
        "admission.breaker_failures_in_a_row",
        (1, 10_000, "failures"),
        10,
        "So many failures in a row open an upstream's breaker; five of them, or this if it is less, eject an endpoint.",
    ),
    number(
        "admission.breaker_failure_percent",
        (1, 100, "%"),
        50,
        "So many failures among at least 20 calls open a breaker.",
    ),
    number("admission.breaker_window_ms", (100, HOUR_MS, "ms"), 10_000, "Of which span the failures are counted."),
    number(
        "admission.breaker_open_min_ms",
        (10, HOUR_MS, "ms"),
        1_000,
        "How long a breaker stays open the first time; each further time twice as long.",
    ),
    number("admission.breaker_open_max_ms", (10, HOUR_MS, "ms"), 60_000, "How long a breaker stays open at most."),
    number(
        "admission.retry_percent",
        (0, 100, "%"),
        10,
        "How many retries there may be for a hundred requests, beside ten within ten seconds in any case.",
    ),
    number(
        "gateway.trusted_hops",
        (0, 16, "proxies"),
        0,
        "How many proxies of yours stand before the gateway: so many entries of X-Forwarded-For are believed, from the right.",
    ),
    number(
        "gateway.client_rate_per_s",
        (0, 1_000_000, "requests a second"),
        0,
        "How many requests one client may make; 0 is any number.",
    ),
    number(
        "gateway.client_burst",
        (0, 1_000_000, "requests"),
        0,
        "How many of them at once; 0 is as many as in a second.",
    ),
    number(
        "gateway.clients_per_address",
        (0, 1_000_000, "clients"),
        64,
        "How many clients with sessions or API keys of their own may be behind one address: together they may make so many times what one may; 0 is any number.",
    ),
    number(
        "gateway.shadow_client_rate_per_s",
        (0, 1_000_000, "requests a second"),
        0,
        "A `client_rate_per_s` that is only tried, with a burst of as many: what it would have refused is counted; 0 tries none.",
    ),
    number(
        "gateway.max_clients",
        (1_024, 16_777_216, "clients"),
        262_144,
        "How many clients are told apart at once; the memory for them is taken at the start.",
    ),
    number(
        "gateway.cache_bytes",
        (0, 1 << 40, "bytes"),
        67_108_864,
        "How much memory answers may take that routes with `cache_ttl_ms` keep; 0 keeps none.",
    ),
    Key {
        path: "gateway.session_cookie",
        kind: Kind::Name { most: 64 },
        doc: "The cookie that names a shopper's session; none when empty.",
    },
    Key {
        path: "gateway.api_key_header",
        kind: Kind::Name { most: 64 },
        doc: "The header that names a client by its API key; none when empty.",
    },
    choice("telemetry.log_format", &["text", "json"], "text", "How the program's own messages are written to stderr."),
    choice(
        "telemetry.log_level",
        &["error", "warn", "info", "debug", "trace"],
        "info",
        "The least severe of the program's own messages that is written.",
    ),
];

const fn number(path: &'static str, range: (i64, i64, &'static str), default: i64, doc: &'static str) -> Key {
    stepped(path, range, 1, default, doc)
}

const fn stepped(
    path: &'static str,
    (min, max, unit): (i64, i64, &'static str),
    step: i64,
    default: i64,
    doc: &'static str,
) -> Key {
    let kind = Kind::Number { min, max, step, unit, default };
    Key { path, kind, doc }
}

const fn choice(path: &'static str, of: &'static [&'static str], default: &'static str, doc: &'static str) -> Key {
    let kind = Kind::Choice { of, default };
    Key { path, kind, doc }
}

const fn address(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    let kind = Kind::Address { default };
    Key { path, kind, doc }
}

const fn path(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    let kind = Kind::Path { default };
    Key { path, kind, doc }
}

impl Key {
    /// The key of that dotted name.
    pub fn find(path: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.path == path)
    }

    /// The environment variable that sets it, `TIDEGATE_ENGINE__SHARDS`.
    pub fn env_name(&self) -> String {
        ENV_PREFIX.to_owned() + &self.path.replace('.', "__").to_uppercase()
    }

    /// The section that it stands in, empty at the top of the file.
    pub fn section(&self) -> &'static str {
        self.path.split_once('.').map_or("", |(section, _)| section)
    }

    /// Whether a running server takes another value, by `PATCH /admin/v1/config` or by reading its file again.
    pub fn is_live(&self) -> bool {
        match self.section() {
            "admission" | "gateway" => !SIZED_AT_THE_START.contains(&self.path),
            _ => self.path == "telemetry.log_level",
        }
    }

    /// Range and default in words, and whether it is live, as the commented file and the help show them.
    pub fn summary(&self) -> String {
        let live = if self.is_live() { " Live." } else { "" };
        format!("Allowed: {}. Default: {}.{live}", self.kind.allowed(), self.kind.default())
    }
}

/// The keys in words, for `tidegate serve --help`.
pub fn help() -> String {
    let intro = format!(
        "Configuration keys. A file sets them by section, the environment by name ({ENV_PREFIX}ENGINE__SHARDS \
         for `engine.shards`):\n"
    );
    let entry = |key: &Key| format!("\n  {}\n      {}\n      {}\n", key.path, key.doc, key.summary());
    std::iter::once(intro).chain(KEYS.iter().map(entry)).collect()
}
