//! `tidegate serve`, from start to stop, to be read from top to bottom.
//! It puts the parts together and knows what follows what; each part knows its own work.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use admission::Reason;
use engine::{Engine, EngineMetrics, Lsn, Progress, Running};
use ledger::Millis;
use store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use wal::{DirectoryLock, RealDisk};

use crate::admin::Admin;
use crate::api::{Api, ApiMetrics, Contract, EventLog, Shedding};
use crate::config::{Base, Config, Http, Sources};
use crate::error::ServerError;
use crate::gateway::{self, Gateway, GatewayMetrics};
use crate::http::{Capacity, IoThread, Limits, Listener, accept};
use crate::stage::{Opened, Stage};
use crate::telemetry::{LogLevel, Registry};
use crate::tuning::{self, Tuned, Tuning};
use crate::{backup, catch_up, data_dir, descriptors, options, shedding};

/// How often a serving server looks whether its log has failed.
const HEALTH_CHECK: Duration = Duration::from_millis(100);

/// How often a draining server looks whether all is answered.
const DRAIN_CHECK: Duration = Duration::from_millis(5);

/// What is known before the data directory is looked into.
#[derive(Debug)]
pub struct Setup {
    /// Where the configuration comes from, to be read again.
    pub sources: Sources,
    /// What was read of them.
    pub base: Base,
    /// What that comes to alone.
    pub config: Config,
    /// Of the messages.
    pub log_level: LogLevel,
}

/// Serves until a signal, then drains. Returns why it had to stop, if it had to.
pub fn serve(setup: Setup) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServerError::system("start the main thread's runtime"))?;
    runtime.block_on(run(setup))
}

async fn run(setup: Setup) -> Result<(), ServerError> {
    let Setup { sources, base, config, log_level } = setup;
    let hangups = signal(SignalKind::hangup()).map_err(ServerError::system("catch signals"))?;
    let mut signals = Signals::catch().map_err(ServerError::system("catch signals"))?;
    let registry = Arc::new(Registry::new());
    let progress = Arc::new(Progress::default());
    let stage = Arc::new(Stage::new(Arc::clone(&progress)));

    // A second server stops right here, before it takes anything else.
    let lock = wal::DirectoryLock::acquire(&config.data_dir)?;
    data_dir::check(&config.data_dir, options::log(&config))?;
    let start = tuning::Start::new(sources, base, &config)?;
    let config = &start.config().clone();
    let http = &config.http;
    let allowed = descriptors::allowed(http.max_connections, Front::address(config).is_some());
    // Both addresses are taken before anything is read, so that whoever asks is told how far it is.
    let api = Door::open("api", config.listen.api, allowed.api, http, &registry)?;
    let admin = Door::open("admin", config.listen.admin, allowed.admin, http, &registry)?;
    let log_dir = data_dir::log(&config.data_dir);
    let log = data_dir::in_its_epoch(&RealDisk::open(&log_dir)?, options::log(config))?;
    let event_log = Arc::new(EventLog::open(&log_dir, log)?);
    let secret = shedding::secret().map_err(ServerError::system("get random bytes"))?;
    let shedding = Shedding::new(shedding::gate(&config.admission), config.engine.io_threads, secret, &registry);
    let shedding = Arc::new(shedding);
    let api_threads = start_api(config, &stage, &registry, &event_log, &shedding, &api)?;
    let gateway = Front::open(config, (allowed.gateway, allowed.streams), &stage, &registry)?;
    let source = backup::Source { log_dir, log };
    let tuned =
        Tuned { api: shedding, gateway: gateway.as_ref().map(|gateway| Arc::clone(&gateway.shared)), log_level };
    let tuning = Tuning::new(start, tuned, &registry);
    tokio::spawn(reload_on(hangups, Arc::clone(&tuning)));
    let doors = [Some(&api), Some(&admin), gateway.as_ref().map(|gateway| &gateway.door)];
    let admin_threads = start_admin(&stage, source, &registry, &event_log, tuning, &doors, &admin)?;
    for door in doors.into_iter().flatten() {
        door.announce()?;
    }
    let (gateway, gateway_threads) = gateway.map(|Front { door, threads, .. }| (door, threads)).unzip();
    let gateway_threads = gateway_threads.unwrap_or_default();

    let stopped = tokio::select! {
        stopped = live(
            config,
            &mut signals,
            &stage,
            &registry,
            (lock, log, progress),
            (api, &api_threads),
            (gateway, &gateway_threads),
        ) => stopped,
        ended = admin.accept(&admin_threads) => ended,
    };
    gateway_threads.into_iter().for_each(IoThread::stop);
    api_threads.into_iter().for_each(IoThread::stop);
    match stopped? {
        Some(running) => {
            // The log is sealed here: nothing can be decided any more.
            let sealed = running.stop();
            admin_threads.into_iter().for_each(IoThread::stop);
            sealed.map_err(ServerError::from)
        }
        None => Ok(()),
    }
}

/// Recovers, serves, drains. Nothing comes back if a signal came before there was an engine.
async fn live(
    config: &Config,
    signals: &mut Signals,
    stage: &Stage,
    registry: &Registry,
    (lock, log, progress): (DirectoryLock, wal::Options, Arc<Progress>),
    (api, threads): (Door, &[IoThread<Api>]),
    (gateway, gateway_threads): (Option<Door>, &[IoThread<Gateway>]),
) -> Result<Option<Running>, ServerError> {
    let serving = async {
        let recovery = recover(config, registry, lock, log, Arc::clone(&progress));
        let (running, store, store_lsn) = tokio::select! {
            recovered = recovery => recovered?,
            never = tell_progress(&progress) => match never {},
            signal = signals.next() => {
                tracing::info!(signal, "stopping before recovery is done");
                return Ok(None);
            }
        };
        for thread in threads {
            thread.handler().attach(running.engine());
        }
        compact(Arc::clone(&store));
        stage.open(Opened { engine: Arc::clone(running.engine()), store, checkpoints: running.checkpoints().clone() });
        let opened = running.opened();
        let last_lsn = opened.last_lsn;
        tracing::info!(last_lsn = last_lsn.0, store_lsn = store_lsn.0, torn_bytes = opened.torn_bytes, "ready");
        tokio::spawn(catch_up::tell(Arc::clone(running.engine()), store_lsn, last_lsn));
        tokio::select! {
            signal = signals.next() => tracing::info!(signal, "draining"),
            why = failure(running.engine()) => tracing::error!(why, "the log failed, stopping"),
        }
        Ok(Some(running))
    };
    let served = tokio::select! {
        served = serving => served,
        ended = api.accept(threads) => ended,
        ended = accept_if_any(gateway, gateway_threads) => ended,
    };
    // The listeners are closed by now: whoever connects goes elsewhere.
    stage.drain();
    threads.iter().for_each(IoThread::drain);
    gateway_threads.iter().for_each(IoThread::drain);
    let has_in_flight =
        || threads.iter().any(IoThread::has_in_flight) || gateway_threads.iter().any(IoThread::has_in_flight);
    drain(has_in_flight, Duration::from_millis(config.http.drain_timeout_ms)).await;
    served
}

/// Lets the store compact its files, now that nobody waits for it any more.
fn compact(store: Arc<Store>) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = store.compact_from_now_on() {
            tracing::error!(%error, "the store does not compact its files: it takes more disk until the next start");
        }
    });
}

/// How often recovery tells in the messages how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Tells how far recovery is, until dropped.
async fn tell_progress(progress: &Progress) -> Infallible {
    let mut ticks = tokio::time::interval_at(Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
    loop {
        ticks.tick().await;
        let loaded_rows = progress.loaded_rows.load(Ordering::Relaxed);
        let read_bytes = progress.read_bytes.load(Ordering::Relaxed);
        let total_bytes = progress.total_bytes.load(Ordering::Relaxed);
        tracing::info!(loaded_rows, read_bytes, total_bytes, "recovering");
    }
}

/// Recovery blocks and uses the disk: it has a thread to itself.
async fn recover(
    config: &Config,
    registry: &Registry,
    lock: DirectoryLock,
    log: wal::Options,
    progress: Arc<Progress>,
) -> Result<Started, ServerError> {
    let data_dir = config.data_dir.clone();
    let (options, store_options) = (options::engine(config, log), options::store(config));
    let metrics = EngineMetrics::new(registry.recorder());
    let (done, recovered) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("recovery".to_owned())
        .spawn(move || {
            // Nobody listens any more when a signal came first.
            let _ = done.send(start(lock, &data_dir, &store_options, options, metrics, &progress));
        })
        .map_err(ServerError::system("start the recovery thread"))?;
    match recovered.await {
        Ok(started) => started,
        Err(_) => unreachable!("the thread sends before it ends, or its panic ends the process"),
    }
}

/// An engine with its store, and the last record that the store had.
type Started = (Running, Arc<Store>, Lsn);

fn start(
    lock: DirectoryLock,
    data_dir: &Path,
    store_options: &store::Options,
    options: engine::Options,
    metrics: EngineMetrics,
    progress: &Progress,
) -> Result<Started, ServerError> {
    wal::create_durably(&data_dir::store(data_dir)).map_err(ServerError::file("make", data_dir))?;
    let store = Arc::new(Store::open(&data_dir::store(data_dir), store_options)?);
    data_dir::check_store(&store, data_dir, &options.log)?;
    let store_lsn = store.marks().lsn;
    let projection = Arc::clone(&store) as Arc<dyn engine::Projection>;
    let running = Running::start(lock, data_dir, projection, options, metrics, progress)?;
    Ok((running, store, store_lsn))
}

async fn failure(engine: &Engine) -> String {
    loop {
        tokio::time::sleep(HEALTH_CHECK).await;
        if let Some(why) = engine.failure() {
            return why;
        }
    }
}

/// Waits until every request that was read is answered, or the time is over.
async fn drain(has_in_flight: impl Fn() -> bool, timeout: Duration) {
    let deadline = Instant::now() + timeout;
    while has_in_flight() {
        if Instant::now() >= deadline {
            tracing::warn!("some requests were not answered within the drain timeout");
            return;
        }
        tokio::time::sleep(DRAIN_CHECK).await;
    }
}

fn start_api(
    config: &Config,
    stage: &Arc<Stage>,
    registry: &Registry,
    event_log: &Arc<EventLog>,
    shedding: &Arc<Shedding>,
    door: &Door,
) -> Result<Vec<IoThread<Api>>, ServerError> {
    let metrics = Arc::new(ApiMetrics::new(registry));
    let contract = Arc::new(Contract::new());
    let max_hold = Millis(config.engine.max_hold_ms);
    (0..config.engine.io_threads)
        .map(|index| {
            let (stage, event_log) = (Arc::clone(stage), Arc::clone(event_log));
            let (shedding, metrics) = (Arc::clone(shedding), Arc::clone(&metrics));
            let api = Api::new(index, stage, max_hold, event_log, shedding, metrics, Arc::clone(&contract))?;
            door.thread(format!("api-{index}"), Arc::new(api), Api::tend)
        })
        .collect::<io::Result<_>>()
        .map_err(ServerError::system("start the api threads"))
}

fn start_admin(
    stage: &Arc<Stage>,
    source: backup::Source,
    registry: &Arc<Registry>,
    event_log: &EventLog,
    tuning: Arc<Tuning>,
    doors: &[Option<&Door>],
    door: &Door,
) -> Result<Vec<IoThread<Admin>>, ServerError> {
    let listeners: Vec<_> = doors.iter().flatten().map(|door| (door.name, &door.capacity)).collect();
    let consumers = event_log.consumers();
    let admin = Admin::new(Arc::clone(stage), source, Arc::clone(registry), &listeners, consumers, tuning);
    let thread = door.thread("admin".to_owned(), Arc::new(admin), Admin::tidy_metrics);
    thread.map(|thread| vec![thread]).map_err(ServerError::system("start the admin thread"))
}

/// The gateway, where there is one.
struct Front {
    door: Door,
    threads: Vec<IoThread<Gateway>>,
    shared: Arc<gateway::Shared>,
}

impl Front {
    /// Where to listen, where there is an upstream.
    fn address(config: &Config) -> Option<SocketAddr> {
        config.listen.gateway.filter(|_| !config.gateway.upstreams.is_empty())
    }

    fn open(
        config: &Config,
        (connections, streams): (usize, usize),
        stage: &Arc<Stage>,
        registry: &Registry,
    ) -> Result<Option<Self>, ServerError> {
        let Some(address) = Self::address(config) else {
            return Ok(None);
        };
        let door = Door::open("gateway", address, connections, &config.http, registry)?;
        let shared = gateway::Shared::new(config, streams, Arc::clone(stage), GatewayMetrics::new(registry));
        let shared = Arc::new(shared.map_err(ServerError::system("prepare the gateway"))?);
        let threads = (0..config.engine.io_threads).map(|index| {
            let handler = Arc::new(Gateway::new(index, Arc::clone(&shared)));
            let tended = (index == 0).then(|| Arc::clone(&shared));
            door.thread(format!("gateway-{index}"), handler, |handler| async move {
                match tended {
                    Some(shared) => drop(tokio::join!(handler.tend(), gateway::tend(shared))),
                    None => handler.tend().await,
                }
            })
        });
        let threads = threads.collect::<io::Result<_>>().map_err(ServerError::system("start the gateway's threads"))?;
        Ok(Some(Self { door, threads, shared }))
    }
}

/// Accepts, where there is something to accept at; for ever.
async fn accept_if_any<T>(door: Option<Door>, threads: &[IoThread<Gateway>]) -> Result<T, ServerError> {
    match door {
        Some(door) => door.accept(threads).await,
        None => std::future::pending().await,
    }
}

/// A listener with its limits.
struct Door {
    name: &'static str,
    listener: Listener,
    capacity: Arc<Capacity>,
    limits: Limits,
    refused: metrics::Counter,
    timeouts: metrics::Counter,
}

impl Door {
    fn open(
        name: &'static str,
        address: SocketAddr,
        connections: usize,
        http: &Http,
        registry: &Registry,
    ) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Listen { listener: name, address, source };
        let label = [("listener", name)];
        Ok(Self {
            name,
            listener: Listener::bind(address).map_err(failed)?,
            capacity: Capacity::new(connections),
            limits: Limits {
                head: Duration::from_millis(http.header_timeout_ms),
                body: Duration::from_millis(http.body_timeout_ms),
                send: Duration::from_millis(http.send_timeout_ms),
            },
            refused: registry.counter(
                "tidegate_http_refused_connections_total",
                &[("listener", name), ("reason", Reason::TooManyConnections.word())],
            ),
            timeouts: registry.counter("tidegate_http_client_timeouts_total", &label),
        })
    }

    /// One line on stdout, with the port that was given where any was asked for.
    fn announce(&self) -> Result<(), ServerError> {
        let address = self.listener.address().map_err(ServerError::system("read the listener's address"))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{} listening on http://{address}", self.name)
            .and_then(|()| out.flush())
            .map_err(ServerError::Output)
    }

    fn thread<H, B>(
        &self,
        name: String,
        handler: Arc<H>,
        background: impl FnOnce(Arc<H>) -> B + Send + 'static,
    ) -> io::Result<IoThread<H>>
    where
        H: crate::http::Handler,
        B: Future<Output = ()> + Send + 'static,
    {
        IoThread::start(name, self.limits, self.timeouts.clone(), handler, background)
    }

    /// Accepts until dropped, which closes the listener.
    async fn accept<H: crate::http::Handler, T>(self, threads: &[IoThread<H>]) -> Result<T, ServerError> {
        let Self { listener, capacity, limits, refused, .. } = self;
        match accept(listener, threads, &capacity, limits.send, refused).await {
            Ok(never) => match never {},
            Err(source) => Err(ServerError::System { attempted: "accept connections", source }),
        }
    }
}

/// Reads the configuration again upon each SIGHUP, until dropped.
async fn reload_on(mut hangups: Signal, tuning: Arc<Tuning>) {
    while hangups.recv().await.is_some() {
        tuning.reload().await;
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
