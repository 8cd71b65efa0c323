//! A client of events: one that polls page by page, and one that reads a stream of them.

use serde_json::Value;

use crate::client::{Answer, Client};
use crate::program::Server;

/// All events after a cursor, or from the oldest on, in pages, and the cursor to go on after.
pub fn poll_all(client: &mut Client, after: Option<&str>, limit: usize) -> (Vec<Value>, String) {
    let mut events = Vec::new();
    let mut next = after.map(str::to_owned);
    loop {
        let after = next.as_ref().map_or(String::new(), |after| format!("&after={after}"));
        let page = client.get(&format!("/v1/events?limit={limit}{after}")).ok(200);
        let found = page["events"].as_array().expect("a list").clone();
        assert!(found.len() <= limit, "{} events were asked for, {} came", limit, found.len());
        let cursor = cursor_of(&page, "next");
        if found.is_empty() {
            return (events, cursor);
        }
        events.extend(found);
        next = Some(cursor);
    }
}

pub fn cursor_of(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no cursor: {value}")).to_owned()
}

pub fn lsn_of(event: &Value) -> u64 {
    event["lsn"].as_u64().unwrap_or_else(|| panic!("no LSN: {event}"))
}

/// A stream of events that is being read.
pub struct EventStream {
    client: Client,
    pending: String,
}

impl EventStream {
    /// Asks for a stream; the answer's head if it is none.
    pub fn open(server: &Server, query: &str, headers: &[(&str, &str)]) -> Result<Self, Answer> {
        let mut client = server.client();
        let headers: Vec<_> = [("Accept", "text/event-stream")].iter().chain(headers).copied().collect();
        client.send("GET", &format!("/v1/events{query}"), &headers, b"");
        let head = client.receive();
        if head.status != 200 {
            return Err(head);
        }
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        Ok(Self { client, pending: String::new() })
    }

    /// The next event, as a poll would give it; nothing when the stream has come to a clean end.
    pub fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((block, rest)) = self.pending.split_once("\n\n") {
                let event = (!block.starts_with(':')).then(|| parse(block));
                self.pending = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let chunk = self.client.read_chunk().expect("a stream does not break off")?;
            self.pending.push_str(&String::from_utf8(chunk).expect("events are UTF-8"));
        }
    }

    /// The next `count` events.
    pub fn take(&mut self, count: usize) -> Vec<Value> {
        (0..count).map(|_| self.next().expect("the stream goes on")).collect()
    }

    /// All events until the stream ends.
    pub fn rest(mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

fn parse(block: &str) -> Value {
    let lines: Vec<_> = block.lines().collect();
    let [id, kind, data] = lines[..] else { panic!("three lines an event: {block}") };
    let field =
        |line: &str, name: &str| line.strip_prefix(name).unwrap_or_else(|| panic!("no {name}: {block}")).to_owned();
    let event: Value = serde_json::from_str(&field(data, "data: ")).expect("valid JSON");
    assert_eq!(event["cursor"], field(id, "id: "));
    assert_eq!(event["type"], field(kind, "event: "));
    event
}
