//! A body in memory, cut into small copies: a client that takes none of it holds one of them, and not the whole. It knows
//! nothing of who reads it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

/// A piece, in bytes: as much as one frame of HTTP/2 has.
pub const PIECE_BYTES: usize = 16 << 10;

/// What is left of a body.
#[derive(Debug)]
pub struct Pieces(pub Bytes);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.0.len().min(PIECE_BYTES);
        let piece = self.0.split_to(length);
        // A slice would hold all that it was cut from.
        Poll::Ready((length > 0).then(|| Ok(Frame::data(Bytes::copy_from_slice(&piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}
