//! A stand-in for the server: the few verbs of the contract that the replay uses, in memory, with faults on request.
//! It must not be clever; it only has to keep the units straight, or lose one where a test asks for it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::task::LocalSet;

/// What goes wrong: every how many times, and 0 for never.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Requests that are answered 503, whatever they want.
    pub overload: u64,
    /// Answers that are cut off after the work was done.
    pub cut_off: u64,
    /// Releases that do not give their units back.
    pub lost_release: u64,
}

/// Serves in a thread of its own until the test process ends.
pub fn start(faults: Faults) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a listener can be made non-blocking");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        LocalSet::new().block_on(&runtime, accept(listener, faults));
    });
    address
}

async fn accept(listener: TcpListener, faults: Faults) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
    let ledger = Rc::new(RefCell::new(Ledger { faults, ..Ledger::default() }));
    while let Ok((stream, _)) = listener.accept().await {
        let ledger = Rc::clone(&ledger);
        let service = service_fn(move |request| answer(Rc::clone(&ledger), request));
        tokio::task::spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// The connection is cut off, as by a crash: hyper closes it on an error of the service.
#[derive(Debug)]
struct CutOff;

impl std::fmt::Display for CutOff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("cut off")
    }
}

impl std::error::Error for CutOff {}

impl From<Infallible> for CutOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn answer(ledger: Rc<RefCell<Ledger>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, CutOff> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| CutOff)?.to_bytes();
    let key = head.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let (status, answer) = ledger.borrow_mut().answer(&head.method, path, key, &body).ok_or(CutOff)?;
    let mut response = Response::new(Full::new(answer.to_string().into()));
    *response.status_mut() = status.try_into().expect("the ledger's statuses are statuses");
    Ok(response)
}

#[derive(Clone, Copy, Default)]
struct Stock {
    on_hand: i64,
    held: i64,
    allocated: i64,
}

#[derive(Default)]
struct Ledger {
    faults: Faults,
    requests: u64,
    releases: u64,
    stock: HashMap<String, Stock>,
    reservations: HashMap<String, (String, Vec<(String, i64)>)>,
    keys: HashMap<String, Value>,
}

fn problem(status: u16, code: &str) -> (u16, Value) {
    (status, json!({ "status": status, "code": code }))
}

fn hits(every: u64, count: u64) -> bool {
    every > 0 && count.is_multiple_of(every)
}

impl Ledger {
    /// Nothing where the answer is to be cut off.
    fn answer(&mut self, method: &Method, path: &str, key: &str, body: &[u8]) -> Option<(u16, Value)> {
        self.requests += 1;
        if hits(self.faults.overload, self.requests) {
            return Some(problem(503, "overloaded"));
        }
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let json = || serde_json::from_slice(body).unwrap_or(Value::Null);
        let answer = match (method.as_str(), segments.as_slice()) {
            ("GET", ["v1", query]) => self.read(query.trim_start_matches("skus?ids=")),
            ("POST", ["v1", "stock", "import"]) => self.import(body),
            ("PUT", ["v1", "reservations", id]) => self.reserve(id, &json()),
            ("POST", ["v1", "reservations", id, verb]) => self.settle(id, verb),
            ("POST", ["v1", "skus", sku, "locations", "default", "adjust"]) => self.adjust(sku, key, &json()),
            _ => problem(404, "not_found"),
        };
        (!hits(self.faults.cut_off, self.requests)).then_some(answer)
    }

    fn read(&self, ids: &str) -> (u16, Value) {
        let (known, unknown): (Vec<&str>, Vec<&str>) = ids.split(',').partition(|id| self.stock.contains_key(*id));
        let skus = known.iter().map(|sku| {
            let Stock { on_hand, held, allocated } = self.stock[*sku];
            let available = on_hand - held - allocated;
            json!({ "sku": sku, "available": available, "locations": [{ "sku": sku, "location": "default",
                    "on_hand": on_hand, "held": held, "allocated": allocated, "available": available }] })
        });
        (200, json!({ "skus": skus.collect::<Vec<_>>(), "unknown": unknown }))
    }

    fn import(&mut self, body: &[u8]) -> (u16, Value) {
        for line in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
            let line = line.expect("the replay sends JSON lines");
            let sku = line["sku"].as_str().expect("a SKU is a text").to_owned();
            self.stock.entry(sku).or_default().on_hand = line["on_hand"].as_i64().expect("on-hand is a number");
        }
        (200, json!({ "applied": self.stock.len(), "refused": 0, "stale": 0, "skipped": 0, "errors": [] }))
    }

    fn reserve(&mut self, id: &str, body: &Value) -> (u16, Value) {
        if self.reservations.contains_key(id) {
            return (200, self.reservation(id));
        }
        let mut lines: Vec<(String, i64)> = Vec::new();
        for line in body["lines"].as_array().expect("lines are an array") {
            let sku = line["sku"].as_str().expect("a SKU is a text");
            let quantity = line["quantity"].as_i64().expect("a quantity is a number");
            match lines.iter_mut().find(|(known, _)| known == sku) {
                Some((_, sum)) => *sum += quantity,
                None => lines.push((sku.to_owned(), quantity)),
            }
        }
        if !(1..=100).contains(&lines.len()) {
            return problem(400, "invalid_request");
        }
        for (sku, quantity) in &lines {
            let Some(stock) = self.stock.get(sku) else { return problem(404, "unknown_sku") };
            if stock.on_hand - stock.held - stock.allocated < *quantity {
                return problem(409, "insufficient_stock");
            }
        }
        for (sku, quantity) in &lines {
            self.stock.entry(sku.clone()).or_default().held += quantity;
        }
        self.reservations.insert(id.to_owned(), ("held".to_owned(), lines));
        (201, self.reservation(id))
    }

    fn settle(&mut self, id: &str, verb: &str) -> (u16, Value) {
        let Some((state, lines)) = self.reservations.get_mut(id) else {
            return problem(404, "reservation_not_found");
        };
        let wanted = if verb == "confirm" { "confirmed" } else { "released" };
        if state != "held" && state != wanted {
            return problem(409, "reservation_released");
        }
        if state == "held" {
            wanted.clone_into(state);
            self.releases += u64::from(verb == "release");
            let lost = verb == "release" && hits(self.faults.lost_release, self.releases);
            for (sku, quantity) in lines {
                let stock = self.stock.entry(sku.clone()).or_default();
                stock.held -= if lost { 0 } else { *quantity };
                stock.allocated += if verb == "confirm" { *quantity } else { 0 };
            }
        }
        (200, self.reservation(id))
    }

    fn adjust(&mut self, sku: &str, key: &str, body: &Value) -> (u16, Value) {
        if self.keys.insert(key.to_owned(), body.clone()).is_none() {
            let stock = self.stock.entry(sku.to_owned()).or_default();
            stock.on_hand += body["delta"].as_i64().expect("a delta is a number");
        }
        (200, json!({ "sku": sku, "applied": true }))
    }

    fn reservation(&self, id: &str) -> Value {
        let (state, lines) = &self.reservations[id];
        let lines = lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity }));
        json!({ "id": id, "state": state, "lines": lines.collect::<Vec<_>>() })
    }
}
