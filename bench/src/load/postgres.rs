//! `PostgreSQL` with a function that does a reservation's semantic work, prepared once a connection. Its messages are those of
//! `postgres-protocol`, so that the same generator loads everybody. It must not know how durable it was started.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use bytes::{BufMut, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{DataRowBody, ErrorResponseBody, Message};
use postgres_protocol::message::frontend;

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
/// What the one row has in its one column.
const GRANTED: &[u8] = b"1";
/// Of an error's fields the one for people.
const ERROR_TEXT: u8 = b'M';
/// Names and values are short and of ours: none has a zero byte, and no message comes near the protocol's most.
const FITS: &str = "short texts fit a message";

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
            let mut stream = TcpStream::connect(address)?;
            log_in(&mut stream)?;
            exchange(&mut stream, |bytes| frontend::query(&sql, bytes))
        };
        lay_in().map_err(Error::connection(address))
    }

    /// Beside the preparing it calls the function in vain until its plans are kept, as a pool's connections have long done.
    fn greet(&self, stream: &mut TcpStream) -> Result<(), String> {
        let sku = if self.skus == 1 { HOT_SKU } else { "SKU-0000000" };
        let sql =
            format!("BEGIN; SELECT reserve('warm-' || n, '{sku}', 1, '', 1) FROM generate_series(1, 6) n; ROLLBACK");
        let mut greet = || {
            log_in(stream)?;
            exchange(stream, |bytes| {
                frontend::parse("reserve", STATEMENT, [], bytes)?;
                frontend::sync(bytes);
                Ok(())
            })?;
            exchange(stream, |bytes| frontend::query(&sql, bytes))
        };
        greet().map_err(|error| error.to_string())
    }

    fn request(&self, connection: usize) -> Request {
        let sku = if self.skus == 1 { HOT_SKU } else { SKU_PLACEHOLDER };
        let (customer, ttl_ms) = (format!("c-{connection:05}"), TTL_MS.to_string());
        let values = [ID_PLACEHOLDER, sku, "1", &customer, &ttl_ms];
        let mut bytes = BytesMut::new();
        let write = |value: &str, bytes: &mut BytesMut| {
            bytes.put_slice(value.as_bytes());
            Ok(IsNull::No)
        };
        frontend::bind("", "reserve", [], values, write, [], &mut bytes).ok().expect(FITS);
        frontend::execute("", 0, &mut bytes).expect(FITS);
        frontend::sync(&mut bytes);
        Request::over(bytes, self.skus)
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        let mut rest = BytesMut::from(received);
        let mut expected = false;
        loop {
            match Message::parse(&mut rest) {
                Ok(None) => return None,
                Ok(Some(Message::DataRow(row))) => expected |= is_granted(&row),
                Ok(Some(Message::ReadyForQuery(_))) => {
                    return Some(Answer { length: received.len() - rest.len(), expected });
                }
                Ok(Some(_)) => {}
                Err(_) => return Some(Answer { length: received.len(), expected: false }),
            }
        }
    }
}

fn is_granted(row: &DataRowBody) -> bool {
    let columns = row.ranges().map(|range| Ok(range.map(|range| &row.buffer()[range]))).collect::<Vec<_>>();
    columns.is_ok_and(|columns| columns == [Some(GRANTED)])
}

/// Whether the server at this address lets somebody in.
pub fn is_ready(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok_and(|mut stream| log_in(&mut stream).is_ok())
}

fn log_in(stream: &mut TcpStream) -> io::Result<()> {
    exchange(stream, |bytes| frontend::startup_message([("user", USER), ("database", USER)], bytes))
}

/// Sends what is written, and reads until the server is ready for more. What it calls an error is one.
fn exchange(stream: &mut TcpStream, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> io::Result<()> {
    let mut request = BytesMut::new();
    write(&mut request)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request)?;
    let (mut received, mut chunk) = (BytesMut::new(), [0; 4096]);
    loop {
        match Message::parse(&mut received)? {
            Some(Message::ReadyForQuery(_)) => return Ok(()),
            Some(Message::ErrorResponse(error)) => return Err(io::Error::other(text_of(&error)?)),
            Some(_) => {}
            None => match stream.read(&mut chunk)? {
                0 => return Err(io::Error::other("closed before the answer was complete")),
                count => received.put_slice(&chunk[..count]),
            },
        }
    }
}

fn text_of(error: &ErrorResponseBody) -> io::Result<String> {
    let field = error.fields().find(|field| Ok(field.type_() == ERROR_TEXT))?;
    Ok(field.map_or_else(String::new, |field| String::from_utf8_lossy(field.value_bytes()).into_owned()))
}
