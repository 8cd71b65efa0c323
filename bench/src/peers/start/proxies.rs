//! The upstream and the proxies before it, each with one worker, connections to the upstream kept, and no access log. It must
//! not know the peers.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Programs, Wanted, hyper, tidegate};
use crate::Error;
use crate::load::http::{Ask, Http};
use crate::peers::subject::{DIRECT, GATEWAY, HAPROXY, NGINX, PROXIES, Stage};
use crate::program::{Program, free_address, log_file, log_path};
use crate::server::Server;

const ADVICE: &str = "is it installed? `scripts/setup.sh proxies` does it";
const BODY_BYTES: usize = 230;

pub(super) fn start(stage: &mut Stage, wanted: &Wanted<'_>, programs: &Programs, work: &Path) -> Result<(), Error> {
    if !wanted.has_any(&PROXIES) {
        return Ok(());
    }
    let (upstream, upstream_address) = hyper::serve(&programs.bare_hyper, BODY_BYTES, work)?;
    let (nginx, haproxy) = (free_address()?, free_address()?);
    let nginx_command = nginx_command(nginx, upstream_address, work)?;
    let haproxy_command = haproxy_command(haproxy, upstream_address, work)?;
    let gateway = start_gateway(&programs.tidegate, upstream_address, work)?;
    let gateway_address = Server::address(&gateway.gateway)?;
    let subjects = [
        (DIRECT, upstream_address, stage.keep(upstream)),
        (NGINX, nginx, stage.keep(listening("nginx", nginx_command, nginx, work)?)),
        (HAPROXY, haproxy, stage.keep(listening("haproxy", haproxy_command, haproxy, work)?)),
        (GATEWAY, gateway_address, stage.keep_tidegate(gateway)),
    ];
    for (name, address, process) in subjects {
        stage.add(name, Box::new(Http::constant(Ask::Page)), address, process);
    }
    Ok(())
}

fn listening(name: &'static str, command: Command, address: SocketAddr, work: &Path) -> Result<Program, Error> {
    Program::start(name, command, work, ADVICE, || TcpStream::connect(address).is_ok())
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
fn start_gateway(program: &Path, upstream: SocketAddr, work: &Path) -> Result<Server, Error> {
    let config = written(
        work,
        "gateway.toml",
        &format!(
            "[engine]\nio_threads = 1\n\n[[gateway.upstream]]\nname = \"platform\"\nurl = \"http://{upstream}\"\nmax_concurrency = 1000\n\n\
             [[gateway.route]]\npath = \"/*\"\nclass = \"checkout\"\nupstream = \"platform\"\n"
        ),
    )?;
    let log = log_path(work, "gateway");
    let messages = Stdio::from(log_file(&log)?);
    tidegate::ready(Server::start_gateway(program, &work.join("gateway"), &config, &[], messages)?, program, &log)
}

fn written(work: &Path, name: &str, text: &str) -> Result<PathBuf, Error> {
    let path = work.join(name);
    fs::write(&path, text).map_err(Error::file("write", &path))?;
    Ok(path)
}
