//! How requests are put on the wire: framed by length or in chunks, soundly or not, in pieces, and perhaps not to their
//! end. Every connection ends with the client saying no more; what came back until then is read as what it is.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::iter;
use std::net::{Shutdown, SocketAddr, TcpStream};

use fastrand::Rng;

use super::requests::Request;
use crate::client::Answer;
use crate::inputs::{any_of, spoil};
use crate::program::PATIENCE;

/// What is done to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By length.
    Length,
    /// In chunks, all well.
    Chunks,
    /// Not as it should be: what the server makes of it and of what follows is its own affair.
    Broken,
}

/// Appends a request's bytes.
pub fn put(rng: &mut Rng, request: &Request, framing: Framing, into: &mut Vec<u8>) {
    let line = format!("{} {} HTTP/1.1\r\nHost: t\r\n", request.method, request.target);
    let fields = request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let head: String = iter::once(line).chain(fields).collect();
    match framing {
        Framing::Length => {
            into.extend_from_slice(head.as_bytes());
            into.extend_from_slice(format!("Content-Length: {}\r\n\r\n", request.body.len()).as_bytes());
            into.extend_from_slice(&request.body);
        }
        Framing::Chunks => {
            into.extend_from_slice(head.as_bytes());
            into.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            put_chunks(rng, &request.body, into);
        }
        Framing::Broken => put_broken(rng, head, &request.body, into),
    }
}

fn put_chunks(rng: &mut Rng, body: &[u8], into: &mut Vec<u8>) {
    let mut rest = body;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rng.usize(1..=rest.len()));
        let extension = any_of(rng, &["", "", ";a=b", ";\"", " "]);
        into.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
        into.extend_from_slice(chunk);
        into.extend_from_slice(b"\r\n");
        rest = after;
    }
    into.extend_from_slice(any_of(rng, &["0\r\n\r\n", "0\r\nX: y\r\n\r\n", "000\r\n\r\n"]).as_bytes());
}

fn put_broken(rng: &mut Rng, head: String, body: &[u8], into: &mut Vec<u8>) {
    let begin = into.len();
    let length = body.len();
    let fields = match rng.u8(..12) {
        0 => format!("Content-Length: {}\r\n", length + 1 + rng.usize(..10)),
        1 => format!("Content-Length: {}\r\n", length.saturating_sub(1 + rng.usize(..10))),
        2 => format!("Content-Length: {length}\r\nContent-Length: {}\r\n", rng.usize(..10)),
        3 => format!("Content-Length: {}\r\n", any_of(rng, &["-1", "+1", "", "0x1", "1,1", "18446744073709551616"])),
        4 => format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        5 => format!(
            "Transfer-Encoding: {}\r\n",
            any_of(rng, &["gzip", "chunked, gzip", "gzip, chunked", "x", "identity"])
        ),
        6 => format!("Expect: 100-continue\r\nContent-Length: {length}\r\n"),
        7 => format!("Connection: {}\r\nContent-Length: {length}\r\n", any_of(rng, &["close", "upgrade", "TE"])),
        _ => "Transfer-Encoding: chunked\r\n".to_owned(),
    };
    into.extend_from_slice((head + &fields + "\r\n").as_bytes());
    let chunks_begin = into.len();
    if fields.contains("chunked") {
        put_chunks(rng, body, into);
    } else {
        into.extend_from_slice(body);
    }
    // Somewhere in all of it, in its head, or in its body and chunks.
    let from = match rng.u8(..4) {
        0 => return,
        1 => begin,
        _ => chunks_begin,
    };
    let mut part = into.split_off(from);
    if from == begin && part.len() > 200 {
        let rest = part.split_off(200);
        spoil(rng, &mut part, b"\r\n: \r\n\r\nHTTP/1.0 \x00\xff\t");
        part.extend(rest);
    } else {
        spoil(rng, &mut part, b"\r\n0\r\n\r\nffffffffffffffff;\r\nPUT / HTTP/1.1\r\n");
    }
    into.extend(part);
}

/// Sends the bytes in pieces, says that there are no more, and reads all that comes back.
pub fn exchange(rng: &mut Rng, server: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match send(rng, &mut stream, bytes).and_then(|()| stream.shutdown(Shutdown::Write)) {
        // A server that has refused may close before it has read all.
        Err(error) if !is_closed(&error) => return Err(error),
        _ => {}
    }
    let mut answers = Vec::new();
    match stream.read_to_end(&mut answers) {
        Err(error) if !is_closed(&error) => Err(error),
        _ => Ok(answers),
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::NotConnected)
}

fn send(rng: &mut Rng, stream: &mut TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    let mut pieces = if rng.bool() { 0 } else { rng.u8(1..6) };
    while pieces > 0 && bytes.len() > 1 {
        let (piece, rest) = bytes.split_at(rng.usize(1..bytes.len()));
        stream.write_all(piece)?;
        // Else the two arrive as one.
        std::thread::yield_now();
        (bytes, pieces) = (rest, pieces - 1);
    }
    stream.write_all(bytes)
}

/// Reads the answers one by one: all the bytes, and each as RFC 9112 has it. `methods` are those of the requests, as far
/// as they are known: an answer to `HEAD` has no body.
pub fn answers(mut bytes: &[u8], methods: &[String]) -> Vec<Answer> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let is_head = methods.get(found.len()).is_some_and(|method| method == "HEAD");
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
        let answer = answer(&mut bytes, is_head).unwrap_or_else(|error| panic!("{error}: {shown}"));
        // What comes before an answer is none.
        if answer.status >= 200 {
            found.push(answer);
        }
    }
    found
}

fn answer(bytes: &mut &[u8], is_head: bool) -> io::Result<Answer> {
    check_head(bytes)?;
    Answer::read(bytes, is_head)
}

fn check_head(mut bytes: &[u8]) -> io::Result<()> {
    let wrong = |what| Err(io::Error::new(ErrorKind::InvalidData, what));
    let mut line = String::new();
    bytes.read_line(&mut line)?;
    let status = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let is_status = |text: &str| text.len() > 4 && text[..3].bytes().all(|b| b.is_ascii_digit()) && &text[3..4] == " ";
    if !status.is_some_and(|text| is_status(text) && text.ends_with("\r\n")) {
        return wrong("no status line");
    }
    loop {
        line.clear();
        bytes.read_line(&mut line)?;
        let Some(field) = line.strip_suffix("\r\n") else { return wrong("a header without its end") };
        if field.is_empty() {
            return Ok(());
        }
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !field.split_once(": ").is_some_and(|(name, value)| is_name(name) && !value.contains(char::is_control)) {
            return wrong("no header");
        }
    }
}
