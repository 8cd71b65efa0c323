//! A platform behind the gateway, for tests: what it does follows from the path that it is asked for. It reads HTTP/1.1
//! by hand, so that it can break every rule of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

/// A running platform; its thread ends with the test.
pub struct Platform {
    pub address: SocketAddr,
    asked: Arc<AtomicU64>,
    gone: Arc<AtomicU64>,
}

/// A request as it arrived.
struct Asked {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Platform {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("bound");
        let (asked, gone) = <(Arc<AtomicU64>, Arc<AtomicU64>)>::default();
        let (counts, hangs) = (Arc::clone(&asked), Arc::clone(&gone));
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (counts, hangs) = (Arc::clone(&counts), Arc::clone(&hangs));
                thread::spawn(move || serve(socket, &counts, &hangs));
            }
        });
        Self { address, asked, gone }
    }

    /// The part of a configuration that names it as an upstream, with more of its keys.
    pub fn upstream(&self, more: &str) -> String {
        format!("[[gateway.upstream]]\nname = \"platform\"\nurl = \"http://{}\"\n{more}\n", self.address)
    }

    /// Requests that have arrived.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Requests whose connection was closed while they hung.
    pub fn gone(&self) -> u64 {
        self.gone.load(Ordering::SeqCst)
    }
}

fn serve(socket: TcpStream, asked: &AtomicU64, gone: &AtomicU64) {
    let mut reader = BufReader::new(socket);
    while let Some(request) = read(&mut reader) {
        asked.fetch_add(1, Ordering::SeqCst);
        if answer(&request, &mut reader, gone).is_none() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then_some(())?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let find = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let mut body = Vec::new();
    if let Some(length) = find("content-length") {
        body.resize(length.parse().ok()?, 0);
        reader.read_exact(&mut body).ok()?;
    } else if find("transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    Some(Asked { line: line.trim_end().to_owned(), headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Nothing closes the connection.
fn answer(asked: &Asked, reader: &mut BufReader<TcpStream>, gone: &AtomicU64) -> Option<()> {
    let path = asked.line.split(' ').nth(1).unwrap_or_default();
    let out = reader.get_mut();
    match path.split('?').next().unwrap_or_default() {
        "/refuse" => whole(out, "503 Service Unavailable", "", "busy"),
        "/fail" => whole(out, "500 Internal Server Error", "", "failed"),
        "/reset" => None,
        "/reset-mid-body" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").ok()?;
            None
        }
        "/garbage" => {
            out.write_all(b"\x00\x01 this is not HTTP\r\n\r\n").ok()?;
            None
        }
        "/hang" => {
            // Until the other side gives up.
            let _gave_up = out.read(&mut [0]);
            gone.fetch_add(1, Ordering::SeqCst);
            None
        }
        "/trickle" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").ok()?;
            for _ in 0..20 {
                out.write_all(b"1\r\nx\r\n").ok()?;
                thread::sleep(Duration::from_millis(50));
            }
            out.write_all(b"0\r\n\r\n").ok()
        }
        "/stall" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n").ok()?;
            let _gave_up = out.read(&mut [0]);
            None
        }
        "/stream" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                .ok()?;
            while out.write_all(b"9\r\ndata: 1\n\n\r\n").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
            gone.fetch_add(1, Ordering::SeqCst);
            None
        }
        "/socket" => {
            out.write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
                .ok()?;
            let mut bytes = [0; 64];
            loop {
                let count = reader.read(&mut bytes).ok().filter(|count| *count > 0)?;
                bytes[..count].make_ascii_uppercase();
                reader.get_mut().write_all(&bytes[..count]).ok()?;
            }
        }
        "/big" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 67108864\r\n\r\n").ok()?;
            for _ in 0..1024 {
                out.write_all(&vec![b'x'; 65_536]).ok()?;
            }
            Some(())
        }
        "/promote" => whole(out, "200 OK", "tidegate-promote: 60000\r\n", "promoted"),
        "/hop" => {
            whole(out, "200 OK", "connection: x-mine\r\nx-mine: 1\r\nkeep-alive: timeout=9\r\nx-end: 2\r\n", "hop")
        }
        _ => {
            let headers: serde_json::Map<_, _> =
                asked.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let told = json!({"line": asked.line, "headers": headers, "body": asked.body});
            whole(out, "200 OK", "content-type: application/json\r\n", &told.to_string())
        }
    }
}

fn whole(out: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    write!(out, "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").ok()
}
