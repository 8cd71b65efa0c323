//! A platform to stand behind the gateway: HTTP/1.1 with a knee in it, and faults that are set while it runs. What a real
//! one would do with a request is a wait here. It must not know who stands before it.

mod answer;
mod control;
mod knee;
mod settings;
mod tally;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::Error;

pub use knee::Knee;
pub use settings::{Change, Settings};
pub use tally::Stats;

/// A running platform. It ends when this is dropped.
#[derive(Debug)]
pub struct Platform {
    /// Where it answers.
    pub address: SocketAddr,
    /// Where it is set and asked: `POST /set`, `GET /stats`.
    pub control: SocketAddr,
    shared: Arc<Shared>,
    _stop: oneshot::Sender<()>,
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    settings: Settings,
    knee: Knee,
    tally: tally::Tally,
    dice: fastrand::Rng,
}

impl Shared {
    /// What panicked while it held the lock changed whole values only.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Platform {
    /// Serves on free loopback ports, from a thread of its own.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::listen(any, any, settings)
    }

    /// Serves at these addresses, from a thread of its own.
    pub fn listen(address: SocketAddr, control: SocketAddr, settings: Settings) -> Result<Self, Error> {
        settings.check().map_err(|problem| Error::Answer { attempt: "set the platform", answer: problem })?;
        let (service, address) = bind(address)?;
        let (controls, control) = bind(control)?;
        let state = State {
            settings,
            knee: Knee::default(),
            tally: tally::Tally::default(),
            // The same calls take the same times in every run.
            dice: fastrand::Rng::with_seed(1),
        };
        let shared = Arc::new(Shared { begun: Instant::now(), state: Mutex::new(state) });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::system("start a runtime"))?;
        let on_thread = Arc::clone(&shared);
        let serve = move || {
            LocalSet::new().block_on(&runtime, async {
                tokio::select! {
                    () = answer_all(service, Arc::clone(&on_thread)) => {}
                    () = control_all(controls, on_thread) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name("platform".to_owned()).spawn(serve);
        thread.map_err(Error::system("start a thread"))?;
        Ok(Self { address, control, shared, _stop: stop })
    }

    /// What it has seen.
    pub fn stats(&self) -> Stats {
        self.shared.state().tally.stats()
    }
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let listener = TcpListener::bind(address).map_err(Error::connection(address))?;
    listener.set_nonblocking(true).map_err(Error::connection(address))?;
    let address = listener.local_addr().map_err(Error::connection(address))?;
    Ok((listener, address))
}

async fn answer_all(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let stream = next(&listener).await;
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| answer::answer(Arc::clone(&shared), request));
        tokio::task::spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn control_all(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let stream = next(&listener).await;
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| control::answer(Arc::clone(&shared), request));
        tokio::task::spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn next(listener: &tokio::net::TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // A stream that cannot be set is slower, and no worse.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            // The client has gone already, or there is no descriptor left, which takes a moment to change.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
