//! Reservations in batches: few connections with a thread each, for a batch keeps the server busy long enough that a
//! client's own threads cost little. It must not know what is made of the figures.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Instant;

use memchr::memmem;
use serde::Serialize;

use super::run::{PATIENCE, unique_ids};
use super::{HOT_SKU, ID_BYTES, ID_PLACEHOLDER, Span, TTL_MS, http, write_id};
use crate::Error;
use crate::latency::Latencies;

/// The most operations of a batch that the contract allows.
pub const MOST: u32 = 10_000;

/// What each reservation that was made leaves in an answer, however short the client wants it.
const MADE: &[u8] = b"\"status\":201";

const CHUNK_BYTES: usize = 256 << 10;

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Reservations in a batch, up to [`MOST`].
    pub size: u32,
    /// Connections, each with one batch under way.
    pub connections: u16,
    /// Whether to ask for statuses only.
    pub minimal: bool,
    /// How long.
    pub span: Span,
}

/// The figures of one run; one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Reservations in a batch.
    pub size: u32,
    /// Over how many connections.
    pub connections: u16,
    /// Whether statuses only were asked for.
    pub minimal: bool,
    /// For how long, without the warm-up.
    pub seconds: f64,
    /// Batches in that time of which every reservation was made.
    pub batches: u64,
    /// Reservations a second.
    pub rate: f64,
    /// Median latency of a batch, microseconds.
    pub p50_us: f64,
    /// 99th percentile, microseconds.
    pub p99_us: f64,
    /// Batches with any other answer, warm-up included. With any, the figures above are worth nothing.
    pub errors: u64,
    /// The beginning of the first such answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
}

/// Stocks the hot SKU.
pub fn prepare(address: SocketAddr) -> Result<(), Error> {
    http::stock(address)
}

/// Keeps every connection busy with batches until the time is over, and sums up.
pub fn measure(address: SocketAddr, plan: Plan) -> Result<Figures, Error> {
    let start = Instant::now() + plan.span.warm_up;
    let end = start + plan.span.measured;
    let first_id = unique_ids()();
    let workers: Vec<_> = (0..plan.connections)
        .map(|place| {
            // As many strides as connections: no two take the same id.
            let ids = (first_id + u64::from(place)..).step_by(usize::from(plan.connections));
            thread::spawn(move || Worker::open(address, plan, place)?.work(ids, start, end))
        })
        .collect();
    let mut sum = Count::default();
    for worker in workers {
        // Proof: a worker's code has no way to panic but a defect, which is passed on.
        sum.add(worker.join().expect("a worker ends with its count or an error")?);
    }
    let seconds = plan.span.measured.as_secs_f64();
    let Count { latencies, errors, first_error } = sum;
    Ok(Figures {
        size: plan.size,
        connections: plan.connections,
        minimal: plan.minimal,
        seconds,
        batches: latencies.count(),
        rate: (latencies.count() as f64 * f64::from(plan.size) / seconds).round(),
        p50_us: latencies.quantile_us(0.5),
        p99_us: latencies.quantile_us(0.99),
        errors,
        first_error,
    })
}

#[derive(Default)]
struct Count {
    latencies: Latencies,
    errors: u64,
    first_error: Option<String>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.latencies.add(&other.latencies);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

struct Worker {
    address: SocketAddr,
    stream: TcpStream,
    request: Batch,
    received: Vec<u8>,
    chunk: Vec<u8>,
}

impl Worker {
    fn open(address: SocketAddr, plan: Plan, place: u16) -> Result<Self, Error> {
        let broken = || Error::connection(address);
        let stream = TcpStream::connect(address).map_err(broken())?;
        stream.set_nodelay(true).map_err(broken())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(broken())?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(broken())?;
        let request = Batch::new(plan.size, place, plan.minimal);
        Ok(Self { address, stream, request, received: Vec::new(), chunk: vec![0; CHUNK_BYTES] })
    }

    fn work(mut self, mut ids: impl Iterator<Item = u64>, start: Instant, end: Instant) -> Result<Count, Error> {
        let mut count = Count::default();
        loop {
            let sent_at = Instant::now();
            let expected = self.exchange(&mut ids)?;
            let at = Instant::now();
            if at >= end {
                return Ok(count);
            }
            if !expected {
                count.errors += 1;
                let excerpt = &self.received[..self.received.len().min(400)];
                count.first_error.get_or_insert_with(|| String::from_utf8_lossy(excerpt).into_owned());
            } else if at >= start {
                count.latencies.record(at - sent_at);
            }
        }
    }

    /// One batch; whether every reservation was made.
    fn exchange(&mut self, ids: &mut impl Iterator<Item = u64>) -> Result<bool, Error> {
        let address = self.address;
        self.stream.write_all(self.request.with_ids(ids)).map_err(Error::connection(address))?;
        self.received.clear();
        loop {
            let count = self.stream.read(&mut self.chunk).map_err(Error::connection(address))?;
            if count == 0 {
                return Err(Error::connection(address)("closed before the answer was complete"));
            }
            self.received.extend_from_slice(&self.chunk[..count]);
            if let Some((status, _)) = http::answer(&self.received) {
                return Ok(status == 200 && self.request.is_answered_by(&self.received));
            }
        }
    }
}

/// A batch on the wire with a place for each reservation's id, patched in before each sending.
#[derive(Debug, Clone)]
pub struct Batch {
    bytes: Vec<u8>,
    ids_at: Vec<usize>,
}

impl Batch {
    /// Reservations of one unit of the hot SKU each.
    pub fn new(size: u32, connection: u16, minimal: bool) -> Self {
        let operation = format!(
            r#"{{"op":"reserve","id":"{ID_PLACEHOLDER}","customer":"c-{connection:05}","ttl_ms":{TTL_MS},"lines":[{{"sku":"{HOT_SKU}","quantity":1}}]}}"#
        );
        let body = format!(r#"{{"operations":[{}]}}"#, vec![operation; size as usize].join(","));
        let prefer = if minimal { "prefer: return=minimal\r\n" } else { "" };
        let length = body.len();
        let bytes = format!(
            "POST /v1/batch HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{prefer}content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes();
        let ids_at = memmem::find_iter(&bytes, ID_PLACEHOLDER).collect();
        Self { bytes, ids_at }
    }

    /// The bytes to send, with a new id for each reservation.
    pub fn with_ids(&mut self, ids: &mut impl Iterator<Item = u64>) -> &[u8] {
        for (at, id) in self.ids_at.iter().zip(ids) {
            write_id(&mut self.bytes[*at..at + ID_BYTES], id);
        }
        &self.bytes
    }

    /// Whether the answer says of every reservation that it was made.
    pub fn is_answered_by(&self, answer: &[u8]) -> bool {
        memmem::find_iter(answer, MADE).count() == self.ids_at.len()
    }
}

/// A row of a table for people, below [`HEADER`].
impl std::fmt::Display for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { size, batches, rate, p50_us, p99_us, errors, .. } = self;
        let (p50_ms, p99_ms) = (p50_us / 1e3, p99_us / 1e3);
        write!(out, "{size:>6} {batches:>9} {rate:>15.0} {p50_ms:>10.2} {p99_ms:>10.2} {errors:>7}")
    }
}

/// What stands above the rows.
pub const HEADER: &str = "  size   batches  reservations/s     p50 ms     p99 ms  errors";
