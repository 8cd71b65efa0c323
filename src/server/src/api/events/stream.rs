//! Server-sent events: a stream that ends only when the server stops, the client goes, or log and store
//! give no more. It knows nothing of polls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::Engine;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, sleep, timeout_at};
use wal::Lsn;

use super::batch::Batch;
use super::log::Consumer;
use crate::api::{Api, Call};
use crate::http::{Body, Problem, Reply};

/// After so long without an event the stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: &[u8] = b": keep-alive\n\n";

/// Under load the durable mark moves thousands of times a second: after each look a stream lets so
/// much time pass and then takes what has gathered.
const PACE: Duration = Duration::from_millis(5);

/// Begins a stream. What cannot be read is told while there still is a status to tell it by.
pub async fn begin(call: Call<'_>, mut consumer: Consumer) -> Result<Reply, Problem> {
    let first = consumer.read(call.engine.durable_mark(), Batch::piece()).await?;
    // One piece waits while the connection sends another: the client's pace is the reader's.
    let (pieces, taken) = channel(1);
    let (api, engine) = (Arc::clone(call.api), Arc::clone(call.engine));
    let stream = Stream { api, engine, consumer, until: None, spoken: Instant::now(), pieces };
    tokio::spawn(stream.run(first));
    let mut reply = Reply::new(Body::stream(taken));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

struct Stream {
    api: Arc<Api>,
    engine: Arc<Engine>,
    consumer: Consumer,
    /// What was durable when the server began to stop: the last to be sent.
    until: Option<Lsn>,
    /// When the client was last sent anything.
    spoken: Instant,
    pieces: Sender<Bytes>,
}

impl Stream {
    /// The client is gone, has all that it will get, or cannot be given more: it comes again with
    /// the last id, and is told then.
    async fn run(mut self, first: Batch) {
        let mut batch = first;
        while self.send(batch.into_piece().into()).await && self.wait().await {
            // A place first: nothing is read for a client that does not take what it has.
            if self.pieces.reserve().await.is_err() {
                return;
            }
            let last = self.last();
            match self.consumer.read(last, Batch::piece()).await {
                Ok(read) => batch = read,
                Err(_told) => return,
            }
        }
    }

    /// Whether there still is a client.
    async fn send(&mut self, piece: Bytes) -> bool {
        if piece.is_empty() {
            return true;
        }
        self.spoken = Instant::now();
        self.pieces.send(piece).await.is_ok()
    }

    /// The last record to be sent so far.
    fn last(&mut self) -> Lsn {
        let durable = self.engine.durable_mark();
        if self.api.stage.is_draining() { *self.until.get_or_insert(durable) } else { durable }
    }

    /// Waits for something to send; false when there will be nothing more.
    async fn wait(&mut self) -> bool {
        if self.consumer.seen() < self.last() {
            return true;
        }
        if self.until.is_some() {
            return false;
        }
        sleep(PACE).await;
        loop {
            let news = async {
                tokio::select! {
                    () = self.api.desk.durable_after(&self.engine, self.consumer.seen()) => true,
                    () = self.api.stage.until_draining() => true,
                    () = self.pieces.closed() => false,
                }
            };
            match timeout_at(self.spoken + KEEP_ALIVE, news).await {
                Ok(goes_on) => return goes_on,
                Err(_quiet) if self.send(Bytes::from_static(COMMENT)).await => {}
                Err(_quiet) => return false,
            }
        }
    }
}

/// Whether the client asks for a stream.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(hyper::header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = lists.flat_map(|list| list.split(',')).filter_map(|range| range.split(';').next());
    types.any(|essence| essence.trim().eq_ignore_ascii_case("text/event-stream"))
}
