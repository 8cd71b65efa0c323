//! The stages at the edge: bytes to commands, and reservations to bytes. They know no books.

use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::Routing;
use hyper::Method;

use super::{Run, books, repeat};
use crate::api::measured;

/// How many shards a SKU is one of: with one, there is nothing to find out.
const SHARDS: usize = 16;
/// Answers made ready at a time.
const PORTION: u64 = 64;

pub fn parse(lines: usize) -> Run {
    let (body, id) = (books::body(lines), books::id(0));
    repeat(move || {
        // It is a right body: what it comes to is a command.
        let _ = black_box(measured::reserve(black_box(body.as_bytes()), id.clone(), books::MAX_HOLD));
    })
}

pub fn hash() -> Run {
    repeat(|| {
        black_box(measured::id_of_key(black_box("cart-0123456789abcdef")));
    })
}

pub fn route() -> Run {
    let (path, sku) = (format!("/v1/reservations/{}", books::id(0)), books::sku(0));
    let routing = Routing::new(SHARDS);
    repeat(move || {
        let name = measured::route(&Method::PUT, black_box(&path)).map(str::len);
        black_box((name.unwrap_or_default(), routing.of_sku(black_box(&sku))));
    })
}

pub fn serialise(lines: usize) -> Run {
    let reservation = books::reservation(lines);
    Box::new(move |times| {
        let mut taken = Duration::ZERO;
        let mut left = times;
        while left > 0 {
            let portion = left.min(PORTION);
            let answers: Vec<_> = (0..portion).map(|_| reservation.clone()).collect();
            let begun = Instant::now();
            for answer in answers {
                let _ = black_box(measured::reserved(answer));
            }
            taken += begun.elapsed();
            left -= portion;
        }
        Ok(taken)
    })
}
