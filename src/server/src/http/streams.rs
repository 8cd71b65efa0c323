//! The exchanges of a connection that carries several: each on a task of its own, with a watch of its own that it finds from
//! within, so that one that takes too long is ended without the others. It knows no route.

use std::future::Future;
use std::sync::Arc;

use hyper::rt::Executor;

use super::roll::Roll;
use super::watch::Watch;

tokio::task_local! {
    static WATCH: Arc<Watch>;
}

/// Where hyper's exchanges run.
#[derive(Debug, Clone)]
pub(super) struct Streams(pub(super) Arc<Roll>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, exchange: F) {
        self.0.spawn(|watch| WATCH.scope(watch, exchange));
    }
}

/// The watch of the exchange that asks for it.
pub(super) fn own_watch() -> Arc<Watch> {
    WATCH.try_with(Arc::clone).expect("hyper polls what answers a request on the exchange's own task")
}
