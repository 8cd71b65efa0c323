//! A whole server within the fuzzer's process, so that its coverage leads: log and store in the folder for temporary files,
//! an api with a few SKUs, and a gateway before it.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use server::config::{Flags, Overlay, Sources};
use server::serve::{Setup, serve};
use server::telemetry::set_up_log;

/// Where to send.
#[derive(Clone, Copy)]
pub struct Doors {
    pub api: SocketAddr,
    pub gateway: SocketAddr,
}

/// Starts it at first, and waits until it serves.
pub fn running() -> Doors {
    static DOORS: OnceLock<Doors> = OnceLock::new();
    *DOORS.get_or_init(start)
}

fn start() -> Doors {
    let directory = std::env::temp_dir().join(format!("tidegate-fuzz-http-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("writable");
    let [api, admin, gateway] = free_ports();
    let file = directory.join("tidegate.toml");
    std::fs::write(&file, config(&directory, api)).expect("writable");
    let listen = |address: SocketAddr| Some(address.to_string());
    let flags = Flags { data_dir: None, api: listen(api), admin: listen(admin), gateway: listen(gateway) };
    let sources = Sources::new(Some(&file), std::iter::empty(), flags);
    let base = sources.read().expect("a configuration");
    let config = base.settle(&Overlay::default()).expect("a valid one").config;
    let log_level = set_up_log(&config.telemetry);
    thread::spawn(move || {
        let ended = serve(Setup { sources, base, config, log_level });
        panic!("the server ended: {ended:?}");
    });
    while !asked(admin, "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200") {
        thread::sleep(Duration::from_millis(10));
    }
    for sku in ["A", "B", "C"] {
        stock(api, sku);
    }
    Doors { api, gateway }
}

/// Whoever asks may be one of several fuzzers: a port that was just given back is not given out again at once.
fn free_ports() -> [SocketAddr; 3] {
    let taken = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    taken.map(|listener| listener.local_addr().expect("it listens"))
}

/// Small, so that a long run stays within its memory; no limit is what is looked for, and no load is an overload.
fn config(directory: &Path, api: SocketAddr) -> String {
    let mut text = String::new();
    write!(
        text,
        r#"
data_dir = "{}"
[engine]
shards = 2
io_threads = 1
max_reservations = 100000
max_skus = 10000
max_sales = 1000
idempotency_max_keys = 10000
default_ttl_ms = 1000
max_hold_ms = 10000
idempotency_window_ms = 60000
[log]
segment_bytes = 8388608
reserve_bytes = 1048576
retention_bytes = 8388608
[store]
history_days = 1
memtable_bytes = 4194304
cache_bytes = 8388608
[admission]
target_delay_ms = 10000
drop_delay_ms = 60000
[telemetry]
log_level = "error"
[[gateway.upstream]]
name = "api"
urls = ["http://{api}"]
[[gateway.route]]
path = "/v1/skus/*"
upstream = "api"
cache_ttl_ms = 100
[[gateway.route]]
path = "/v1/sales/*"
class = "non_essential"
upstream = "api"
methods = ["GET"]
percent = 50
"#,
        directory.join("data").display()
    )
    .expect("a text takes all");
    text
}

fn stock(api: SocketAddr, sku: &str) {
    let body = r#"{"on_hand":1000000000}"#;
    let request = format!(
        "PUT /v1/skus/{sku}/locations/default HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = asked(api, &request);
    assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// The answer; none where nobody listens yet.
fn asked(door: SocketAddr, request: &str) -> String {
    let mut answer = String::new();
    let asked = TcpStream::connect(door).and_then(|mut stream| {
        stream.write_all(request.as_bytes())?;
        stream.read_to_string(&mut answer)
    });
    asked.map(|_| answer).unwrap_or_default()
}
