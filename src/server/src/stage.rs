//! How far the server is in its life, as every listener sees it: recovering, serving, draining.
//! It knows no HTTP but the problem that answers when nothing else can.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use engine::{Checkpoints, Engine, Progress, Upkeep};
use serde_json::json;
use store::Store;
use tokio::sync::Notify;

use crate::http::{Code, Problem};

/// What recovery leads to.
pub struct Opened {
    /// Decides.
    pub engine: Arc<Engine>,
    /// Knows what was.
    pub store: Arc<Store>,
    /// Takes checkpoints on demand.
    pub checkpoints: Checkpoints,
}

/// The server's stage.
pub struct Stage {
    opened: OnceLock<Opened>,
    draining: AtomicBool,
    drained: Notify,
    progress: Arc<Progress>,
}

impl Stage {
    /// Recovering, as far as `progress` says.
    pub fn new(progress: Arc<Progress>) -> Self {
        Self { opened: OnceLock::new(), draining: AtomicBool::new(false), drained: Notify::new(), progress }
    }

    /// Recovery is done. It happens once; a second engine would be a second ledger.
    pub fn open(&self, opened: Opened) {
        let _first = self.opened.set(opened);
    }

    /// From now on new requests are turned away.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        self.drained.notify_waiters();
    }

    /// The engine, once there is one, draining or not.
    pub fn engine(&self) -> Option<&Arc<Engine>> {
        self.opened.get().map(|opened| &opened.engine)
    }

    /// What recovery has led to, draining or not.
    pub fn opened(&self) -> Result<&Opened, Problem> {
        self.opened.get().ok_or_else(|| self.recovering())
    }

    /// The engine, if a new request may go to it.
    pub fn admit(&self) -> Result<&Arc<Engine>, Problem> {
        if self.is_draining() {
            return Err(draining().closing());
        }
        self.engine().ok_or_else(|| self.recovering())
    }

    /// Whether the server should get traffic; if not, why. A store that does not go on is a warning beside it:
    /// reservations go on without it.
    pub fn ready(&self) -> Result<Vec<u8>, Problem> {
        let engine = self.engine().ok_or_else(|| self.recovering())?;
        match engine.failure() {
            Some(why) => Err(Problem::new(Code::StorageFailed, why).with_text("reason", "storage_failed")),
            None if self.is_draining() => Err(draining()),
            None => match engine.damage() {
                Some(what) => Err(damaged(what)),
                None => Ok(ready(engine.upkeep_failures())),
            },
        }
    }

    /// Whether new requests are turned away.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Waits until new requests are turned away.
    pub async fn until_draining(&self) {
        // It hears of every drain from its making on, and of those before by the look.
        let told = self.drained.notified();
        if !self.is_draining() {
            told.await;
        }
    }

    /// Why there is no engine yet, and how far it is.
    pub fn recovering(&self) -> Problem {
        let read_bytes = self.progress.read_bytes.load(Ordering::Relaxed);
        let total_bytes = self.progress.total_bytes.load(Ordering::Relaxed);
        let loaded_rows = self.progress.loaded_rows.load(Ordering::Relaxed);
        let progress =
            format!("{{\"loaded_rows\":{loaded_rows},\"read_bytes\":{read_bytes},\"total_bytes\":{total_bytes}}}");
        Problem::new(Code::Recovering, "the server reads its store and log: try again in a moment")
            .with_text("reason", "recovering")
            .with_json("progress", progress.as_bytes())
    }
}

fn ready(failures: Vec<(Upkeep, String)>) -> Vec<u8> {
    let mut body = json!({"status": "ready"});
    if !failures.is_empty() {
        let warning = |(part, why): (Upkeep, String)| json!({"reason": part.reason(), "detail": why});
        body["warnings"] = failures.into_iter().map(warning).collect();
    }
    body.to_string().into_bytes()
}

/// What is in memory is all that there is of what was acknowledged: it must be read before the process ends.
fn damaged(what: &str) -> Problem {
    let detail =
        format!("{what}. Do not stop this server before what it knows was read from it: see docs/operations.md");
    Problem::new(Code::StorageFailed, detail).with_text("reason", "log_damaged")
}

fn draining() -> Problem {
    let detail = "the server is stopping: connect again, and reach another or the next one";
    Problem::new(Code::Draining, detail).with_text("reason", "draining")
}

#[cfg(test)]
mod tests {
    use super::{Stage, ready};
    use engine::{Progress, Upkeep};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    fn body(problem: &crate::http::Problem) -> Value {
        serde_json::from_slice(&problem.to_json()).expect("valid JSON")
    }

    #[test]
    fn until_there_is_an_engine_the_problem_says_how_far_recovery_is() {
        let progress = Arc::new(Progress::default());
        let stage = Stage::new(Arc::clone(&progress));
        progress.read_bytes.store(3, Ordering::Relaxed);
        progress.total_bytes.store(10, Ordering::Relaxed);
        for problem in [stage.admit().err(), stage.ready().err()] {
            let problem = body(&problem.expect("there is no engine"));
            assert_eq!((&problem["code"], &problem["reason"]), (&json!("recovering"), &json!("recovering")));
            assert_eq!(problem["progress"], json!({"loaded_rows": 0, "read_bytes": 3, "total_bytes": 10}));
        }
    }

    #[test]
    fn a_store_that_fails_is_a_warning_to_who_asks_whether_it_is_ready() {
        let body = |why| serde_json::from_slice::<Value>(&ready(why)).expect("valid JSON");
        assert_eq!(body(Vec::new()), json!({"status": "ready"}));
        let failures = [(Upkeep::Following, "could not apply: \"full\""), (Upkeep::Forgetting, "could not read")];
        let warnings = json!([
            {"reason": "store_failing", "detail": "could not apply: \"full\""},
            {"reason": "forgetting_failing", "detail": "could not read"},
        ]);
        assert_eq!(
            body(failures.map(|(part, why)| (part, why.to_owned())).to_vec()),
            json!({"status": "ready", "warnings": warnings})
        );
    }

    #[test]
    fn who_waits_for_the_drain_is_told_whenever_it_began() {
        let stage = Arc::new(Stage::new(Arc::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let theirs = Arc::clone(&stage);
            let before = tokio::spawn(async move { theirs.until_draining().await });
            tokio::task::yield_now().await;
            assert!(!before.is_finished());
            stage.drain();
            before.await.expect("it is told");
            stage.until_draining().await;
        });
    }

    #[test]
    fn who_drains_admits_nobody_even_before_it_has_recovered() {
        let stage = Stage::new(Arc::default());
        stage.drain();
        assert_eq!(body(&stage.admit().err().expect("it drains"))["code"], "draining");
    }
}
