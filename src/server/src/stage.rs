//! How far the server is in its life, as every listener sees it: recovering, serving, draining.
//! It knows no HTTP but the problem that answers when nothing else can.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use engine::{Engine, Progress};

use crate::http::{Code, Problem};

/// The server's stage.
pub struct Stage {
    engine: OnceLock<Arc<Engine>>,
    draining: AtomicBool,
    progress: Arc<Progress>,
}

impl Stage {
    /// Recovering, as far as `progress` says.
    pub fn new(progress: Arc<Progress>) -> Self {
        Self { engine: OnceLock::new(), draining: AtomicBool::new(false), progress }
    }

    /// Recovery is done. It happens once; a second engine would be a second ledger.
    pub fn open(&self, engine: Arc<Engine>) {
        let _first = self.engine.set(engine);
    }

    /// From now on new requests are turned away.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The engine, once there is one, draining or not.
    pub fn engine(&self) -> Option<&Arc<Engine>> {
        self.engine.get()
    }

    /// The engine, if a new request may go to it.
    pub fn admit(&self) -> Result<&Arc<Engine>, Problem> {
        if self.draining.load(Ordering::Relaxed) {
            let detail = "the server is stopping: connect again, and reach another or the next one";
            return Err(Problem::new(Code::Draining, detail).with_text("reason", "draining").closing());
        }
        self.engine.get().ok_or_else(|| self.recovering())
    }

    /// Whether the server should get traffic; if not, why.
    pub fn ready(&self) -> Result<(), Problem> {
        match self.admit()?.failure() {
            Some(why) => Err(Problem::new(Code::StorageFailed, why).with_text("reason", "storage_failed")),
            None => Ok(()),
        }
    }

    /// Why there is no engine yet, and how far it is.
    pub fn recovering(&self) -> Problem {
        let read_bytes = self.progress.read_bytes.load(Ordering::Relaxed);
        let total_bytes = self.progress.total_bytes.load(Ordering::Relaxed);
        let progress = format!("{{\"read_bytes\":{read_bytes},\"total_bytes\":{total_bytes}}}");
        Problem::new(Code::Recovering, "the server reads its log: try again in a moment")
            .with_text("reason", "recovering")
            .with_json("progress", progress.as_bytes())
    }
}
