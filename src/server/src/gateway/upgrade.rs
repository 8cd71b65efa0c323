//! A connection that has left HTTP, as with WebSocket: bytes both ways until either side ends. It knows no protocol.

use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::body::Received;
use crate::http::Takeover;

/// How long the upstream may take to let go of HTTP after it has agreed to.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is done with the client's connection once it has the upstream's `101 Switching Protocols`.
/// `counted` is the answer's body, which has no bytes, but is counted as a stream as long as it lives.
pub fn tunnel(upgrade: OnUpgrade, counted: Received) -> Takeover {
    Takeover::new(move |mut client| async move {
        let _counted = counted;
        let Ok(Ok(theirs)) = tokio::time::timeout(PATIENCE, upgrade).await else { return };
        // It ends when either side does; which, and how, is theirs to know.
        let _ended = copy_bidirectional(&mut client, &mut TokioIo::new(theirs)).await;
    })
}
