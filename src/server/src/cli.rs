//! The command line, as clap reads it and as `--help` teaches it.
//! It knows nothing of what the commands do.

mod sizing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Flags, keys};
use crate::import::{Format, Job, PATIENCE, Source, Target};
pub use sizing::{BenchSelf, Plan};

/// Decides flash-sale reservations in memory, durably, and never oversells.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tidegate serve --data-dir data                     start with the defaults
  tidegate import stock.csv                          load stock into the running server
  tidegate log --data-dir data --from 100 --limit 5  look at what was decided
  tidegate verify --data-dir data                    check a stopped server's data
  tidegate restore --from backup --data-dir data     make a data directory from a backup
  tidegate bench-self --dir data                     measure this machine and its disk
  tidegate plan --peak-rps 5000 --mean-rps 50 --skus 20000 --ttl 600
                                                     what a shop like that takes

Exit codes: 0 done or stopped cleanly, 2 bad usage or configuration, 3 damaged data,
4 storage failed, 5 data directory in use.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server until SIGTERM, then finish what is in flight and stop.
    Serve(Serve),
    /// Send stock figures from a file to a running server.
    Import(Import),
    /// Check log, store and balances of a stopped server or a backup; a JSON report on stdout.
    Verify(Verify),
    /// Make a data directory from a backup, up to any record that the backup has.
    Restore(Restore),
    /// Print the log of a stopped server as NDJSON, a record a line.
    Log(Log),
    /// Measure what a reservation costs on this machine and a directory's disk, in a few seconds.
    BenchSelf(BenchSelf),
    /// Print the settings, disk and memory that a peak takes, from what was measured.
    Plan(Plan),
    /// Print the contract of the HTTP api, for generators of clients.
    #[command(name = "openapi", after_help = OPENAPI_EXAMPLES)]
    OpenApi,
}

/// `tidegate serve`
#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES, after_long_help = serve_long_help())]
pub struct Serve {
    /// The configuration file; without it the defaults stand, and no file is read.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where log and store live; wins over `data_dir`.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// Where the platform's backends connect; wins over `listen.api`.
    #[arg(long, value_name = "HOST:PORT")]
    pub api: Option<String>,
    /// Where operators connect; wins over `listen.admin`.
    #[arg(long, value_name = "HOST:PORT")]
    pub admin: Option<String>,
    /// Where shoppers come through; wins over `listen.gateway`. Empty switches the gateway off.
    #[arg(long, value_name = "HOST:PORT")]
    pub gateway: Option<String>,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  tidegate serve
  tidegate serve --config config/tidegate.toml --data-dir /var/lib/tidegate
  tidegate serve --api 0.0.0.0:7700 --admin localhost:7701
  TIDEGATE_ENGINE__SHARDS=2 tidegate serve

A flag wins over the environment, the environment over the file. `--help` lists every key.";

fn serve_long_help() -> String {
    format!("{SERVE_EXAMPLES}\n\n{}", keys::help())
}

impl Serve {
    /// The flags that override configuration keys.
    pub fn flags(&self) -> Flags {
        Flags {
            data_dir: self.data_dir.clone(),
            api: self.api.clone(),
            admin: self.admin.clone(),
            gateway: self.gateway.clone(),
        }
    }
}

/// `tidegate import`
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct Import {
    /// The file, or `-` for stdin.
    #[arg(value_name = "FILE|-")]
    pub source: Source,
    /// The server's api listener.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7700")]
    pub api: Target,
    /// The file's format; by its extension when left out, `ndjson` for stdin.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

impl Import {
    /// What to do, with the patience of a person at a terminal.
    pub fn job(&self) -> Job {
        Job { source: self.source.clone(), target: self.api.clone(), format: self.format, patience: PATIENCE }
    }
}

const IMPORT_EXAMPLES: &str = r#"Examples:
  tidegate import stock.csv
  tidegate import feed.ndjson --api http://stock.internal:7700
  zcat feed.gz | tidegate import - --format csv
  tidegate import inventory_export.csv --format shopify-csv

NDJSON, one of these a line:
  {"sku":"A","location":"default","on_hand":5}       sets what is physically there
  {"sku":"A","available":5}                          sets what can still be sold
  {"sku":"A","delta":-1,"reference":"r-1"}           adds; a reference counts once

CSV, a header row and any of these columns, an empty cell being absent:
  sku (required), location, on_hand, available, delta, reference, safety_stock,
  backorder_limit, unavailable, source_ts_ms

Shopify's inventory export, only with --format shopify-csv: a column for each location, or the
columns Location and Available. Sets what can still be sold, a cell at a time:
  - A location's name becomes an identifier, and the report says so: `101 Main St.` is
    `101-Main-St.`. Two names that would become the same are refused.
  - Empty cells and `not stocked` leave a location as it is; rows without SKU are skipped.
  - A SKU that is no identifier is refused, and so is a figure below zero. Of a SKU that is
    listed twice, the last row stands.

Exit codes: 0 nothing refused, 1 something refused or the server gave up, 2 bad usage or file."#;

const OPENAPI_EXAMPLES: &str = "\
Examples:
  tidegate openapi > openapi.json                    for a generator of clients

A running server has the same at GET /openapi.json, and a readable page at GET /docs.";

/// `tidegate verify`
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct Verify {
    /// The data directory of a stopped server, or a backup.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
}

const VERIFY_HELP: &str = "\
Reads every frame of the log and every row of the store, checks that the books balance, and that log
and store tell the same as far as both reach. It changes nothing; a bar shows how far it is.

Examples:
  tidegate verify --data-dir data
  tidegate verify --data-dir /backups/monday

Exit codes: 0 sound, 1 damaged, 2 bad usage, 3 written by a newer build or half restored,
4 cannot be read, 5 data directory in use.";

/// `tidegate restore`
#[derive(Debug, Args)]
#[command(after_help = RESTORE_HELP)]
pub struct Restore {
    /// A backup: the directory that was given to POST /admin/v1/backup.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The data directory to make: missing or empty.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The last record to restore; all that the backup has when left out.
    #[arg(long, value_name = "LSN")]
    pub until: Option<u64>,
}

const RESTORE_HELP: &str = "\
The backup stays as it is. The server that starts there writes another history than the one that was
backed up: cursors of events that were given out by the old one are answered with `events_gone`.

Examples:
  curl -X POST localhost:7701/admin/v1/backup -d '{\"directory\":\"/backups/monday\"}'
  tidegate verify --data-dir /backups/monday
  tidegate restore --from /backups/monday --data-dir data
  tidegate log --data-dir /backups/monday | tail     to find the record to stop at
  tidegate restore --from /backups/monday --data-dir data --until 123456

Exit codes: 0 restored, 2 bad usage, no backup there or a directory that is not empty, 3 the backup
is damaged, 4 storage failed, 5 data directory in use.";

/// `tidegate log`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidegate log --data-dir data\n  \
                        tidegate log --data-dir data --from 1000 --limit 20")]
pub struct Log {
    /// The data directory of a stopped server.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The first LSN to print; the oldest that log or store keep when left out, or where it is gone.
    #[arg(long, value_name = "LSN")]
    pub from: Option<u64>,
    /// How many records to print at most; all when left out.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}
