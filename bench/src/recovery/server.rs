//! A server as a child process, whose start is what is measured. It must not know what is asked of it.

use crate::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that is not ready by then will not be.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(2);

/// A server that is ready. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) api: String,
    admin: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a server that takes no checkpoint by itself, and waits until it is ready.
    pub(super) fn start(program: &Path, data: &Path) -> Result<Self, Error> {
        let failed = |problem: String| Error::Program { program: program.display().to_string(), problem };
        let mut command = Command::new(program);
        command.arg("serve").arg("--data-dir").arg(data).args(["--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        command.env("TIDEGATE_STORE__CHECKPOINT_INTERVAL_MS", "3600000").env("TIDEGATE_TELEMETRY__LOG_LEVEL", "error");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| failed(error.to_string()))?;
        let out = child.stdout.take().ok_or_else(|| failed("it has no output".to_owned()))?;
        let mut server = Self { child, api: String::new(), admin: String::new() };
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            match line.split_once(" listening on ") {
                Some(("api", address)) => address.clone_into(&mut server.api),
                Some(("admin", address)) => address.clone_into(&mut server.admin),
                _ => {}
            }
            if !server.api.is_empty() && !server.admin.is_empty() {
                break;
            }
        }
        let started = Instant::now();
        while ureq::get(format!("{}/readyz", server.admin)).call().is_err() {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(failed(format!("it ended with {status}; what it said stands above")));
            }
            if started.elapsed() > PATIENCE {
                return Err(failed("it is not ready after 300 s".to_owned()));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(server)
    }

    pub(super) fn checkpoint(&self) -> Result<(), Error> {
        let url = format!("{}/admin/v1/checkpoint", self.admin);
        let failed = |problem: ureq::Error| Error::Connection { address: url.clone(), problem: problem.to_string() };
        ureq::post(&url).config().timeout_global(Some(PATIENCE)).build().send_empty().map(|_done| ()).map_err(failed)
    }

    /// A metric without labels.
    pub(super) fn metric(&self, name: &str) -> Result<f64, Error> {
        let url = format!("{}/metrics", self.admin);
        let failed = |problem: ureq::Error| Error::Connection { address: url.clone(), problem: problem.to_string() };
        let text = ureq::get(&url).call().and_then(|mut answer| answer.body_mut().read_to_string()).map_err(failed)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Ok(value.unwrap_or_default())
    }

    /// SIGTERM, and waits for its end.
    pub(super) fn stop(mut self) -> Result<(), Error> {
        let mut kill = Command::new("kill");
        kill.args(["-TERM", &self.child.id().to_string()]).status().map_err(Error::system("stop the server"))?;
        let status = self.child.wait().map_err(Error::system("wait for the server"))?;
        let failed = |problem| Error::Program { program: "tidegate".to_owned(), problem };
        if status.success() { Ok(()) } else { Err(failed(format!("it ended with {status}"))) }
    }
}
