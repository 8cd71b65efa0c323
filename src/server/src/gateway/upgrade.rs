//! A connection that has left HTTP, as with WebSocket: bytes both ways until either side ends. It knows no protocol.

use std::time::Duration;

use hyper::Response;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::upstream::Stream;
use crate::http::Takeover;

/// How long the upstream may take to let go of HTTP after it has agreed to.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is done with the client's connection once it has the upstream's `101 Switching Protocols`.
pub fn tunnel(answer: &mut Response<Incoming>, stream: Stream) -> Takeover {
    let upgrade = hyper::upgrade::on(answer);
    Takeover::new(move |mut client| async move {
        let _counted = stream;
        let Ok(Ok(theirs)) = tokio::time::timeout(PATIENCE, upgrade).await else { return };
        // It ends when either side does; which, and how, is theirs to know.
        let _ended = copy_bidirectional(&mut client, &mut TokioIo::new(theirs)).await;
    })
}
