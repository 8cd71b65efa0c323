//! The upstream and the proxies as child processes on loopback, each with one worker, connections to the upstream kept, and
//! no access log. They are stopped when dropped. It must not measure.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{ADVICE, DIRECT, Options};
use crate::Error;
use crate::server::Server;

/// A proxy that is not ready by then will not be.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Who is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proxy {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
}

/// All that runs.
pub(super) struct Proxies {
    measured: Vec<Proxy>,
    _programs: Vec<Program>,
    _tidegate: Server,
}

impl Proxies {
    pub(super) fn all(&self) -> &[Proxy] {
        &self.measured
    }
}

/// A child process that does not outlive this.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // SIGTERM first: nginx has a child of its own, which its master ends. It may have ended by itself; either way nothing
        // is left to do about it here.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

pub(super) fn start_all(options: &Options, work: &Path) -> Result<Proxies, Error> {
    let [upstream, nginx, haproxy] = [free_address()?, free_address()?, free_address()?];
    let mut bare_hyper = Command::new(&options.bare_hyper);
    bare_hyper.args(["--listen", &upstream.to_string()]);
    let programs = vec![
        spawn("bare_hyper", bare_hyper, upstream)?,
        spawn("nginx", nginx_command(nginx, upstream, work)?, nginx)?,
        spawn("haproxy", haproxy_command(haproxy, upstream, work)?, haproxy)?,
    ];
    let tidegate = start_tidegate(&options.tidegate, upstream, work)?;
    let url = &tidegate.gateway;
    let gateway =
        url.strip_prefix("http://").and_then(|rest| rest.parse().ok()).ok_or_else(|| Error::Url(url.clone()))?;
    let proxies = [(DIRECT, upstream), ("nginx", nginx), ("haproxy", haproxy), ("tidegate", gateway)];
    let measured = proxies.into_iter().map(|(name, address)| Proxy { name, address }).collect();
    Ok(Proxies { measured, _programs: programs, _tidegate: tidegate })
}

fn nginx_command(own: SocketAddr, upstream: SocketAddr, work: &Path) -> Result<Command, Error> {
    let place = work.display();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {place}/nginx-{kind};\n"))
        .concat();
    let config = written(
        work,
        "nginx.conf",
        &format!(
            "daemon off;\nworker_processes 1;\npid {place}/nginx.pid;\nerror_log stderr warn;\n\
             events {{ worker_connections 4096; }}\n\
             http {{\n{paths}  access_log off;\n  keepalive_requests 1000000000;\n\
             \x20 upstream platform {{ server {upstream}; keepalive 256; keepalive_requests 1000000000; }}\n\
             \x20 server {{\n    listen {own};\n    location / {{\n      proxy_pass http://platform;\n\
             \x20     proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n\
             \x20     proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n    }}\n  }}\n}}\n"
        ),
    )?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(work).arg("-c").arg(config).arg("-e").arg("stderr");
    Ok(command)
}

fn haproxy_command(own: SocketAddr, upstream: SocketAddr, work: &Path) -> Result<Command, Error> {
    let config = written(
        work,
        "haproxy.cfg",
        &format!(
            "global\n  nbthread 1\n  maxconn 4096\n\
             defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
             \x20 option http-keep-alive\n  option forwardfor\n  http-reuse safe\n\
             frontend shoppers\n  bind {own}\n  default_backend platform\n\
             backend platform\n  server one {upstream}\n"
        ),
    )?;
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(config);
    Ok(command)
}

/// Admission is on, with a limit that is set: one that finds itself would refuse what waits for the shared processors, as it
/// should, and a refusal is no answer to compare.
fn start_tidegate(program: &Path, upstream: SocketAddr, work: &Path) -> Result<Server, Error> {
    let config = written(
        work,
        "tidegate.toml",
        &format!(
            "[engine]\nio_threads = 1\n\n[[gateway.upstream]]\nname = \"platform\"\nurl = \"http://{upstream}\"\nmax_concurrency = 1000\n\n\
             [[gateway.route]]\npath = \"/*\"\nclass = \"checkout\"\nupstream = \"platform\"\n"
        ),
    )?;
    let mut server = Server::start_gateway(program, &work.join("data"), &config, &[], Stdio::inherit())?;
    if server.gateway.is_empty() || !server.is_ready()? {
        let problem = "it has no gateway; what it said stands above".to_owned();
        return Err(Error::Program { program: program.display().to_string(), problem });
    }
    Ok(server)
}

fn written(work: &Path, name: &str, text: &str) -> Result<std::path::PathBuf, Error> {
    let path = work.join(name);
    fs::write(&path, text).map_err(Error::file("write", &path))?;
    Ok(path)
}

fn spawn(name: &'static str, mut command: Command, address: SocketAddr) -> Result<Program, Error> {
    let failed = |problem: String| Error::Program { program: name.to_owned(), problem };
    // Standard output is the page's; what a proxy has to say goes where it is seen.
    let child = command.stdin(Stdio::null()).stdout(std::io::stderr()).spawn();
    let mut program = Program(child.map_err(|error| failed(format!("{error}; {ADVICE}")))?);
    let started = Instant::now();
    while TcpStream::connect(address).is_err() {
        if let Ok(Some(status)) = program.0.try_wait() {
            return Err(failed(format!("it ended with {status}; what it said stands above")));
        }
        if started.elapsed() > PATIENCE {
            return Err(failed("it is not ready after 30 s".to_owned()));
        }
        thread::sleep(PAUSE);
    }
    Ok(program)
}

/// An address that was free a moment ago: somebody may take it before the child does, which then says so and ends.
fn free_address() -> Result<SocketAddr, Error> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(any).map_err(Error::connection(any))?;
    listener.local_addr().map_err(Error::connection(any))
}
