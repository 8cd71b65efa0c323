//! Long work that an operator asks for: on a thread of its own, one at a time. It knows not what.

use std::sync::Arc;

use crate::http::{Capacity, Code, Problem};
use crate::stage::Stage;

/// Where such work is done.
pub struct Work {
    /// How far the server is.
    pub stage: Arc<Stage>,
    room: Arc<Capacity>,
}

impl Work {
    /// With nothing under way.
    pub fn new(stage: Arc<Stage>) -> Self {
        Self { stage, room: Capacity::new(1) }
    }

    /// Does it, unless something is under way. It goes on to its end, whoever hangs up meanwhile.
    pub async fn alone<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce(&Stage) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = self.room.try_acquire().ok_or_else(|| busy(name))?;
        let stage = Arc::clone(&self.stage);
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&stage);
            drop(permit);
            done
        });
        Ok(done.await.expect("a panic there ends the process, and the runtime's end ends who waits here too"))
    }
}

fn busy(name: &str) -> Problem {
    let detail = format!("a checkpoint or a backup is under way: ask for the {name} again when it is done");
    Problem::new(Code::Overloaded, detail).with_text("reason", "under_way")
}

#[cfg(test)]
mod tests {
    use super::Work;
    use crate::http::Code;
    use crate::stage::Stage;
    use std::sync::{Arc, mpsc};

    #[test]
    fn one_at_a_time_and_the_next_when_it_is_done() {
        let work = Arc::new(Work::new(Arc::new(Stage::new(Arc::default()))));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (end, ended) = mpsc::channel::<()>();
            let theirs = Arc::clone(&work);
            let first = tokio::spawn(async move { theirs.alone("first", move |_stage| ended.recv()).await });
            tokio::task::yield_now().await;
            let refused = work.alone("second", |_stage| ()).await.expect_err("the first is under way");
            assert_eq!(refused.code(), Code::Overloaded);
            drop(end);
            assert!(first.await.expect("no panic").expect("it was alone").is_err(), "it saw its channel end");
            work.alone("second", |_stage| ()).await.expect("nothing is under way");
        });
    }
}
