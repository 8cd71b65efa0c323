//! Redis with a script that does a reservation's semantic work. It must not know how durable the server was started.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::{Answer, HOT_ON_HAND, HOT_SKU, ID_PLACEHOLDER, Request, TTL_MS, Target};
use crate::Error;

/// Checks, takes, stores the reservation, and notes its deadline, all or nothing, once per id. Answers 1 for granted,
/// 0 for too little, 2 for an id that it has seen.
const RESERVE: &str = "\
if redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
local quantity = tonumber(ARGV[1])
local available = tonumber(redis.call('HGET', KEYS[1], 'available') or '0')
if available < quantity then return 0 end
local time = redis.call('TIME')
local expires_ms = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])
redis.call('HINCRBY', KEYS[1], 'available', -quantity)
redis.call('HINCRBY', KEYS[1], 'held', quantity)
redis.call('HSET', KEYS[2], 'state', 'held', 'sku', KEYS[1], 'quantity', quantity, 'customer', ARGV[2],
  'expires_ms', expires_ms)
redis.call('ZADD', KEYS[3], expires_ms, KEYS[2])
return 1";

const GRANTED: &[u8] = b":1\r\n";

/// A Redis server.
#[derive(Debug, Default)]
pub struct Redis {
    /// The script's name with the server; known once it is prepared.
    script: String,
}

impl Target for Redis {
    fn prepare(&mut self, address: SocketAddr) -> Result<(), Error> {
        let mut stream = BufReader::new(TcpStream::connect(address).map_err(Error::connection(address))?);
        let mut ask = |words: &[&str]| ask(&mut stream, words).map_err(Error::connection(address));
        ask(&["HSET", &stock_key(), "available", &HOT_ON_HAND.to_string(), "held", "0"])?;
        self.script = ask(&["SCRIPT", "LOAD", RESERVE])?;
        Ok(())
    }

    fn request(&self, connection: usize) -> Request {
        let reservation = format!("reservation:{ID_PLACEHOLDER}");
        let customer = format!("c-{connection:05}");
        let ttl_ms = TTL_MS.to_string();
        let words = ["EVALSHA", &self.script, "3", &stock_key(), &reservation, "deadlines", "1", &customer, &ttl_ms];
        // A SHA-1 with sixteen zeros, which would be taken for an id, will not be met.
        Request::new(command(&words))
    }

    fn answer(&self, received: &[u8]) -> Option<Answer> {
        // Integers and errors are one line each, and the script returns nothing else.
        let end = memchr::memchr(b'\n', received)?;
        Some(Answer { length: end + 1, expected: received.starts_with(GRANTED) })
    }
}

fn stock_key() -> String {
    format!("stock:{HOT_SKU}")
}

fn command(words: &[&str]) -> String {
    let words_on_wire: String = words.iter().map(|word| bulk(word)).collect();
    format!("*{}\r\n{words_on_wire}", words.len())
}

fn bulk(word: &str) -> String {
    format!("${}\r\n{word}\r\n", word.len())
}

/// One command that is answered by an integer, a status or a bulk string, which is returned without its framing.
fn ask(stream: &mut BufReader<TcpStream>, words: &[&str]) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    stream.get_mut().write_all(command(words).as_bytes()).map_err(text)?;
    let mut line = String::new();
    stream.read_line(&mut line).map_err(text)?;
    let (kind, rest) = line.trim_end().split_at_checked(1).unwrap_or_default();
    match kind {
        "+" | ":" => Ok(rest.to_owned()),
        "$" => {
            let length: usize = rest.parse().map_err(|_| format!("unexpected answer {line:?}"))?;
            let mut bulk = vec![0; length + 2];
            stream.read_exact(&mut bulk).map_err(text)?;
            bulk.truncate(length);
            String::from_utf8(bulk).map_err(|error| error.to_string())
        }
        _ => Err(format!("unexpected answer {line:?}")),
    }
}

/// Asks whether the server at this address answers a ping.
pub fn is_ready(address: SocketAddr) -> bool {
    TcpStream::connect(address)
        .is_ok_and(|stream| ask(&mut BufReader::new(stream), &["PING"]).is_ok_and(|answer| answer == "PONG"))
}
