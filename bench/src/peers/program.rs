//! The peers as child processes on loopback, each stopped when its handle is dropped. It must not measure.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Options;
use crate::Error;
use crate::load::Target;
use crate::load::http::{self, Http};
use crate::load::redis::{self, Redis};

/// A server that is not ready by then will not be.
const PATIENCE: Duration = Duration::from_secs(30);
const REDIS_ADVICE: &str = "is it installed? `apt-get install redis-server` or `brew install redis` does it; \
                            --redis PATH names another one, --skip-redis leaves it out";

/// A running peer and how to load it.
pub struct Peer {
    /// Its protocol.
    pub target: Box<dyn Target>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Stops it when dropped.
    _program: Program,
}

/// A child process that does not outlive this.
struct Program {
    name: &'static str,
    child: Child,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts every peer, each with its data below `work`, and waits until all are ready.
pub fn start_all(options: &Options, work: &Path) -> Result<Vec<Peer>, Error> {
    let mut peers = vec![start_tidegate(&options.tidegate, work)?, start_bare_hyper(&options.bare_hyper)?];
    if let Some(redis) = &options.redis {
        peers.push(start_redis(redis, work)?);
    }
    Ok(peers)
}

fn start_tidegate(program: &Path, work: &Path) -> Result<Peer, Error> {
    let (api, admin) = (free_address()?, free_address()?);
    let mut command = Command::new(program);
    command.arg("serve").arg("--data-dir").arg(work.join("tidegate"));
    command.args(["--api", &api.to_string(), "--admin", &admin.to_string()]);
    let program = spawn("tidegate", command, "build it first: `cargo build --release -p server`")?;
    peer(program, Box::new(Http::Tidegate), api, || http::is_ready(admin, "/readyz"))
}

fn start_bare_hyper(program: &Path) -> Result<Peer, Error> {
    let address = free_address()?;
    let mut command = Command::new(program);
    command.args(["--listen", &address.to_string()]);
    let program = spawn("bare_hyper", command, "build it first: `cargo build --release -p bench`")?;
    peer(program, Box::new(Http::BareHyper), address, || std::net::TcpStream::connect(address).is_ok())
}

fn start_redis(program: &Path, work: &Path) -> Result<Peer, Error> {
    let address = free_address()?;
    let data = work.join("redis");
    fs::create_dir(&data).map_err(Error::file("create", &data))?;
    let mut command = Command::new(program);
    command.args(["--bind", &address.ip().to_string(), "--port", &address.port().to_string()]);
    command
        .args(["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"])
        .arg("--dir")
        .arg(data);
    let program = spawn("redis-server", command, REDIS_ADVICE)?;
    peer(program, Box::<Redis>::default(), address, || redis::is_ready(address))
}

fn spawn(name: &'static str, mut command: Command, advice: &str) -> Result<Program, Error> {
    // Standard output is the page's; what a peer has to say goes where it is seen.
    let child = command.stdin(Stdio::null()).stdout(std::io::stderr()).spawn().map_err(|error| {
        let advice = if error.kind() == ErrorKind::NotFound { format!("; {advice}") } else { String::new() };
        Error::Program { program: name.to_owned(), problem: format!("{error}{advice}") }
    })?;
    Ok(Program { name, child })
}

fn peer(
    mut program: Program,
    target: Box<dyn Target>,
    address: SocketAddr,
    is_ready: impl Fn() -> bool,
) -> Result<Peer, Error> {
    let started = Instant::now();
    while !is_ready() {
        let fail = |problem| Err(Error::Program { program: program.name.to_owned(), problem });
        match program.child.try_wait() {
            Ok(Some(status)) => return fail(format!("it ended with {status}; what it said stands above")),
            _ if started.elapsed() > PATIENCE => return fail("it is not ready after 30 s".to_owned()),
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
    Ok(Peer { target, address, _program: program })
}

/// An address that was free a moment ago: somebody may take it before the child does, which then says so and ends.
fn free_address() -> Result<SocketAddr, Error> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(any).map_err(Error::connection(any))?;
    listener.local_addr().map_err(Error::connection(any))
}
