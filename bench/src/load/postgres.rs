//! `PostgreSQL` with a function that does a reservation's semantic work, prepared once a connection. Of its protocol (version
//! 3.0) as much as that takes, so that the same generator loads everybody. It must not know how durable it was started.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::run::PATIENCE;
use super::{Answer, HOT_ON_HAND, HOT_SKU, ID_PLACEHOLDER, Request, SKU_PLACEHOLDER, TTL_MS, Target};
use crate::Error;

/// The user, and the database; clients on loopback are trusted.
pub const USER: &str = "postgres";

/// Takes from the SKU if there is enough, stores the reservation with its deadline, all or nothing, once per id: an id that it
/// has seen is an error, which takes nothing. Answers 1 for granted, 0 for too little.
const SCHEMA: &str = "\
CREATE TABLE IF NOT EXISTS stock (
  sku text PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0), held bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS reservations (
  id text PRIMARY KEY, state text NOT NULL, sku text NOT NULL, quantity bigint NOT NULL, customer text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS deadlines ON reservations (expires_at);
CREATE OR REPLACE FUNCTION reserve(of_id text, of_sku text, wanted bigint, of_customer text, ttl_ms bigint) RETURNS integer
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stock SET available = available - wanted, held = held + wanted WHERE sku = of_sku AND available >= wanted;
  IF NOT FOUND THEN RETURN 0; END IF;
  INSERT INTO reservations VALUES (of_id, 'held', of_sku, wanted, of_customer, now() + ttl_ms * interval '1 millisecond');
  RETURN 1;
END $$;";

const STATEMENT: &str = "SELECT reserve($1, $2, $3, $4, $5)";
/// The one row, of one column: `1`.
const GRANTED: &[u8] = b"D\0\0\0\x0b\0\x01\0\0\0\x011";

/// A `PostgreSQL` server, and over how many SKUs reservations go.
#[derive(Debug, Clone, Copy)]
pub struct Postgres {
    /// One is the hot SKU.
    pub skus: u32,
}

impl Target for Postgres {
    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error> {
        let last = self.skus - 1;
        let stock = match self.skus {
            1 => format!("INSERT INTO stock VALUES ('{HOT_SKU}', {HOT_ON_HAND}, 0)"),
            _ => format!(
                "INSERT INTO stock SELECT 'SKU-' || lpad(n::text, 7, '0'), {HOT_ON_HAND}, 0 FROM generate_series(0, {last}) n"
            ),
        };
        let sql = format!("{SCHEMA} {stock} ON CONFLICT DO NOTHING; ANALYZE stock;");
        let lay_in = || {
            let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
            log_in(&mut stream)?;
            exchange(&mut stream, &message(b'Q', &text(&sql)))
        };
        lay_in().map_err(Error::connection(address))
    }

    /// Beside the preparing it calls the function in vain until its plans are kept, as a pool's connections have long done.
    fn greet(&self, stream: &mut TcpStream) -> Result<(), String> {
        log_in(stream)?;
        let parse = [text("reserve"), text(STATEMENT), 0_u16.to_be_bytes().to_vec()].concat();
        exchange(stream, &[message(b'P', &parse), message(b'S', b"")].concat())?;
        let sku = if self.skus == 1 { HOT_SKU } else { "SKU-0000000" };
        let sql =
            format!("BEGIN; SELECT reserve('warm-' || n, '{sku}', 1, '', 1) FROM generate_series(1, 6) n; ROLLBACK");
        exchange(stream, &message(b'Q', &text(&sql)))
    }

    fn request(&self, connection: usize) -> Request {
        let sku = if self.skus == 1 { HOT_SKU } else { SKU_PLACEHOLDER };
        let (customer, ttl_ms) = (format!("c-{connection:05}"), TTL_MS.to_string());
        let values = [ID_PLACEHOLDER, sku, "1", &customer, &ttl_ms];
        let mut bind = [text(""), text("reserve"), 0_u16.to_be_bytes().to_vec()].concat();
        bind.extend((values.len() as u16).to_be_bytes());
        for value in values {
            bind.extend((value.len() as u32).to_be_bytes());
            bind.extend(value.as_bytes());
        }
        bind.extend(0_u16.to_be_bytes());
        let execute = [text(""), 0_u32.to_be_bytes().to_vec()].concat();
        Request::over([message(b'B', &bind), message(b'E', &execute), message(b'S', b"")].concat(), self.skus)
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        let (mut at, mut expected) = (0, false);
        for message in Messages(received) {
            at += message.len();
            expected |= message == GRANTED;
            if message[0] == b'Z' {
                return Some(Answer { length: at, expected });
            }
        }
        None
    }
}

/// Whether the server at this address lets somebody in.
pub fn is_ready(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok_and(|mut stream| log_in(&mut stream).is_ok())
}

/// A message with its length, which counts itself.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[kind], &length[..], body].concat()
}

fn text(words: &str) -> Vec<u8> {
    [words.as_bytes(), b"\0"].concat()
}

fn log_in(stream: &mut TcpStream) -> Result<(), String> {
    const VERSION: u32 = 3 << 16;
    let settings = [text("user"), text(USER), text("database"), text(USER), text("")].concat();
    // The first message has no kind.
    let start = message(b'?', &[&VERSION.to_be_bytes(), &settings[..]].concat());
    exchange(stream, &start[1..])
}

/// Sends, and reads until the server is ready for more. What it calls an error is one.
fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.write_all(bytes).map_err(failed)?;
    let (mut received, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk).map_err(failed)?;
        received.extend_from_slice(&chunk[..count]);
        let mut messages = Messages(&received);
        if let Some(error) = messages.clone().find(|message| message[0] == b'E') {
            return Err(String::from_utf8_lossy(&error[5..]).replace('\0', " "));
        }
        if messages.any(|message| message[0] == b'Z') {
            return Ok(());
        }
        if count == 0 {
            return Err("closed before the answer was complete".to_owned());
        }
    }
}

/// The whole messages at the beginning of what was received.
#[derive(Clone)]
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = self.0.get(1..5)?.try_into().map(u32::from_be_bytes).ok()?;
        let (message, rest) = self.0.split_at_checked(1 + length as usize)?;
        self.0 = rest;
        Some(message)
    }
}
