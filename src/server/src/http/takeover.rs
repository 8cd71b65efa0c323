//! Leaving HTTP: what becomes of a connection after the answer `101 Switching Protocols`.
//! It knows neither protocol.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;

use super::watch::Watched;

type Use = Box<dyn FnOnce(Watched) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// What is done with a connection that leaves HTTP; an extension of the answer that lets it go.
#[derive(Clone)]
pub struct Takeover(Arc<Mutex<Option<Use>>>);

impl Takeover {
    /// The connection belongs to `using` once the answer is on its way.
    pub fn new<F: Future<Output = ()> + Send + 'static>(using: impl FnOnce(Watched) -> F + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(move |socket| Box::pin(using(socket)))))))
    }

    pub(super) async fn take(self, socket: Watched) {
        let using = self.0.lock().take();
        if let Some(using) = using {
            using(socket).await;
        }
    }
}

impl fmt::Debug for Takeover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Takeover")
    }
}
