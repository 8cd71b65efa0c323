//! The server under test as a child process, with a shim in it that ends it. It must not know what is asked of it.

use super::points::Point;
use crate::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that is not ready by then will not be.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// What every server of a run has in common.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) shim: PathBuf,
    pub(super) data_dir: PathBuf,
    /// What the servers say, one after another.
    pub(super) messages: File,
}

/// A running server. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) api: String,
    pub(super) admin: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts a server that will end at a point, after so many such calls. Small segments and many checkpoints, so that a
    /// short life meets everything.
    pub(super) fn start(&self, point: Point, nth: u64, shards: u64) -> Result<Server, Error> {
        let failed = |problem: String| Error::Program { program: self.path.display().to_string(), problem };
        let mut command = Command::new(&self.path);
        command.arg("serve").arg("--data-dir").arg(&self.data_dir).args([
            "--api",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
        ]);
        command.env("TIDEGATE_ENGINE__SHARDS", shards.to_string()).env("TIDEGATE_LOG__SEGMENT_BYTES", "4194304");
        command.env("TIDEGATE_LOG__RESERVE_BYTES", "1048576").env("TIDEGATE_LOG__RETENTION_BYTES", "0");
        command.env("TIDEGATE_STORE__CHECKPOINT_INTERVAL_MS", "100");
        if let Some((call, _)) = point.call() {
            command.env("LD_PRELOAD", &self.shim).env("CRASH_AT", format!("{call}:{nth}"));
        }
        let messages = self.messages.try_clone().map_err(Error::system("keep what the server says"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(messages).spawn();
        let mut child = child.map_err(|error| failed(error.to_string()))?;
        let out = child.stdout.take().ok_or_else(|| failed("it has no output".to_owned()))?;
        let mut lines = BufReader::new(out).lines();
        let mut server = Server { child, api: String::new(), admin: String::new() };
        // It says where it listens before it recovers; killed before that, it says nothing.
        while let Some(Ok(line)) = lines.next() {
            match line.split_once(" listening on ") {
                Some(("api", address)) => address.clone_into(&mut server.api),
                Some(("admin", address)) => address.clone_into(&mut server.admin),
                _ => {}
            }
            if !server.api.is_empty() && !server.admin.is_empty() {
                break;
            }
        }
        Ok(server)
    }
}

impl Server {
    /// Waits until it serves. `false`: it was killed before.
    pub(super) fn is_ready(&mut self) -> Result<bool, Error> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(Error::system("look at the server"))? {
                return match status.code() {
                    None => Ok(false),
                    Some(code) => Err(Error::Promise(format!("the server ended with exit code {code} at its start"))),
                };
            }
            if ureq::get(format!("{}/readyz", self.admin)).call().is_ok() {
                return Ok(true);
            }
            if started.elapsed() > PATIENCE {
                return Err(Error::Promise("the server is not ready after 60 s".to_owned()));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until it has ended by itself, at most so long. Says whether it has.
    pub(super) fn has_ended(&mut self, patience: Duration) -> Result<bool, Error> {
        let started = Instant::now();
        while started.elapsed() < patience {
            if let Some(status) = self.child.try_wait().map_err(Error::system("look at the server"))? {
                return match status.code() {
                    None => Ok(true),
                    Some(code) => Err(Error::Promise(format!("the server ended with exit code {code} under load"))),
                };
            }
            std::thread::sleep(PAUSE);
        }
        Ok(false)
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self) -> Result<(), Error> {
        self.child.kill().map_err(Error::system("kill the server"))?;
        self.child.wait().map(|_status| ()).map_err(Error::system("wait for the server"))
    }
}

/// `tidegate verify`, which must call the data sound.
pub(super) fn verify(program: &Path, data_dir: &Path) -> Result<(), Error> {
    let output = Command::new(program).arg("verify").arg("--data-dir").arg(data_dir).output();
    let output = output.map_err(Error::system("run tidegate verify"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Err(Error::Promise(format!("tidegate verify: {said}")))
}
