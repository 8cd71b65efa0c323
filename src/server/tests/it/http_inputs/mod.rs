//! Requests that nobody would send, to a running server: right ones with everything changed that can be, in pieces, cut off,
//! several on a connection. Every answer is HTTP with a status and a code of the contract; afterwards the server serves on,
//! all units add up, nothing is left open, and what is on disk is sound. A panic anywhere ends the server, which is seen.

mod requests;
mod wire;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use serde_json::{Value, json};
use server::http::Code;

use self::requests::{JSON, Request, SKUS, right};
use self::wire::{Framing, answers, exchange, put};
use self::wrong::make_wrong;
use crate::client::{Answer, Client};
use crate::contract;
use crate::inputs::each;
use crate::program::{run, wait_until};
use crate::shop::Shop;

/// What all connections came to.
#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    answers: BTreeMap<u16, u64>,
    /// Reservations that were acknowledged.
    reserved: BTreeSet<String>,
}

/// One connection: requests that HTTP can tell apart, and perhaps one at the end that it cannot, or a cut.
fn connection(rng: &mut Rng, shop: &Shop, seen: &mut Seen) {
    let mut sent = Vec::new();
    let mut bytes = Vec::new();
    for _ in 0..rng.u8(1..5) {
        let mut request = right(rng);
        if rng.bool() {
            make_wrong(rng, &mut request);
        }
        let framing = if rng.u8(..5) == 0 { Framing::Chunks } else { Framing::Length };
        put(rng, &request, framing, &mut bytes);
        sent.push(request);
    }
    let mut told = sent.len();
    if rng.u8(..4) == 0 {
        let request = right(rng);
        put(rng, &request, Framing::Broken, &mut bytes);
    } else if rng.u8(..6) == 0 {
        bytes.truncate(rng.usize(..=bytes.len()));
        told = 0;
    }
    let methods: Vec<_> = sent.iter().map(|request| request.method.clone()).collect();
    let received = exchange(rng, shop.server.api, &bytes);
    let received = received.unwrap_or_else(|error| panic!("the server neither answers nor closes: {error}: {sent:?}"));
    let received = answers(&received, &methods);
    seen.requests += sent.len() as u64;
    for (index, answer) in received.iter().enumerate() {
        *seen.answers.entry(answer.status).or_default() += 1;
        check(answer);
        note_reserved(answer, &mut seen.reserved);
        // A method in small letters is another one, which is in no document.
        let is_told = |request: &&Request| index < told && request.method != "get" && !answer.is_of_the_parser();
        if let Some(request) = sent.get(index).filter(is_told) {
            contract::check(&request.method, &request.target, answer);
        }
    }
    let closed = received.last().is_some_and(|answer| answer.header("connection") == Some("close"));
    assert!(closed || received.len() >= told, "{} of {told} were answered: {sent:?}", received.len());
}

impl Answer {
    /// Whether hyper answered before any of our code was asked: a head that it cannot read, or will not.
    fn is_of_the_parser(&self) -> bool {
        [400, 414, 431].contains(&self.status) && self.header("content-type").is_none() && self.body.is_empty()
    }
}

/// What holds for every answer, whatever was asked.
fn check(answer: &Answer) {
    if answer.is_of_the_parser() {
        assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
        return;
    }
    if answer.status < 400 {
        assert!([200, 201, 204, 304].contains(&answer.status), "{answer:?}");
        if answer.header("content-type") == Some(JSON) && !answer.body.is_empty() {
            answer.json();
        }
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    // An answer to HEAD says so much and no more.
    if !answer.body.is_empty() {
        let body = answer.json();
        let code = Code::ALL.iter().find(|code| body["code"] == code.word());
        let code = code.unwrap_or_else(|| panic!("a code that is not in the contract: {answer:?}"));
        assert_eq!(answer.status, code.status().as_u16(), "{answer:?}");
        answer.problem(answer.status, code.word());
    }
    assert!(answer.status < 500 || answer.status == 503, "{answer:?}");
    assert_eq!(answer.status == 503, answer.header("retry-after").is_some(), "{answer:?}");
}

/// The ids of reservations that were made, one by one or in a batch.
fn note_reserved(answer: &Answer, reserved: &mut BTreeSet<String>) {
    if answer.header("content-type") != Some(JSON) || answer.body.is_empty() {
        return;
    }
    let body = answer.json();
    let made =
        |status: &Value, body: &Value| (*status == 201).then(|| body["id"].as_str().map(str::to_owned)).flatten();
    let results = body["results"].as_array().into_iter().flatten();
    reserved.extend(results.filter_map(|result| made(&result["status"], &result["body"])));
    reserved.extend(made(&json!(answer.status), &body));
}

/// All reservations in a state.
fn list(client: &mut Client, state: &str) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/reservations?state={state}&limit=1000{after}")).ok(200);
        found.extend(page["reservations"].as_array().expect("a list").iter().cloned());
        let Some(next) = page.get("next") else { return found };
        after = format!("&after={}", next.as_str().expect("a place"));
    }
}

/// Units by SKU and location.
type Units = BTreeMap<(String, String), u64>;

/// The units of reservations in a state, those that were shipped aside.
fn promised(client: &mut Client, state: &str) -> Units {
    let mut units = Units::new();
    for reservation in list(client, state) {
        for line in reservation["lines"].as_array().expect("lines") {
            let text = |member: &str| line[member].as_str().expect("a name").to_owned();
            let figure = |member: &str| line[member].as_u64().expect("a figure");
            *units.entry((text("sku"), text("location"))).or_default() += figure("quantity") - figure("fulfilled");
        }
    }
    units.retain(|_, units| *units > 0);
    units
}

/// The units that stock records call held, or allocated.
fn counted(client: &mut Client, part: &str) -> Units {
    let answer = client.get(&format!("/v1/skus?ids={}", SKUS.join(","))).ok(200);
    let mut units = Units::new();
    for record in
        answer["skus"].as_array().expect("a list").iter().filter_map(|sku| sku["locations"].as_array()).flatten()
    {
        let text = |member: &str| record[member].as_str().expect("a name").to_owned();
        units.insert((text("sku"), text("location")), record[part].as_u64().expect("a figure"));
    }
    units.retain(|_, units| *units > 0);
    units
}

/// What is promised is what is counted, for the SKUs that are known by name and in all.
fn check_units(shop: &mut Shop) {
    for (state, part) in [("held", "held"), ("confirmed", "allocated")] {
        wait_until("the units add up", || {
            let mut promised = promised(&mut shop.client, state);
            let total: u64 = promised.values().sum();
            promised.retain(|(sku, _), _| SKUS.contains(&sku.as_str()));
            promised == counted(&mut shop.client, part) && shop.metric(&format!("tidegate_{part}_units")) == total
        });
    }
}

fn check_nothing_left_open(shop: &Shop) {
    // The shop's own client.
    wait_until("all connections are closed", || shop.metric("tidegate_http_connections{listener=\"api\"}") == 1);
    wait_until("nobody follows events", || shop.metric("tidegate_event_consumers") == 0);
    wait_until("no request waits", || shop.metric("tidegate_queue_depth") == 0);
    for refused in ["queue_full", "event_streams_full", "store_reads_full"] {
        assert_eq!(shop.metric(&format!("tidegate_refusals_total{{reason=\"{refused}\"}}")), 0, "{refused}");
    }
}

#[test]
fn whatever_is_sent_is_answered_as_the_contract_has_it_and_all_units_add_up() {
    let mut shop = Shop::open(&[("ENGINE__SHARDS", "3"), ("ENGINE__IO_THREADS", "2")]);
    for sku in SKUS {
        shop.stock(sku, 1_000_000);
    }
    for sale in ["s-1", "s-2"] {
        shop.set_sale(sale, &json!({"skus": SKUS})).ok(200);
    }
    let mut seen = Seen::default();
    each(400, |rng| connection(rng, &shop, &mut seen));
    println!("{} requests; answers by status: {:?}", seen.requests, seen.answers);

    shop.stock("sound", 10);
    shop.reserve("sound", "sound", 1, json!({})).ok(201);
    check_nothing_left_open(&shop);
    check_units(&mut shop);
    assert!(!seen.reserved.is_empty());
    for id in seen.reserved.iter().take(1_000) {
        shop.client.get(&format!("/v1/reservations/{id}")).ok(200);
    }
    let dir = shop.close();
    let verified = run(&["verify"], dir.path());
    assert!(verified.status.success(), "{verified:?}");
}
