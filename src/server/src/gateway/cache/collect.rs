//! Reads an answer's body whole, if it is not too much and comes soon; if it is, gives it back as it was. It knows nothing
//! of what becomes of it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use tokio::time::{Instant, timeout_at};

use crate::gateway::body::Received;

/// What was found.
#[derive(Debug)]
pub enum Collected {
    /// All of it.
    Whole(Bytes),
    /// More than is wanted, or slower, or with trailers; the body is as if nothing of it was read.
    TooMuch(Box<Received>),
    /// It broke off.
    Broken,
}

/// Reads a body of no more than `most` bytes, for no longer than `within`.
pub async fn collect(mut body: Received, most: usize, within: Duration) -> Collected {
    if body.size_hint().lower() > most as u64 {
        return Collected::TooMuch(Box::new(body));
    }
    let end = Instant::now() + within;
    // Copied, since pieces may be small parts of large buffers.
    let mut bytes = Vec::with_capacity(body.size_hint().lower() as usize);
    let last = loop {
        match timeout_at(end, body.frame()).await {
            Err(_elapsed) => break None,
            Ok(Some(Err(_))) => return Collected::Broken,
            Ok(None) => return Collected::Whole(bytes.into_boxed_slice().into()),
            Ok(Some(Ok(frame))) => match frame.data_ref() {
                Some(data) if bytes.len() + data.len() <= most => bytes.extend_from_slice(data),
                _ => break Some(frame),
            },
        }
    };
    let begun: VecDeque<_> = std::iter::once(Frame::data(Bytes::from(bytes))).chain(last).collect();
    Collected::TooMuch(Box::new(body.with_begun(begun)))
}
