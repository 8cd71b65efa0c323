//! An answer on one of several exchanges of a connection: in portions, each made when the one before it is on its way, so
//! that an exchange whose client takes nothing is seen, and ended alone. It knows no route.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::watch::{Exchange, Phase};

/// How much is handed over at once: the protocol keeps it until the client takes it, however long that is.
const PORTION_BYTES: usize = 16 << 10;

/// What of an answer's body was handed over.
#[derive(Debug)]
pub(super) struct Portions {
    exchange: Exchange,
    /// Of the present piece.
    rest: Bytes,
    /// In the last portion.
    offered: usize,
}

impl Portions {
    /// Of an answer of which nothing was.
    pub(super) fn new(exchange: Exchange) -> Self {
        Self { exchange, rest: Bytes::new(), offered: 0 }
    }

    /// How much is left of the present piece, in bytes.
    pub(super) fn rest(&self) -> usize {
        self.rest.len()
    }

    /// The next portion. To be asked for one is to have sent the one before.
    pub(super) fn poll<B>(
        &mut self,
        source: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>>
    where
        B: Body<Data = Bytes>,
    {
        let watch = self.exchange.watch();
        watch.took(std::mem::take(&mut self.offered));
        if self.rest.is_empty() {
            match source.poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Poll::Ready(end) => return Poll::Ready(end),
                Poll::Pending => {
                    // The client has all that there is.
                    watch.enter(Phase::Streaming);
                    return Poll::Pending;
                }
            }
        }
        if watch.phase() != Phase::Stalled {
            watch.enter(Phase::Stalled);
        }
        let portion = self.rest.split_to(self.rest.len().min(PORTION_BYTES));
        self.offered = portion.len();
        Poll::Ready(Some(Ok(Frame::data(portion))))
    }
}

#[cfg(test)]
mod tests {
    use super::{PORTION_BYTES, Portions};
    use crate::http::watch::{Allowed, Phase, Ticks, Watch};
    use bytes::Bytes;
    use http_body_util::Full;
    use hyper::body::Frame;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    fn take(portions: &mut Portions, source: &mut Full<Bytes>) -> Option<usize> {
        let Poll::Ready(portion) = portions.poll(Pin::new(source), &mut Context::from_waker(Waker::noop())) else {
            panic!("what is in memory is there")
        };
        portion.map(|portion| {
            portion.ok().and_then(|frame: Frame<Bytes>| frame.into_data().ok()).map_or(0, |data| data.len())
        })
    }

    #[test]
    fn an_answer_that_nobody_takes_is_overdue_and_one_that_somebody_does_is_not() {
        let second = Duration::from_secs(1);
        let allowed = Allowed::new(second, second, second, second);
        let ticks = Arc::new(Ticks::default());
        let [connection, stream] = [(); 2].map(|()| Arc::new(Watch::new(Arc::clone(&ticks))));
        let mut portions = Portions::new(connection.share(Arc::clone(&stream)));
        let mut source = Full::new(Bytes::from(vec![b'x'; 10 * PORTION_BYTES + 1]));
        let wait = || (0..5).for_each(|_| ticks.advance());
        for _ in 0..10 {
            assert_eq!(take(&mut portions, &mut source), Some(PORTION_BYTES));
            wait();
            // The portion after the first shows that the first was taken.
            take(&mut portions, &mut source);
            assert_eq!(stream.overdue(&allowed), None);
            if portions.rest() <= PORTION_BYTES {
                break;
            }
        }
        (0..2).for_each(|_| wait());
        assert_eq!(stream.overdue(&allowed), None, "what was taken gave it one more turn");
        (0..2).for_each(|_| wait());
        assert_eq!(stream.overdue(&allowed), Some(Phase::Stalled));
        assert_eq!(take(&mut portions, &mut source), Some(1));
        assert_eq!(take(&mut portions, &mut source), None);
    }
}
