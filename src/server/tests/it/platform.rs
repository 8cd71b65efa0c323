//! A platform behind the gateway, for tests: what it does follows from the path that it is asked for. It reads HTTP/1.1
//! by hand, so that it can break every rule of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

/// A running platform; its thread ends with the test.
pub struct Platform {
    pub address: SocketAddr,
    state: Arc<State>,
}

/// What all its connections share.
#[derive(Default)]
struct State {
    asked: AtomicU64,
    gone: AtomicU64,
    confirmed: AtomicU64,
    /// While set, `/health` answers 500.
    is_sick: AtomicBool,
    /// While set, `/say` waits with its answers.
    is_held: AtomicBool,
    /// While set, `/say` answers 500.
    is_failing: AtomicBool,
    /// Once set, nobody answers any more.
    has_left: AtomicBool,
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
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if shared.has_left.load(Ordering::SeqCst) {
                    break;
                }
                let state = Arc::clone(&shared);
                thread::spawn(move || serve(socket, &state));
            }
        });
        Self { address, state }
    }

    /// The part of a configuration that names it as an upstream, with more of its keys.
    pub fn upstream(&self, more: &str) -> String {
        format!("[[gateway.upstream]]\nname = \"platform\"\nurl = \"http://{}\"\n{more}\n", self.address)
    }

    /// Whether `/health` fails from now on.
    pub fn set_sick(&self, is_sick: bool) {
        self.state.is_sick.store(is_sick, Ordering::SeqCst);
    }

    /// Requests that have arrived, checks of its health aside.
    pub fn asked(&self) -> u64 {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Requests whose connection was closed while they hung.
    pub fn gone(&self) -> u64 {
        self.state.gone.load(Ordering::SeqCst)
    }

    /// Requests that were answered with a 304.
    pub fn confirmed(&self) -> u64 {
        self.state.confirmed.load(Ordering::SeqCst)
    }

    /// Keeps the answers of `/say` back, or lets them go.
    pub fn hold(&self, is_held: bool) {
        self.state.is_held.store(is_held, Ordering::SeqCst);
    }

    /// Lets `/say` fail, or work again.
    pub fn fail(&self, is_failing: bool) {
        self.state.is_failing.store(is_failing, Ordering::SeqCst);
    }

    /// Closes its port: connections are refused from then on.
    pub fn leave(&self) {
        self.state.has_left.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which then drops the listener.
        drop(TcpStream::connect(self.address));
        crate::program::wait_until("its port is closed", || TcpStream::connect(self.address).is_err());
    }
}

fn serve(socket: TcpStream, state: &State) {
    let mut reader = BufReader::new(socket);
    while let Some(request) = read(&mut reader) {
        if state.has_left.load(Ordering::SeqCst) {
            return;
        }
        if request.line.starts_with("GET /health ") {
            let status = if state.is_sick.load(Ordering::SeqCst) { "500 Internal Server Error" } else { "200 OK" };
            if whole(reader.get_mut(), status, "", "").is_none() {
                return;
            }
            continue;
        }
        let number = state.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if answer(&request, &mut reader, state, number).is_none() {
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
    if ["/early", "/deaf"].iter().any(|path| line.contains(path)) {
        // It answers, or hangs, before it has read on.
    } else if let Some(length) = find("content-length") {
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
fn answer(asked: &Asked, reader: &mut BufReader<TcpStream>, state: &State, number: u64) -> Option<()> {
    let path = asked.line.split(' ').nth(1).unwrap_or_default();
    let out = reader.get_mut();
    match path.split('?').next().unwrap_or_default() {
        "/overloaded" => whole(out, "503 Service Unavailable", "retry-after: 1\r\n", "busy"),
        "/refuse" => whole(out, "503 Service Unavailable", "", "busy"),
        "/too-many" => whole(out, "429 Too Many Requests", "", "slower"),
        "/unknown-method" => whole(out, "501 Not Implemented", "", "what"),
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
        "/header-bomb" => {
            let _cut_off = write!(out, "HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(4 << 20));
            None
        }
        "/trailers" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n").ok()?;
            let _cut_off = write!(out, "x: {}\r\n\r\n", "x".repeat(4 << 20));
            None
        }
        "/hang" => {
            // Until the other side gives up.
            let _gave_up = out.read(&mut [0]);
            state.gone.fetch_add(1, Ordering::SeqCst);
            None
        }
        "/early" => {
            whole(out, "413 Payload Too Large", "connection: close\r\n", "too much")?;
            // What has come already would reset the connection, and the answer with it.
            let _rest = out.shutdown(std::net::Shutdown::Write).and_then(|()| std::io::copy(out, &mut std::io::sink()));
            None
        }
        "/early-on" => {
            // It has answered, and reads on all the same.
            whole(out, "413 Payload Too Large", "", "too much")?;
            let _gave_up = std::io::copy(out, &mut std::io::sink());
            state.gone.fetch_add(1, Ordering::SeqCst);
            None
        }
        "/deaf" => {
            // Reads on, and never answers.
            let _gave_up = std::io::copy(out, &mut std::io::sink());
            state.gone.fetch_add(1, Ordering::SeqCst);
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
            state.gone.fetch_add(1, Ordering::SeqCst);
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
        "/say" => say(asked, out, state, number),
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

/// What the query says: each `name=value` is a header, but for `status`, `begins`, and `bytes` or `chunked`, the length of the body.
/// Without that the body tells which request this was.
fn say(asked: &Asked, out: &mut TcpStream, state: &State, number: u64) -> Option<()> {
    while state.is_held.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(5));
    }
    if state.is_failing.load(Ordering::SeqCst) {
        return whole(out, "500 Internal Server Error", "", "failed");
    }
    let target = asked.line.split(' ').nth(1).unwrap_or_default();
    let (_, query) = target.split_once('?').unwrap_or_default();
    let (mut status, mut headers, mut body) = ("200", Vec::new(), format!("answer {number}"));
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "status" => status = value,
            "chunked" => return chunked(out, value.parse().ok()?),
            "bytes" => body = "x".repeat(value.parse().ok()?),
            // A target holds no quotes.
            "etag" => headers.push(format!("etag: \"{value}\"\r\n")),
            // As sessions begin: with the first answer to whoever has none.
            "begins" if asked.headers.iter().any(|(name, _)| name == "cookie") => {}
            "begins" => headers.push(format!("set-cookie: {value}\r\n")),
            name => headers.push(format!("{name}: {}\r\n", value.replace('+', " "))),
        }
    }
    let headers = headers.concat();
    let has_it = |(name, value): &(String, String)| {
        name == "if-none-match" && headers.contains(&format!("etag: {value}\r\n"))
            || name == "if-modified-since" && headers.contains(&format!("last-modified: {value}\r\n"))
    };
    if asked.headers.iter().any(has_it) {
        state.confirmed.fetch_add(1, Ordering::SeqCst);
        return write!(out, "HTTP/1.1 304 Not Modified\r\n{headers}\r\n").ok();
    }
    if asked.line.starts_with("HEAD ") {
        return write!(out, "HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\n\r\n", body.len()).ok();
    }
    whole(out, &format!("{status} Said"), &headers, &body)
}

/// A body that does not say its length before.
fn chunked(out: &mut TcpStream, bytes: usize) -> Option<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").ok()?;
    for chunk in "0123456789".repeat(bytes / 10).as_bytes().chunks(1_000) {
        write!(out, "{:x}\r\n", chunk.len()).ok()?;
        out.write_all(chunk).and_then(|()| out.write_all(b"\r\n")).ok()?;
    }
    out.write_all(b"0\r\n\r\n").ok()
}

fn whole(out: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    write!(out, "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").ok()
}
