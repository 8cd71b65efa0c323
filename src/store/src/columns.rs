//! The column families, and how each lies on the disk. It must not know what its rows say.

use crate::Options;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DBCompressionType, DBWithThreadMode, Env,
    InfoLogger, LogLevel, SingleThreaded,
};

/// `RocksDB`; its column families are opened with it, and never changed.
pub(crate) type Db = DBWithThreadMode<SingleThreaded>;

const META: &str = "default";
const SKUS: &str = "skus";
const SALES: &str = "sales";
const LIVE: &str = "live";
const ENDED: &str = "ended";
const KEYS: &str = "keys";
const EVENTS: &str = "events";
const HISTORY: &str = "history";
const INDEX: &str = "index";

/// Found by key, one by one.
const SOUGHT: [&str; 5] = [META, SKUS, SALES, LIVE, INDEX];
/// Read in order.
const SCANNED: [&str; 4] = [ENDED, KEYS, EVENTS, HISTORY];

const SOUGHT_BLOCK_BYTES: usize = 4 << 10;
const SCANNED_BLOCK_BYTES: usize = 16 << 10;
const BLOOM_BITS: f64 = 10.0;
/// Of a memtable's memory.
const MEMTABLE_BLOOM: f64 = 0.02;
const INFO_LOG_BYTES: usize = 1 << 20;
const INFO_LOGS: usize = 2;
const OPEN_FILES: i32 = 256;
const BACKGROUND_JOBS: i32 = 2;
const REFILL_US: i64 = 100_000;
const FAIRNESS: i32 = 10;

/// Every column family.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'d> {
    /// What the store says of itself.
    pub(crate) meta: &'d ColumnFamily,
    /// SKUs: settings, stock, and what is taken under limits.
    pub(crate) skus: &'d ColumnFamily,
    /// Sales, and what is taken under their limits.
    pub(crate) sales: &'d ColumnFamily,
    /// Reservations held or confirmed, by name.
    pub(crate) live: &'d ColumnFamily,
    /// Reservations that have ended, by the time of their end.
    pub(crate) ended: &'d ColumnFamily,
    /// Adjustments that are known by a key, by their time.
    pub(crate) keys: &'d ColumnFamily,
    /// The log's records.
    pub(crate) events: &'d ColumnFamily,
    /// Balances after each record.
    pub(crate) history: &'d ColumnFamily,
    /// Where reservations and adjustments are found by something else.
    pub(crate) index: &'d ColumnFamily,
}

impl<'d> Columns<'d> {
    pub(crate) fn of(db: &'d Db) -> Self {
        let column = |name| db.cf_handle(name).expect("a store is opened with all column families");
        Self {
            meta: column(META),
            skus: column(SKUS),
            sales: column(SALES),
            live: column(LIVE),
            ended: column(ENDED),
            keys: column(KEYS),
            events: column(EVENTS),
            history: column(HISTORY),
            index: column(INDEX),
        }
    }

    pub(crate) fn each(self) -> [&'d ColumnFamily; 9] {
        let Self { meta, skus, sales, live, ended, keys, events, history, index } = self;
        [meta, skus, sales, live, ended, keys, events, history, index]
    }
}

/// How each column family is opened. They share one cache.
pub(crate) fn descriptors(options: &Options) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(options.cache_bytes);
    let sought = SOUGHT.map(|name| (name, sought(&cache, options)));
    let scanned = SCANNED.map(|name| (name, column(&table(&cache, SCANNED_BLOCK_BYTES), options)));
    sought.into_iter().chain(scanned).map(|(name, column)| ColumnFamilyDescriptor::new(name, column)).collect()
}

fn table(cache: &Cache, block_bytes: usize) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(block_bytes);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table
}

fn sought(cache: &Cache, options: &Options) -> rocksdb::Options {
    let mut table = table(cache, SOUGHT_BLOCK_BYTES);
    table.set_bloom_filter(BLOOM_BITS, false);
    table.set_optimize_filters_for_memory(true);
    let mut column = column(&table, options);
    // A new reservation is looked for in vain: that should not cost a walk through the memtable.
    column.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM);
    column.set_memtable_whole_key_filtering(true);
    column
}

fn column(table: &BlockBasedOptions, options: &Options) -> rocksdb::Options {
    let mut column = rocksdb::Options::default();
    column.set_block_based_table_factory(table);
    column.set_write_buffer_size(options.memtable_bytes);
    // Not before it is told to: a start has better use for processor and disk.
    column.set_disable_auto_compactions(true);
    // What is flushed while the next is filled: past that, writes wait, and memory stays bounded.
    column.set_max_write_buffer_number(2);
    // Nine column families begin with a block each, which must not fill the whole at once.
    column.set_arena_block_size((options.memtable_bytes / 128).clamp(4 << 10, 1 << 20));
    // Most of what a flush writes is soon written again by a compaction.
    column.set_compression_per_level(&[DBCompressionType::None, DBCompressionType::Lz4]);
    column.set_bottommost_compression_type(DBCompressionType::Lz4);
    column
}

/// How the database is opened, to be written.
pub(crate) fn database(options: &Options) -> Result<rocksdb::Options, rocksdb::Error> {
    let mut database = bare()?;
    database.create_if_missing(true);
    database.create_missing_column_families(true);
    // Without a log of its own, only a flush of all column families at once is a prefix of ours.
    database.set_atomic_flush(true);
    database.set_db_write_buffer_size(options.memtable_bytes);
    database.set_ratelimiter(i64::from(options.background_bytes_per_second), REFILL_US, FAIRNESS);
    database.set_max_log_file_size(INFO_LOG_BYTES);
    database.set_keep_log_file_num(INFO_LOGS);
    Ok(database)
}

/// How the database is opened, to be read only: without a trace.
pub(crate) fn read_only() -> Result<rocksdb::Options, rocksdb::Error> {
    let mut database = bare()?;
    database.set_info_logger(InfoLogger::new_callback_logger(LogLevel::Fatal, |_, _| {}));
    Ok(database)
}

fn bare() -> Result<rocksdb::Options, rocksdb::Error> {
    let mut database = rocksdb::Options::default();
    // The environment is shared by the process: flushes and compactions yield to everything else.
    let mut env = Env::new()?;
    env.lower_thread_pool_cpu_priority();
    env.lower_thread_pool_io_priority();
    env.lower_high_priority_thread_pool_cpu_priority();
    env.lower_high_priority_thread_pool_io_priority();
    database.set_env(&env);
    database.set_max_background_jobs(BACKGROUND_JOBS);
    database.set_max_open_files(OPEN_FILES);
    database.set_skip_stats_update_on_db_open(true);
    database.set_stats_dump_period_sec(0);
    database.set_stats_persist_period_sec(0);
    Ok(database)
}
