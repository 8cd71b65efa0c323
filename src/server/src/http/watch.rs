//! How long a connection has been in its present phase, in coarse ticks, and which are overdue.
//! A request costs a few relaxed stores and no timer; one sweep a tick looks at all connections.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Kept alive between requests.
    Idle,
    /// A head has begun to arrive, or the connection is new.
    Head,
    /// A body is awaited.
    Body,
    /// The answer is being found. Ours to hurry: it has no limit.
    Busy,
    /// The answer is on its way to the client.
    Sending,
    /// The client has all that there is of an answer without an end. Ours to go on: no limit.
    Streaming,
    /// The client does not take what there is of such an answer.
    Stalled,
}

const PHASES: [Phase; 7] =
    [Phase::Idle, Phase::Head, Phase::Body, Phase::Busy, Phase::Sending, Phase::Streaming, Phase::Stalled];
const PHASE_BITS: u32 = 3;

/// Ticks since the I/O thread began.
#[derive(Debug, Default)]
pub struct Ticks(AtomicU32);

impl Ticks {
    /// One more.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u32 {
        self.0.load(Ordering::Relaxed) & (u32::MAX >> PHASE_BITS)
    }
}

/// How long each phase may take, in ticks.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// The length of a tick.
    pub tick: Duration,
    idle: u32,
    head: u32,
    body: u32,
    send: u32,
    /// What a client takes at least of an answer in the time for sending.
    least_bytes: u32,
}

/// A client that takes less than this a second of an answer that is there, over the time for sending, is as good as one
/// that takes nothing: its answer holds a place that others wait for. The slowest telephones are faster.
const LEAST_BYTES_PER_S: u128 = 1024;

impl Allowed {
    /// Derives a tick fine enough for the shortest limit.
    pub fn new(idle: Duration, head: Duration, body: Duration, send: Duration) -> Self {
        let shortest = idle.min(head).min(body).min(send);
        let tick = (shortest / 4).clamp(Duration::from_millis(25), Duration::from_secs(1));
        // One more, since a phase may begin right before a tick.
        let ticks = |limit: Duration| (limit.as_millis() / tick.as_millis()) as u32 + 1;
        let least_bytes = (LEAST_BYTES_PER_S * send.as_millis() / 1_000) as u32;
        Self { tick, idle: ticks(idle), head: ticks(head), body: ticks(body), send: ticks(send), least_bytes }
    }

    /// The same, but for connections without a request.
    pub fn with_idle(self, idle: Duration) -> Self {
        Self { idle: (idle.as_millis() / self.tick.as_millis()) as u32 + 1, ..self }
    }
}

/// One connection's phase and the tick in which it began.
#[derive(Debug)]
pub struct Watch {
    ticks: Arc<Ticks>,
    state: AtomicU32,
    /// What the client took of an answer since the phase began.
    taken_bytes: AtomicU32,
    is_shared: AtomicBool,
    exchanges: AtomicU32,
    /// The answer has no end of its own.
    is_endless: AtomicBool,
    /// The request goes on when its answer is sent.
    is_uploading: AtomicBool,
}

/// One exchange among several on a connection; over with its drop.
#[derive(Debug)]
pub struct Exchange {
    connection: Arc<Watch>,
    own: Arc<Watch>,
}

impl Exchange {
    /// Its own watch.
    pub fn watch(&self) -> &Arc<Watch> {
        &self.own
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.connection.exchanges.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.connection.set(Phase::Idle);
        }
    }
}

impl Watch {
    /// A new connection owes a head.
    pub fn new(ticks: Arc<Ticks>) -> Self {
        let watch = Self {
            ticks,
            state: AtomicU32::new(0),
            taken_bytes: AtomicU32::new(0),
            is_shared: AtomicBool::new(false),
            exchanges: AtomicU32::new(0),
            is_endless: AtomicBool::new(false),
            is_uploading: AtomicBool::new(false),
        };
        watch.enter(Phase::Head);
        watch
    }

    /// One more exchange on a connection that carries several at once: from here on it is busy while there are
    /// any, and idle otherwise. Who takes too long over one of them is seen by that one's own watch.
    pub fn share(self: &Arc<Self>, own: Arc<Self>) -> Exchange {
        self.is_shared.store(true, Ordering::Relaxed);
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        self.set(Phase::Busy);
        Exchange { connection: Arc::clone(self), own }
    }

    /// The phase begins now, on a connection of one exchange at a time.
    pub fn enter(&self, phase: Phase) {
        if !self.is_shared.load(Ordering::Relaxed) {
            self.set(phase);
        }
    }

    fn set(&self, phase: Phase) {
        self.taken_bytes.store(0, Ordering::Relaxed);
        self.state.store(self.ticks.now() << PHASE_BITS | phase as u32, Ordering::Relaxed);
    }

    /// The present phase.
    pub fn phase(&self) -> Phase {
        let index = self.state.load(Ordering::Relaxed) & ((1 << PHASE_BITS) - 1);
        PHASES[index as usize]
    }

    /// Whether a client waits for an answer to what it has sent, and that has an end. Of a connection that is shared each
    /// exchange has its own watch.
    pub fn is_in_flight(&self) -> bool {
        let is_shared = self.is_shared.load(Ordering::Relaxed);
        !is_shared && !self.is_endless() && !matches!(self.phase(), Phase::Idle | Phase::Head)
    }

    /// Says whether the answer has an end of its own.
    pub fn set_endless(&self, is_endless: bool) {
        self.is_endless.store(is_endless, Ordering::Relaxed);
    }

    /// Whether what is being answered has no end of its own.
    pub fn is_endless(&self) -> bool {
        self.is_endless.load(Ordering::Relaxed)
    }

    /// The request goes on after its answer, for as long as a body may take.
    pub fn upload(&self) {
        self.is_uploading.store(true, Ordering::Relaxed);
    }

    /// A connection without a request has all its time for one again.
    pub fn rest(&self) {
        if self.phase() == Phase::Idle {
            self.set(Phase::Idle);
        }
    }

    /// The client has taken so many bytes of its answer.
    pub fn took(&self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let taken = self.taken_bytes.load(Ordering::Relaxed).saturating_add(bytes);
        self.taken_bytes.store(taken, Ordering::Relaxed);
    }

    /// The phase, if the client has taken too long in it.
    pub fn overdue(&self, allowed: &Allowed) -> Option<Phase> {
        let phase = self.phase();
        let limit = match phase {
            Phase::Idle => allowed.idle,
            Phase::Head => allowed.head,
            Phase::Body => allowed.body,
            Phase::Sending | Phase::Stalled => allowed.send,
            Phase::Busy | Phase::Streaming => return None,
        };
        let since = self.state.load(Ordering::Relaxed) >> PHASE_BITS;
        let is_over = self.ticks.now().saturating_sub(since) > limit;
        if is_over && phase == Phase::Stalled && self.taken_bytes.load(Ordering::Relaxed) >= allowed.least_bytes {
            // Slow is not deaf: who takes enough has all the time again.
            self.set(Phase::Stalled);
            return None;
        }
        is_over.then_some(phase)
    }

    /// The client has taken `taken` bytes of `offered`, or none while its buffers are full. Hyper
    /// writes an answer's bytes in one piece, so that the piece's end is the answer's.
    fn wrote(&self, taken: Option<usize>, offered: usize) {
        let all = taken == Some(offered);
        match self.phase() {
            Phase::Sending if all && self.is_uploading.load(Ordering::Relaxed) => self.enter(Phase::Body),
            Phase::Sending if all => self.enter(Phase::Idle),
            Phase::Stalled if all => self.enter(Phase::Streaming),
            Phase::Streaming if !all => {
                self.enter(Phase::Stalled);
                self.took(taken.unwrap_or_default());
            }
            Phase::Stalled => self.took(taken.unwrap_or_default()),
            _ => {}
        }
    }
}

/// A connection's socket, which notes when a head begins and when an answer is gone.
#[derive(Debug)]
pub struct Watched {
    socket: TcpStream,
    watch: Arc<Watch>,
    /// What was read of it and is to be read again.
    unread: Bytes,
}

impl Watched {
    /// Puts the watch before the socket.
    pub fn new(socket: TcpStream, watch: Arc<Watch>) -> Self {
        Self { socket, watch, unread: Bytes::new() }
    }

    /// Gives back what was read last, to be read again before all else.
    pub fn unread(&mut self, bytes: Bytes) {
        self.unread = bytes;
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(into.remaining());
            into.put_slice(&self.unread.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut self.socket).poll_read(cx, into);
        if polled.is_ready() && self.watch.phase() == Phase::Idle {
            self.watch.enter(Phase::Head);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write(cx, bytes);
        let taken = match polled {
            Poll::Ready(Ok(taken)) => Some(taken),
            _ => None,
        };
        self.watch.wrote(taken, bytes.len());
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Phase, Ticks, Watch, Watched};
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::Poll;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[test]
    fn each_phase_has_its_own_limit_and_our_own_work_has_none() {
        let ms = Duration::from_millis;
        let allowed = Allowed::new(ms(8000), ms(100), ms(200), ms(400));
        let ticks = Arc::new(Ticks::default());
        let watch = Watch::new(Arc::clone(&ticks));
        let ticks_until_overdue = |phase| {
            watch.enter(phase);
            (1..1000).find(|_| {
                ticks.advance();
                watch.overdue(&allowed) == Some(phase)
            })
        };
        assert_eq!(ticks_until_overdue(Phase::Head), Some(6));
        assert_eq!(ticks_until_overdue(Phase::Body), Some(10));
        assert_eq!(ticks_until_overdue(Phase::Sending), Some(18));
        assert_eq!(ticks_until_overdue(Phase::Idle), Some(322));
        assert_eq!(ticks_until_overdue(Phase::Stalled), Some(18));
        assert_eq!(ticks_until_overdue(Phase::Busy), None);
        assert_eq!(ticks_until_overdue(Phase::Streaming), None);
    }

    #[test]
    fn a_stream_is_stalled_while_its_client_does_not_take_what_there_is() {
        let ticks = Arc::new(Ticks::default());
        let watch = Watch::new(Arc::clone(&ticks));
        let after = |taken, offered| {
            watch.wrote(taken, offered);
            watch.phase()
        };
        watch.enter(Phase::Streaming);
        assert_eq!(after(Some(9), 9), Phase::Streaming);
        assert_eq!(after(Some(5), 9), Phase::Stalled);
        // A tick of a quarter of a second, and at least one kibibyte in each second.
        let second = Duration::from_secs(1);
        let allowed = Allowed::new(second, second, second, second);
        let wait = || (0..6).for_each(|_| ticks.advance());
        wait();
        assert_eq!(after(None, 4), Phase::Stalled);
        assert_eq!(watch.overdue(&allowed), Some(Phase::Stalled), "nothing taken gives no more time");
        assert_eq!(after(Some(1_000), 9_000), Phase::Stalled);
        assert_eq!(watch.overdue(&allowed), Some(Phase::Stalled), "a sip neither");
        assert_eq!(after(Some(100), 8_000), Phase::Stalled);
        assert_eq!(watch.overdue(&allowed), None, "enough taken does");
        wait();
        assert_eq!(watch.overdue(&allowed), Some(Phase::Stalled), "what was taken before counts once");
        assert_eq!(after(Some(3), 3), Phase::Streaming);
        assert!(watch.is_in_flight());
        watch.enter(Phase::Sending);
        assert_eq!(after(None, 5), Phase::Sending);
        assert_eq!(after(Some(5), 5), Phase::Idle);
    }

    #[test]
    fn what_has_no_end_is_not_waited_for_and_an_upload_after_its_answer_is_bounded() {
        let watch = Watch::new(Arc::default());
        watch.enter(Phase::Streaming);
        watch.set_endless(true);
        assert!(!watch.is_in_flight());
        watch.set_endless(false);
        assert!(watch.is_in_flight());
        watch.enter(Phase::Sending);
        watch.upload();
        watch.wrote(Some(5), 5);
        assert_eq!(watch.phase(), Phase::Body);
    }

    #[test]
    fn a_shared_connection_is_idle_when_no_exchange_is_left() {
        let ms = Duration::from_millis;
        let allowed = Allowed::new(ms(100), ms(100), ms(100), ms(100));
        let ticks = Arc::new(Ticks::default());
        let watch = Arc::new(Watch::new(Arc::clone(&ticks)));
        let overdue = |watch: &Watch| {
            (0..10).for_each(|_| ticks.advance());
            watch.overdue(&allowed)
        };
        let own = Arc::new(Watch::new(Arc::clone(&ticks)));
        let (first, second) = (watch.share(Arc::clone(&own)), watch.share(Arc::clone(&own)));
        watch.enter(Phase::Body);
        assert_eq!(overdue(&watch), None, "one exchange's body is not the connection's");
        own.enter(Phase::Body);
        assert_eq!((overdue(&own), own.is_in_flight()), (Some(Phase::Body), true));
        drop(first);
        assert_eq!(overdue(&watch), None);
        drop(second);
        assert!(!watch.is_in_flight());
        assert_eq!(overdue(&watch), Some(Phase::Idle));
    }

    #[test]
    fn a_socket_that_nobody_reads_stalls_its_stream_until_somebody_does() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
            let mut client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
            let (socket, _) = listener.accept().await.expect("a client has come");
            let watch = Arc::new(Watch::new(Arc::default()));
            let mut watched = Watched::new(socket, Arc::clone(&watch));
            watch.enter(Phase::Streaming);
            let piece = vec![b'x'; 64 << 10];
            let mut sent = 0;
            // Until every buffer on the way is full; the poller may say so later than the system.
            while watch.phase() == Phase::Streaming {
                sent += poll_fn(|cx| match Pin::new(&mut watched).poll_write(cx, &piece) {
                    Poll::Pending => Poll::Ready(0),
                    Poll::Ready(taken) => Poll::Ready(taken.expect("the client is there")),
                })
                .await;
            }
            assert_eq!(watch.phase(), Phase::Stalled);
            let mut read = vec![0; sent];
            client.read_exact(&mut read).await.expect("all that was taken arrives");
            watched.write_all(b"x").await.expect("there is room again");
            assert_eq!(watch.phase(), Phase::Streaming);
        });
    }
}
