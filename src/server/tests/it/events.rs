//! Events from outside: every durable change once and in order, from anywhere, over polls and
//! streams, restarts and stops.

use serde_json::{Value, json};

use crate::client::Client;
use crate::event_stream::{EventStream, cursor_of, lsn_of, poll_all};
use crate::program::{Server, wait_until};

const GOOD: &str = r#"{"lines":[{"sku":"A","quantity":1}]}"#;

fn server_with(settings: &[(&str, &str)]) -> (tempfile::TempDir, Server, Client) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(dir.path(), settings);
    let client = server.client();
    (dir, server, client)
}

fn set_stock(client: &mut Client, on_hand: u32) {
    client.put("/v1/skus/A/locations/default", &format!(r#"{{"on_hand":{on_hand}}}"#)).ok(200);
}

fn consumers(server: &Server) -> u64 {
    gauge(server, "tidegate_event_consumers ")
}

fn gauge(server: &Server, name: &str) -> u64 {
    let metrics = Client::connect(server.admin).get("/metrics").body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name}in\n{metrics}")).parse().expect("a number")
}

/// Type, reservation and the first line's available, which tell an event from its neighbours.
fn outline(event: &Value) -> (&str, &str, Option<i64>) {
    let text = |member: &str| event[member].as_str().unwrap_or_default();
    (text("type"), text("reservation"), event["lines"][0]["available"].as_i64())
}

#[test]
fn every_change_is_an_event_with_the_balance_right_after_it() {
    let (_dir, server, mut client) = server_with(&[]);
    set_stock(&mut client, 10);
    client.put("/v1/reservations/r-1", r#"{"customer":"c-1","lines":[{"sku":"A","quantity":2}]}"#).ok(201);
    client.post("/v1/reservations/r-1/confirm", r##"{"order":"#1001 \"x\""}"##).ok(200);
    client.put("/v1/reservations/r-2", GOOD).ok(201);
    client.post("/v1/reservations/r-2/extend", r#"{"ttl_ms":900000}"#).ok(200);
    client.post("/v1/reservations/r-2/release", "").ok(200);
    client.post("/v1/skus/A/locations/default/adjust", r#"{"delta":-3}"#).ok(200);
    client.put("/v1/reservations/no", r#"{"lines":[{"sku":"A","quantity":99}]}"#).problem(409, "insufficient_stock");
    client.put("/v1/reservations/r-3", r#"{"ttl_ms":1,"lines":[{"sku":"A","quantity":5}]}"#).ok(201);
    let expired = || {
        let (events, _) = poll_all(&mut server.client(), None, 1000);
        events.iter().any(|event| event["type"] == "reservation.expired")
    };
    wait_until("the hold has expired", expired);

    let (events, next) = poll_all(&mut client, None, 1000);
    let outlines: Vec<_> = events.iter().map(outline).collect();
    let expected = [
        ("stock.set", "", Some(10)),
        ("reservation.held", "r-1", Some(8)),
        ("reservation.confirmed", "r-1", Some(8)),
        ("reservation.held", "r-2", Some(7)),
        ("reservation.extended", "r-2", None),
        ("reservation.released", "r-2", Some(8)),
        ("stock.adjusted", "", Some(5)),
        ("reservation.held", "r-3", Some(0)),
        ("reservation.expired", "r-3", Some(5)),
    ];
    assert_eq!(outlines, expected);
    let mut confirmed = events[2].clone();
    let cursor = confirmed["cursor"].take();
    assert!(cursor.is_string() && confirmed["at_ms"].take().as_u64() > Some(1_600_000_000_000));
    let expected = json!({
        "cursor": null, "lsn": 3, "at_ms": null, "type": "reservation.confirmed",
        "reservation": "r-1", "customer": "c-1", "order": "#1001 \"x\"", "state": "confirmed",
        "lines": [{"sku": "A", "location": "default", "quantity": 2, "available": 8}],
    });
    assert_eq!(confirmed, expected);
    let expected = json!([{"sku": "A", "location": "default", "on_hand": 7, "available": 5}]);
    assert_eq!(events[6]["lines"], expected);

    // From any place on, in pages of any size, and as a stream, it is the same.
    assert!(events.windows(2).all(|pair| lsn_of(&pair[0]) < lsn_of(&pair[1])));
    for (index, event) in events.iter().enumerate() {
        let after = cursor_of(event, "cursor");
        assert_eq!(poll_all(&mut client, Some(&after), 2).0, events[index + 1..]);
    }
    assert_eq!(next, cursor_of(&events[8], "cursor"));
    let mut stream = EventStream::open(&server, "", &[]).expect("a stream");
    assert_eq!(stream.take(events.len()), events);
    set_stock(&mut client, 20);
    assert_eq!(outline(&stream.next().expect("the stream goes on")), ("stock.set", "", Some(18)));
}

#[test]
fn a_line_of_a_cart_has_its_own_bucket() {
    let (_dir, _server, mut client) = server_with(&[("ENGINE__SHARDS", "4")]);
    for (sku, on_hand) in [("A", 5), ("B", 6), ("C", 7)] {
        client.put(&format!("/v1/skus/{sku}/locations/east"), &format!(r#"{{"on_hand":{on_hand}}}"#)).ok(200);
    }
    let cart = r#"{"lines":[{"sku":"C","quantity":1},{"sku":"A","quantity":2},{"sku":"B","quantity":3}]}"#;
    client.put("/v1/reservations/r", cart).ok(201);
    let (events, _) = poll_all(&mut client, None, 1000);
    let expected = json!([
        {"sku": "C", "location": "east", "quantity": 1, "available": 6},
        {"sku": "A", "location": "east", "quantity": 2, "available": 3},
        {"sku": "B", "location": "east", "quantity": 3, "available": 3},
    ]);
    assert_eq!(events[3]["lines"], expected);
}

#[test]
fn a_poll_waits_for_an_event_and_is_answered_with_it() {
    let (_dir, server, mut client) = server_with(&[]);
    let nothing = client.get("/v1/events").ok(200);
    assert_eq!(nothing["events"], json!([]));
    let start = cursor_of(&nothing, "next");
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let mut poller = server.client();
            poller.send("GET", &format!("/v1/events?after={start}&wait_ms=30000"), &[], b"");
            poller
        })
        .collect();
    wait_until("they wait", || consumers(&server) == 3);
    set_stock(&mut client, 3);
    for mut poller in waiting {
        let page = poller.receive().ok(200);
        assert_eq!(outline(&page["events"][0]), ("stock.set", "", Some(3)));
        assert_eq!(page["next"], page["events"][0]["cursor"]);
        // The connection is as good as before.
        poller.get("/v1/skus/A").ok(200);
    }
    assert_eq!(consumers(&server), 0);
}

#[test]
fn a_poll_without_an_event_gives_its_place_back() {
    let (_dir, _server, mut client) = server_with(&[]);
    set_stock(&mut client, 3);
    let (_, next) = poll_all(&mut client, None, 1000);
    for wait_ms in [0, 30] {
        let page = client.get(&format!("/v1/events?after={next}&wait_ms={wait_ms}")).ok(200);
        assert_eq!(page, json!({"events": [], "next": next}));
    }
}

#[test]
fn a_stream_goes_on_after_the_last_id() {
    let (_dir, server, mut client) = server_with(&[]);
    for on_hand in 1..=6 {
        set_stock(&mut client, on_hand);
    }
    let (events, _) = poll_all(&mut client, None, 1000);
    let cursors: Vec<_> = events.iter().map(|event| cursor_of(event, "cursor")).collect();
    // What an EventSource does: it repeats its URL and adds the id.
    let query = format!("?after={}", cursors[0]);
    let mut first = EventStream::open(&server, &query, &[]).expect("a stream");
    assert_eq!(first.take(2), events[1..3]);
    let mut again = EventStream::open(&server, &query, &[("Last-Event-ID", &cursors[2])]).expect("a stream");
    assert_eq!(again.take(3), events[3..]);
    let refused = EventStream::open(&server, &query, &[("Last-Event-ID", "7")]).err().expect("no cursor");
    assert_eq!(refused.problem(400, "invalid_request")["pointer"], "/headers/last-event-id");
    // A poll is told what it asks for.
    let page = client.request("GET", &format!("/v1/events{query}"), &[("Last-Event-ID", "7")], b"").ok(200);
    assert_eq!(page["events"].as_array().map(Vec::len), Some(5));
}

#[test]
fn a_bad_query_is_told_where_and_a_place_that_is_not_there_where_to_go_on() {
    let (_dir, _server, mut client) = server_with(&[]);
    set_stock(&mut client, 1);
    for (query, pointer) in [
        ("after=42", "/query/after"),
        ("after=", "/query/after"),
        ("limit=0", "/query/limit"),
        ("limit=1001", "/query/limit"),
        ("wait_ms=30001", "/query/wait_ms"),
        ("from=1", "/query/from"),
    ] {
        let problem = client.get(&format!("/v1/events?{query}")).problem(400, "invalid_request");
        assert_eq!(problem["pointer"], pointer, "{query}");
    }
    let (events, next) = poll_all(&mut client, None, 1000);
    assert_eq!(events.len(), 1);
    // Another log, which has come further.
    let (_other_dir, other_server, mut other) = server_with(&[]);
    for on_hand in 1..=3 {
        set_stock(&mut other, on_hand);
    }
    let (_, ahead) = poll_all(&mut other, None, 1000);
    let gone = client.get(&format!("/v1/events?after={ahead}&wait_ms=30000")).problem(410, "events_gone");
    assert_eq!(poll_all(&mut client, gone["oldest"].as_str(), 1000), (events, next.clone()));
    let stream = EventStream::open(&other_server, &format!("?after={next}"), &[]);
    assert_eq!(stream.ok().map(|mut stream| lsn_of(&stream.take(1)[0])), Some(2));
    let no_stream = EventStream::open(&other_server, "?after=x", &[]).err().expect("no cursor");
    no_stream.problem(400, "invalid_request");
}

#[test]
fn streams_and_waiting_polls_end_when_the_server_stops() {
    let (dir, server, mut client) = server_with(&[]);
    for on_hand in 1..=500 {
        set_stock(&mut client, on_hand);
    }
    let (events, next) = poll_all(&mut client, None, 1000);
    let mut read = EventStream::open(&server, "", &[]).expect("a stream");
    let behind = EventStream::open(&server, "", &[]).expect("a stream");
    let mut poller = server.client();
    poller.send("GET", &format!("/v1/events?after={next}&wait_ms=30000"), &[], b"");
    assert_eq!(read.take(500), events);
    wait_until("the poll waits", || consumers(&server) == 3);
    server.signal("TERM");
    assert_eq!(poller.receive().ok(200), json!({"events": [], "next": next}));
    assert_eq!(read.next(), None);
    assert_eq!(behind.rest(), events, "all that is durable is sent before the end");
    assert_eq!(server.wait().code(), Some(0));
    let server = Server::start(dir.path());
    assert_eq!(poll_all(&mut server.client(), None, 1000).0, events);
}

#[test]
fn what_was_acknowledged_is_an_event_after_every_kill() {
    const ROUNDS: u64 = 6;
    let dir = tempfile::tempdir().expect("a directory");
    let mut acknowledged = Vec::new();
    let mut seen: Vec<Value> = Vec::new();
    let mut place: Option<String> = None;
    for round in 0..ROUNDS {
        let server = Server::start(dir.path());
        let mut consumer = server.client();
        set_stock(&mut server.client(), 1_000_000);
        let api = server.api;
        let (ids, (events, next)) = std::thread::scope(|scope| {
            let buyers: Vec<_> = (0..4).map(|buyer| scope.spawn(move || buy(api, round, buyer))).collect();
            let following = scope.spawn(|| follow(&mut consumer, place.take()));
            // Each round is cut off at another point of its life.
            std::thread::sleep(std::time::Duration::from_millis(60 + 35 * round));
            server.kill();
            let ids = buyers.into_iter().flat_map(|buyer| buyer.join().expect("a buyer does not panic"));
            (ids.collect::<Vec<_>>(), following.join().expect("the consumer does not panic"))
        });
        acknowledged.extend(ids);
        seen.extend(events);
        place = next;
    }
    let server = Server::start(dir.path());
    let mut client = server.client();
    // The consumer goes on where the last server left it.
    seen.extend(poll_all(&mut client, place.as_deref(), 1000).0);
    let (all, _) = poll_all(&mut client, None, 1000);
    assert!(all.windows(2).all(|pair| lsn_of(&pair[0]) < lsn_of(&pair[1])));
    assert_eq!(seen.len(), all.len());
    assert!(seen == all, "what was seen over all lives is what there is, once and in order");
    let held: std::collections::HashSet<_> = all
        .iter()
        .filter(|event| event["type"] == "reservation.held")
        .map(|event| event["reservation"].as_str().expect("an id"))
        .collect();
    assert!(acknowledged.len() > 200, "only {} reservations: this proves little", acknowledged.len());
    for id in &acknowledged {
        assert!(held.contains(id.as_str()), "{id} was acknowledged and is no event");
    }
}

/// Reserves until the server is gone; what was acknowledged.
fn buy(api: std::net::SocketAddr, round: u64, buyer: u64) -> Vec<String> {
    let mut client = Client::connect(api);
    let mut acknowledged = Vec::new();
    for attempt in 0.. {
        let id = format!("r-{round}-{buyer}-{attempt}");
        let Ok(answer) = client.try_put(&format!("/v1/reservations/{id}"), GOOD) else { break };
        answer.ok(201);
        acknowledged.push(id);
    }
    acknowledged
}

/// Polls until the server is gone; what came, and the place it has come to.
fn follow(client: &mut Client, mut place: Option<String>) -> (Vec<Value>, Option<String>) {
    let mut events = Vec::new();
    loop {
        let after = place.as_ref().map_or(String::new(), |after| format!("&after={after}"));
        let Ok(answer) = client.try_get(&format!("/v1/events?wait_ms=1000{after}")) else { return (events, place) };
        let page = answer.ok(200);
        events.extend(page["events"].as_array().expect("a list").iter().cloned());
        place = Some(cursor_of(&page, "next"));
    }
}

#[test]
fn a_consumer_too_many_is_refused_and_there_is_room_when_one_goes() {
    let (_dir, server, mut client) = server_with(&[]);
    set_stock(&mut client, 1);
    let mut streams: Vec<_> =
        (0..256).map(|_| EventStream::open(&server, "", &[]).expect("up to 256 are served")).collect();
    let refused = client.get("/v1/events");
    assert_eq!(refused.problem(503, "overloaded")["reason"], "event_streams_full");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let metrics = Client::connect(server.admin).get("/metrics").body;
    assert!(metrics.contains("tidegate_refusals_total{reason=\"event_streams_full\"} 1"), "{metrics}");
    // The others are not disturbed; that a client has gone is met when it is to be sent something.
    drop(streams.pop());
    wait_until("there is room again", || {
        set_stock(&mut client, 2);
        client.get("/v1/events").status == 200
    });
    for stream in &mut streams {
        assert_eq!(lsn_of(&stream.take(2)[1]), 2);
    }
}

/// The most memory that the process has ever had, in bytes.
fn peak_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB"));
    peak.expect("a peak").trim().parse::<u64>().expect("a number") * 1024
}

#[test]
fn who_does_not_read_its_stream_is_cut_off_and_costs_little() {
    const EVENTS: usize = 100_000;
    const DEAF: usize = 20;
    let (_dir, server, mut client) = server_with(&[("HTTP__SEND_TIMEOUT_MS", "1000")]);
    set_stock(&mut client, 1);
    let changes = "{\"sku\":\"A\",\"delta\":1}\n".repeat(EVENTS);
    let headers = [("Content-Type", "application/x-ndjson")];
    client.request("POST", "/v1/stock/import", &headers, changes.as_bytes()).ok(200);
    // What the store takes for them is its own.
    wait_until("the store has the events", || gauge(&server, "tidegate_applied_lsn ") > EVENTS as u64);
    let before = peak_bytes(&server);
    // Far more than the system's buffers hold waits for each of them.
    let deaf: Vec<_> = (0..DEAF).map(|_| EventStream::open(&server, "", &[]).expect("a stream")).collect();
    let mut healthy = EventStream::open(&server, "", &[]).expect("a stream");
    let read = healthy.take(EVENTS + 1);
    assert!(read.windows(2).all(|pair| lsn_of(&pair[0]) + 1 == lsn_of(&pair[1])));
    wait_until("only who reads is left", || consumers(&server) == 1);
    let grown = peak_bytes(&server).saturating_sub(before);
    assert!(grown < 40 << 20, "{DEAF} streams took {grown} bytes");
    // It was idle for longer than anybody may take: that is no fault of its client.
    set_stock(&mut client, 7);
    assert_eq!(outline(&healthy.take(1)[0]), ("stock.set", "", Some(7)));
    drop(deaf);
}
