//! Who is measured, by the names that results use, and what runs meanwhile. It must not know how a program is started.

use std::net::SocketAddr;

use super::start::Client;
use crate::load::Target;
use crate::program::Program;
use crate::server::Server;

/// Reservations of one unit of one hot SKU.
pub const TIDEGATE: &str = "tidegate";
/// The same over ten SKUs.
pub const TIDEGATE_10: &str = "tidegate, 10 SKUs";
/// The same over ten thousand.
pub const TIDEGATE_10_000: &str = "tidegate, 10,000 SKUs";
/// The same over a million.
pub const TIDEGATE_1_000_000: &str = "tidegate, 1,000,000 SKUs";
/// A SKU that is sold out.
pub const TIDEGATE_SOLD_OUT: &str = "tidegate, sold out";
/// The figures of the hot SKU.
pub const TIDEGATE_READ: &str = "tidegate, read";
/// The library alone: it reads a reservation, and answers as many bytes.
pub const HYPER: &str = "hyper";
/// The same for a refusal.
pub const HYPER_SOLD_OUT: &str = "hyper, sold out";
/// The same for a read.
pub const HYPER_READ: &str = "hyper, read";
/// Redis with `appendfsync always`.
pub const REDIS: &str = "redis, always";
/// Redis with `appendfsync everysec`, which may forget a second.
pub const REDIS_EVERYSEC: &str = "redis, everysec";
/// `PostgreSQL`, everybody for one row.
pub const POSTGRES_HOT: &str = "postgres, hot row";
/// `PostgreSQL` over ten thousand rows.
pub const POSTGRES_10_000: &str = "postgres, 10,000 rows";
/// `TigerBeetle` with as many holds in a request as it takes.
pub const TIGERBEETLE: &str = "tigerbeetle batches of 8,189";
/// `TigerBeetle` with one hold in a request.
pub const TIGERBEETLE_SINGLE: &str = "tigerbeetle batches of one";
/// The upstream without a proxy.
pub const DIRECT: &str = "no proxy";
/// nginx before it.
pub const NGINX: &str = "nginx";
/// `HAProxy` before it.
pub const HAPROXY: &str = "haproxy";
/// Tidegate's gateway before it.
pub const GATEWAY: &str = "tidegate's gateway";

/// Those who make durable reservations, and the ceiling.
pub const RESERVERS: [&str; 6] = [TIDEGATE, REDIS, REDIS_EVERYSEC, POSTGRES_HOT, POSTGRES_10_000, HYPER];
/// Tidegate by the number of SKUs.
pub const BY_SKUS: [(u32, &str); 4] =
    [(1, TIDEGATE), (10, TIDEGATE_10), (10_000, TIDEGATE_10_000), (1_000_000, TIDEGATE_1_000_000)];
/// Holds in a request, and sessions that have one under way each: of large ones two, so that the server has work while a
/// client reads an answer.
pub(super) const TIGERBEETLES: [(&str, u32, usize); 2] = [(TIGERBEETLE, 8_189, 2), (TIGERBEETLE_SINGLE, 1, 31)];
/// What is before an upstream, or nothing.
pub const PROXIES: [&str; 4] = [DIRECT, NGINX, HAPROXY, GATEWAY];

/// Somebody to be measured.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) target: Box<dyn Target>,
    pub(super) address: SocketAddr,
    /// Whose processor time counts, with that of its children.
    pub(super) process: u32,
}

/// All that runs during a round. It is ended when this is dropped.
#[derive(Default)]
pub(super) struct Stage {
    subjects: Vec<Subject>,
    programs: Vec<Program>,
    tidegates: Vec<Server>,
    clients: Vec<Client>,
}

impl Stage {
    pub(super) fn add(&mut self, name: &'static str, target: Box<dyn Target>, address: SocketAddr, process: u32) {
        self.subjects.push(Subject { name, target, address, process });
    }

    /// Keeps a program alive, and says which process it is.
    pub(super) fn keep(&mut self, program: Program) -> u32 {
        let process = program.process();
        self.programs.push(program);
        process
    }

    /// The same for one that told its addresses.
    pub(super) fn keep_tidegate(&mut self, server: Server) -> u32 {
        let process = server.process();
        self.tidegates.push(server);
        process
    }

    /// Somebody whom only a client of its own can ask.
    pub(super) fn add_client(&mut self, client: Client) {
        self.clients.push(client);
    }

    pub(super) fn client(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.name == name)
    }

    pub(super) fn subjects(&mut self) -> &mut [Subject] {
        &mut self.subjects
    }

    pub(super) fn find(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }
}
