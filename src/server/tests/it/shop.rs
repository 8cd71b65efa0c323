//! A running shop for the tests of limits and sales: a server with its settings, one client, and the
//! requests that they share. It can be killed and comes back on the same data.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client};
use crate::program::{Server, wait_until};

pub struct Shop {
    pub dir: TempDir,
    settings: Vec<(&'static str, &'static str)>,
    pub server: Server,
    pub client: Client,
}

impl Shop {
    /// With settings of the server, `("ENGINE__SHARDS", "4")`.
    pub fn open(settings: &[(&'static str, &'static str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let server = Server::start_with(dir.path(), settings);
        let client = server.client();
        Self { dir, settings: settings.to_vec(), server, client }
    }

    /// `kill -9`, and a start on what is left.
    pub fn crash(self) -> Self {
        self.crash_and(|_| {})
    }

    /// The same, and something happens to the data meanwhile.
    pub fn crash_and(self, happens: impl FnOnce(&Path)) -> Self {
        let Self { dir, settings, server, client } = self;
        drop(client);
        server.kill();
        happens(dir.path());
        let server = Server::start_with(dir.path(), &settings);
        let client = server.client();
        Self { dir, settings, server, client }
    }

    /// Stops well, for who looks at the data.
    pub fn close(self) -> TempDir {
        let Self { dir, server, client, .. } = self;
        drop(client);
        assert!(server.stop().success());
        dir
    }

    pub fn put(&mut self, path: &str, body: &Value) -> Answer {
        self.client.put(path, &body.to_string())
    }

    /// Units of a SKU at `default`.
    pub fn stock(&mut self, sku: &str, on_hand: u64) {
        self.put(&format!("/v1/skus/{sku}/locations/default"), &json!({"on_hand": on_hand})).ok(200);
    }

    pub fn set_sku(&mut self, sku: &str, settings: &Value) -> Answer {
        self.put(&format!("/v1/skus/{sku}"), settings)
    }

    pub fn set_sale(&mut self, sale: &str, settings: &Value) -> Answer {
        self.put(&format!("/v1/sales/{sale}"), settings)
    }

    pub fn sku(&mut self, sku: &str) -> Value {
        self.client.get(&format!("/v1/skus/{sku}")).ok(200)
    }

    pub fn sale(&mut self, sale: &str) -> Value {
        self.client.get(&format!("/v1/sales/{sale}")).ok(200)
    }

    /// Reserves `quantity` of a SKU; `who` has the other members of the body.
    pub fn reserve(&mut self, id: &str, sku: &str, quantity: u64, who: Value) -> Answer {
        let mut body = who;
        body["lines"] = json!([{"sku": sku, "quantity": quantity}]);
        self.put(&format!("/v1/reservations/{id}"), &body)
    }

    /// Confirms, releases and the like, without a body.
    pub fn settle(&mut self, id: &str, verb: &str) -> Value {
        self.client.post(&format!("/v1/reservations/{id}/{verb}"), "").ok(200)
    }

    /// The engine's time.
    pub fn now_ms(&self) -> u64 {
        self.shards()["now_ms"].as_u64().expect("a time")
    }

    /// Waits until the store has all that was acknowledged: on a busy machine a list does not wait as long.
    pub fn wait_for_the_store(&self) {
        let durable = self.metric("tidegate_durable_lsn");
        wait_until("the store has all", || self.metric("tidegate_applied_lsn") >= durable);
    }

    pub fn shards(&self) -> Value {
        Client::connect(self.server.admin).get("/admin/v1/shards").ok(200)
    }

    /// The value of a metric, named with its labels.
    pub fn metric(&self, name: &str) -> u64 {
        let page = Client::connect(self.server.admin).get("/metrics").body;
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name} in {page}")).parse().expect("a number")
    }
}

impl Answer {
    /// Asserts which limit refused, and what it leaves.
    #[track_caller]
    pub fn exceeds(&self, limit: &str, remaining: u64) -> Value {
        let problem = self.problem(409, "limit_exceeded");
        assert_eq!((&problem["limit"], &problem["remaining"]), (&json!(limit), &json!(remaining)), "{problem}");
        problem
    }

    /// Asserts that the request was not valid, and where.
    #[track_caller]
    pub fn invalid_at(&self, pointer: &str) {
        let problem = self.problem(400, "invalid_request");
        assert_eq!(problem["pointer"], pointer, "{problem}");
    }
}
