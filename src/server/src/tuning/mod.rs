//! The configuration while the server serves: which one is in force, and how it becomes another one, by a patch, by taking
//! one back, or by reading the sources again. Whatever is refused leaves everything as it was. It knows no HTTP.

mod error;
mod history;

use std::path::PathBuf;
use std::sync::Arc;

use metrics::Gauge;
use serde_json::Value;
use tokio::sync::Mutex;

use self::history::History;
use crate::api::Shedding;
use crate::config::gateway::UPSTREAMS;
use crate::config::{Base, Config, ConfigError, Overlay, Settled, Sources};
use crate::data_dir;
use crate::gateway;
use crate::shedding;
use crate::telemetry::{LogLevel, Registry};

pub use self::error::TuningError;

/// What a server starts with.
#[derive(Debug)]
pub struct Start {
    sources: Sources,
    state: State,
    overlay_file: PathBuf,
}

/// The configuration in force.
pub struct Tuning {
    sources: Sources,
    overlay_file: PathBuf,
    tuned: Tuned,
    version: Gauge,
    state: Mutex<State>,
}

/// Who goes by it.
pub struct Tuned {
    /// The front of the api listener.
    pub api: Arc<Shedding>,
    /// The gateway, where there is one.
    pub gateway: Option<Arc<gateway::Shared>>,
    /// Of the messages.
    pub log_level: LogLevel,
}

#[derive(Debug)]
struct State {
    base: Base,
    history: History,
    settled: Settled,
}

/// The configuration in force, for whoever wants to see.
#[derive(Debug)]
pub struct View {
    /// Its version.
    pub version: u64,
    /// What is patched.
    pub overlay: Value,
    /// The versions that can be gone back to, the latest last.
    pub before: Vec<u64>,
    /// Every key and the lists.
    pub config: Value,
}

/// What was changed.
#[derive(Debug)]
pub struct Change {
    /// The version in force now.
    pub version: u64,
    /// The version whose overlay was put back.
    pub restored: Option<u64>,
    /// The keys that have another value now.
    pub changed: Vec<&'static str>,
}

impl Start {
    /// Puts what is kept in the data directory above what the sources say. The directory is locked already: nobody else
    /// writes there.
    pub fn new(sources: Sources, base: Base, config: &Config) -> Result<Self, ConfigError> {
        let overlay_file = data_dir::overlay(&config.data_dir);
        let history = History::read(&overlay_file)?;
        let unusable =
            |error: ConfigError| ConfigError::Overlay { path: overlay_file.clone(), reason: error.to_string() };
        let settled = base.settle(&history.overlay).map_err(unusable)?;
        Ok(Self { sources, state: State { base, history, settled }, overlay_file })
    }

    /// To start with.
    pub fn config(&self) -> &Config {
        &self.state.settled.config
    }
}

impl Tuning {
    /// Goes on from the start.
    pub fn new(start: Start, tuned: Tuned, registry: &Registry) -> Arc<Self> {
        let Start { sources, state, overlay_file } = start;
        tuned.log_level.set(state.settled.config.telemetry.log_level);
        let version = registry.gauge("tidegate_config_version", &[]);
        version.set(state.history.version as f64);
        if !state.history.overlay.is_empty() {
            let (version, overlay) = (state.history.version, state.history.overlay.to_json());
            let file = overlay_file.display();
            tracing::warn!(version, %overlay, %file, "an overlay of patched settings is in force");
        }
        Arc::new(Self { sources, overlay_file, tuned, version, state: Mutex::new(state) })
    }

    /// Who goes by it.
    pub fn tuned(&self) -> &Tuned {
        &self.tuned
    }

    /// What is in force.
    pub async fn view(&self) -> View {
        let State { history, settled, .. } = &*self.state.lock().await;
        View {
            version: history.version,
            overlay: history.overlay.to_json(),
            before: history.versions().collect(),
            config: settled.tree().clone(),
        }
    }

    /// Changes what a merge patch says, if the version in force is one of those that are expected.
    pub async fn patch(self: &Arc<Self>, patch: Value, expected: Option<Vec<u64>>) -> Result<Change, TuningError> {
        let tuning = Arc::clone(self);
        to_its_end(async move {
            let mut state = tuning.state.lock().await;
            state.expect(expected)?;
            let overlay = state.history.overlay.patched(&patch)?;
            if overlay == state.history.overlay {
                return Ok(Change { version: state.history.version, restored: None, changed: Vec::new() });
            }
            let history = state.history.with(overlay);
            tuning.change(&mut state, history, "patch").await
        })
        .await
    }

    /// Takes the latest patch back, if the version in force is one of those that are expected.
    pub async fn roll_back(self: &Arc<Self>, expected: Option<Vec<u64>>) -> Result<Change, TuningError> {
        let tuning = Arc::clone(self);
        to_its_end(async move {
            let mut state = tuning.state.lock().await;
            state.expect(expected)?;
            let (history, restored) = state.history.back().ok_or(TuningError::NothingBefore)?;
            let change = tuning.change(&mut state, history, "rollback").await?;
            Ok(Change { restored: Some(restored), ..change })
        })
        .await
    }

    /// Reads the sources again. What a serving server cannot change is warned about.
    pub async fn reload(&self) {
        if let Err(error) = self.read_again().await {
            tracing::error!(%error, "the configuration was read again and is not valid: everything stays as it was");
        }
    }

    async fn read_again(&self) -> Result<(), TuningError> {
        let mut state = self.state.lock().await;
        let (sources, before, overlay) = (self.sources.clone(), state.base.clone(), state.history.overlay.clone());
        let in_force = state.settled.clone();
        let (base, fixed) = blocking(move || {
            let read = sources.read()?;
            // It must hold without the overlay as well, or there would be no way back to it.
            read.settle(&Overlay::default())?;
            let (_, fixed) = read.settle(&overlay)?.differs(&in_force);
            Ok::<_, ConfigError>((read.with_fixed_of(&before), fixed))
        })
        .await?;
        let ready = self.make_ready(&state, base, state.history.beneath()).await?;
        let needs_gateway = self.needs_gateway(&ready).then_some(UPSTREAMS);
        let fixed: Vec<&str> = fixed.into_iter().chain(needs_gateway).collect();
        if !fixed.is_empty() {
            tracing::warn!(keys = fixed.join(", "), "changed, and not in force: this takes a restart");
        }
        if ready.changed.is_empty() {
            state.base = ready.state.base;
            tracing::info!(version = state.history.version, "the configuration was read again, and is the same");
        } else {
            self.keep_and_put(&mut state, ready, "reload").await?;
        }
        Ok(())
    }

    async fn change(&self, state: &mut State, history: History, by: &str) -> Result<Change, TuningError> {
        let ready = self.make_ready(state, state.base.clone(), history).await?;
        if self.needs_gateway(&ready) {
            return Err(TuningError::GatewayOff);
        }
        self.keep_and_put(state, ready, by).await
    }

    fn needs_gateway(&self, ready: &Ready) -> bool {
        self.tuned.gateway.is_none() && ready.changed.contains(&UPSTREAMS)
    }

    /// On disk first: also a version that nothing was patched in must not be given to something else after a restart.
    async fn keep_and_put(&self, state: &mut State, ready: Ready, by: &str) -> Result<Change, TuningError> {
        let (kept, path) = (ready.state.history.clone(), self.overlay_file.clone());
        let written = blocking(move || kept.write(&path)).await;
        written.map_err(|source| TuningError::NotKept { path: self.overlay_file.clone(), source })?;
        Ok(self.put(state, ready, by))
    }

    /// All that can go wrong, beside what is in force.
    async fn make_ready(&self, now: &State, base: Base, history: History) -> Result<Ready, TuningError> {
        let overlay = history.overlay.clone();
        let (base, settled) = blocking(move || base.settle(&overlay).map(|settled| (base, settled))).await?;
        let (changed, _) = settled.differs(&now.settled);
        let draft = match &self.tuned.gateway {
            Some(gateway) => Some(gateway.draft(&settled.config).await.map_err(TuningError::Rules)?),
            None => None,
        };
        Ok(Ready { state: State { base, history, settled }, draft, changed })
    }

    /// Nothing can go wrong any more.
    fn put(&self, state: &mut State, ready: Ready, by: &str) -> Change {
        if let (Some(gateway), Some(draft)) = (&self.tuned.gateway, ready.draft) {
            gateway.put(draft);
        }
        *state = ready.state;
        self.tuned.api.set(shedding::gate(&state.settled.config.admission));
        self.tuned.log_level.set(state.settled.config.telemetry.log_level);
        let version = state.history.version;
        self.version.set(version as f64);
        tracing::info!(version, keys = ready.changed.join(", "), by, "the configuration was changed");
        Change { version, restored: None, changed: ready.changed }
    }
}

/// Another configuration, ready and not in force.
struct Ready {
    state: State,
    draft: Option<gateway::Draft>,
    changed: Vec<&'static str>,
}

impl State {
    fn expect(&self, versions: Option<Vec<u64>>) -> Result<(), TuningError> {
        let version = self.history.version;
        if versions.is_none_or(|versions| versions.contains(&version)) {
            return Ok(());
        }
        Err(TuningError::StaleVersion { version })
    }
}

/// Whoever asked may hang up: a change that was begun is done as a whole.
async fn to_its_end<T: Send + 'static>(change: impl Future<Output = T> + Send + 'static) -> T {
    let done = tokio::spawn(change).await;
    done.expect("a panic there ends the process, and the runtime's end ends who waits here too")
}

/// Names of hosts are looked up, and files read and written, where nobody waits.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("a panic there ends the process, and the runtime's end ends who waits here too")
}
