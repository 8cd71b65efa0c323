//! The bare server: hyper that reads a body whole and answers a constant 201. It is the ceiling that Tidegate is
//! measured against, built the same way: one listener, connections dealt to single-threaded runtimes. It must not decide.

use std::convert::Infallible;
use std::net::{TcpListener, TcpStream};
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;

use crate::Error;

/// Serves until the process ends, or until the listener fails.
pub fn serve(listener: &TcpListener, io_threads: usize, body_bytes: usize) -> Result<(), Error> {
    let body = Bytes::from(format!("\"{}\"", "x".repeat(body_bytes.saturating_sub(2))));
    let mut threads = (0..io_threads.max(1)).map(|_| start(body.clone())).collect::<Result<Vec<_>, _>>()?;
    loop {
        let (stream, _) = listener.accept().map_err(Error::system("accept a connection"))?;
        // A thread that is gone has panicked, and said so; the others go on.
        let _ = threads[0].send(stream);
        threads.rotate_left(1);
    }
}

fn start(body: Bytes) -> Result<UnboundedSender<TcpStream>, Error> {
    let (sender, receiver) = unbounded_channel();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::system("start a runtime"))?;
    thread::Builder::new()
        .name("io".to_owned())
        .spawn(move || LocalSet::new().block_on(&runtime, answer_all(receiver, body)))
        .map_err(Error::system("start a thread"))?;
    Ok(sender)
}

async fn answer_all(mut connections: UnboundedReceiver<TcpStream>, body: Bytes) {
    while let Some(stream) = connections.recv().await {
        let body = body.clone();
        tokio::task::spawn_local(async move {
            // A connection that breaks is its client's affair, which counts it.
            let Ok(stream) = adopt(stream) else { return };
            let service = service_fn(move |request| answer(request, body.clone()));
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

fn adopt(stream: TcpStream) -> std::io::Result<tokio::net::TcpStream> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(stream)
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // Half a body is answered too: the client that sent it will not read the answer.
    drop(request.into_body().collect().await);
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}
