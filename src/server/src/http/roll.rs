//! What is open on one I/O thread: connections, and the exchanges of those that carry several. One sweep a tick closes whatever
//! its client takes too long over, and tells what is open when the listener drains. It knows no protocol.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use metrics::Counter;
use parking_lot::Mutex;
use slab::Slab;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::watch::{Allowed, Ticks, Watch};

/// Who kept a connection without a request may still ask for so long after a drain has begun, to be told of it.
const GRACE: Duration = Duration::from_secs(2);

/// Everything open on a thread.
#[derive(Debug, Default)]
pub(super) struct Roll {
    ticks: Arc<Ticks>,
    open: Mutex<Slab<Open>>,
    draining: watch::Sender<bool>,
}

#[derive(Debug)]
struct Open {
    watch: Arc<Watch>,
    /// Absent for the moment between the slot and the task.
    task: Option<AbortHandle>,
}

impl Roll {
    /// Serves something on a task of its own, until it is done or overdue.
    pub(super) fn spawn<F>(self: &Arc<Self>, serve: impl FnOnce(Arc<Watch>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let watch = Arc::new(Watch::new(Arc::clone(&self.ticks)));
        let slot = Slot::new(self, &watch);
        let (key, serving) = (slot.key, serve(watch));
        let task = tokio::spawn(async move {
            let _open = slot;
            serving.await;
        });
        if let Some(open) = self.open.lock().get_mut(key) {
            open.task = Some(task.abort_handle());
        }
    }

    /// Whether a client waits for an answer that has an end.
    pub(super) fn has_in_flight(&self) -> bool {
        self.open.lock().iter().any(|(_, open)| open.watch.is_in_flight())
    }

    /// From now on nobody is to begin anything.
    pub(super) fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Whether it drains.
    pub(super) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Returns once it drains.
    pub(super) async fn until_draining(&self) {
        let mut draining = self.draining.subscribe();
        // The sender is here as long as this is borrowed.
        drop(draining.wait_for(|is_draining| *is_draining).await);
    }

    /// Closes what is overdue, once a tick, and once it drains what would never end by itself.
    pub(super) async fn sweep(&self, allowed: Allowed, timeouts: Counter) {
        let mut ticks = tokio::time::interval(allowed.tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let serving = async {
            loop {
                ticks.tick().await;
                self.ticks.advance();
                timeouts.increment(self.close_where(|watch| watch.overdue(&allowed).is_some()));
            }
        };
        tokio::select! {
            () = serving => {}
            () = self.until_draining() => {}
        }
        self.close_where(Watch::is_endless);
        // Whoever has had his answer, or asks nothing within the grace, is to go elsewhere.
        self.open.lock().iter().for_each(|(_, open)| open.watch.rest());
        let allowed = allowed.with_idle(GRACE);
        loop {
            ticks.tick().await;
            self.ticks.advance();
            self.close_where(|watch| watch.overdue(&allowed).is_some());
        }
    }

    /// How many were closed.
    fn close_where(&self, is_to_go: impl Fn(&Watch) -> bool) -> u64 {
        let open = self.open.lock();
        let tasks = open.iter().filter(|(_, open)| is_to_go(&open.watch)).filter_map(|(_, open)| open.task.as_ref());
        tasks.map(AbortHandle::abort).count() as u64
    }
}

/// A place on the roll, given back by its drop.
struct Slot {
    roll: Arc<Roll>,
    key: usize,
}

impl Slot {
    fn new(roll: &Arc<Roll>, watch: &Arc<Watch>) -> Self {
        let open = Open { watch: Arc::clone(watch), task: None };
        Self { roll: Arc::clone(roll), key: roll.open.lock().insert(open) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.roll.open.lock().remove(self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::{GRACE, Roll};
    use crate::http::watch::{Allowed, Phase, Watch};
    use metrics::Counter;
    use std::future::pending;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::sync::oneshot;
    use tokio::time::timeout;

    const HOUR: Duration = Duration::from_secs(3600);
    const PATIENCE: Duration = Duration::from_secs(60);

    /// By ticks of 25 ms, and long limits.
    fn allowed() -> Allowed {
        Allowed::new(HOUR, Duration::from_millis(100), HOUR, HOUR)
    }

    #[tokio::test]
    async fn whoever_waits_for_nothing_has_the_grace_of_a_drain_however_long_that_was() {
        let roll = Arc::<Roll>::default();
        let (here, ended) = oneshot::channel::<()>();
        roll.spawn(|watch| {
            watch.enter(Phase::Idle);
            async move {
                let _here = here;
                pending::<()>().await;
            }
        });
        (0..1_000).for_each(|_| roll.ticks.advance());
        roll.drain();
        // As old as the drain: where it is overdue, the grace is over.
        let drain = Watch::new(Arc::clone(&roll.ticks));
        drain.enter(Phase::Idle);
        tokio::select! {
            () = roll.sweep(allowed(), Counter::noop()) => unreachable!("it sweeps until it is dropped"),
            ended = timeout(PATIENCE, ended) => assert!(ended.is_ok(), "it is kept for ever"),
        }
        assert_eq!(drain.overdue(&allowed().with_idle(GRACE)), Some(Phase::Idle));
    }
}
