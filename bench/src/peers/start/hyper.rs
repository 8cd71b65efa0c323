//! The bare servers, each of which answers as many bytes as Tidegate does to the same request. It must not know what the
//! bytes say.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use super::Wanted;
use super::tidegate::ASKS;
use crate::Error;
use crate::load::http::Http;
use crate::peers::subject::Stage;
use crate::program::{Program, free_address};

pub(super) fn start(stage: &mut Stage, wanted: &Wanted<'_>, program: &Path, work: &Path) -> Result<(), Error> {
    for (tidegate, ask, bare) in ASKS {
        let Some(name) = bare.filter(|name| wanted.has(name)) else { continue };
        let Some(subject) = stage.find(tidegate) else { continue };
        let body_bytes = Http::tidegate(ask).body_bytes(subject.address)?;
        let (server, address) = serve(program, body_bytes, work)?;
        let process = stage.keep(server);
        stage.add(name, Box::new(Http::constant(ask)), address, process);
    }
    Ok(())
}

/// A bare server with so many bytes in each answer's body.
pub(super) fn serve(program: &Path, body_bytes: usize, work: &Path) -> Result<(Program, SocketAddr), Error> {
    let address = free_address()?;
    let mut command = Command::new(program);
    command.args(["--listen", &address.to_string(), "--body-bytes", &body_bytes.to_string()]);
    let advice = "build it first: `cargo build --release -p bench`";
    let program = Program::start("bare_hyper", command, work, advice, || TcpStream::connect(address).is_ok())?;
    Ok((program, address))
}
