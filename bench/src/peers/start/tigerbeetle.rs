//! `TigerBeetle` as one replica, with its own settings, and its own client in a script: it speaks a protocol that changes from
//! release to release. It must not know what a hold is there; the script does.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Wanted;
use crate::Error;
use crate::load::Summary;
use crate::peers::subject::{Stage, TIGERBEETLES};
use crate::program::{Program, free_address, run_to_end};

const ADVICE: &str = "--tigerbeetle PATH must name its program, which must be executable";
const CLIENT_ADVICE: &str = "`scripts/setup.sh tigerbeetle` installs the client";

/// The programs of this peer.
#[derive(Debug, Clone)]
pub struct Tigerbeetle {
    /// The server.
    pub server: PathBuf,
    /// A Python that has its client.
    pub python: PathBuf,
    /// The script that makes the load.
    pub script: PathBuf,
}

/// The script, for one size of requests.
pub(in crate::peers) struct Client {
    pub(in crate::peers) name: &'static str,
    holds: u32,
    python: PathBuf,
    script: PathBuf,
    address: SocketAddr,
}

pub(super) fn start(stage: &mut Stage, wanted: &Wanted<'_>, programs: &Tigerbeetle, work: &Path) -> Result<(), Error> {
    let wanted: Vec<_> = TIGERBEETLES.iter().filter(|(name, ..)| wanted.has(name)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let data = work.join("0_0.tigerbeetle");
    let mut format = Command::new(&programs.server);
    format.args(["format", "--cluster=0", "--replica=0", "--replica-count=1"]).arg(&data);
    run_to_end("tigerbeetle", format, ADVICE)?;

    let address = free_address()?;
    let mut command = Command::new(&programs.server);
    command.args(["start", &format!("--addresses={address}")]).arg(&data);
    stage.keep(Program::start("tigerbeetle", command, work, ADVICE, || TcpStream::connect(address).is_ok())?);
    let Tigerbeetle { python, script, .. } = programs;
    for (name, holds, _) in wanted {
        stage.add_client(Client { name, holds: *holds, python: python.clone(), script: script.clone(), address });
    }
    Ok(())
}

impl Client {
    /// Runs the script over so many sessions. A latency is that of a request, whatever it holds.
    pub(in crate::peers) fn measure(
        &self,
        sessions: usize,
        warm_up: Duration,
        measured: Duration,
    ) -> Result<Summary, Error> {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).args(["--name", self.name, "--address", &self.address.to_string()]);
        command.args(["--batch", &self.holds.to_string(), "--sessions", &sessions.to_string()]);
        command.args(["--seconds", &measured.as_secs().to_string(), "--warm-up", &warm_up.as_secs().to_string()]);
        summary(&run_to_end("the client of tigerbeetle", command, CLIENT_ADVICE)?)
    }
}

/// What the script has printed.
fn summary(printed: &str) -> Result<Summary, Error> {
    let failed = |error: serde_json::Error| Error::Answer {
        attempt: "read the figures of tigerbeetle's client",
        answer: format!("{error}: {printed:?}"),
    };
    serde_json::from_str(printed).map_err(failed)
}

#[cfg(test)]
mod tests;
