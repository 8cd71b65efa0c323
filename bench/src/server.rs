//! The program that ships as a child process: started, asked how it is, stopped or killed. It must not know what a
//! measurement asks of it.

use crate::Error;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that is not ready by then will not be.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(2);

/// A running server. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// The URL of its api, empty if it ended before it said so.
    pub(crate) api: String,
    pub(crate) admin: String,
    /// The URL of its gateway, empty without one.
    pub(crate) gateway: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `tidegate serve` on free ports with these variables of the environment, and waits until it has said where it
    /// listens, which it does before it recovers. What it has to say goes to `messages`.
    pub(crate) fn start(
        program: &Path,
        data_dir: &Path,
        environment: &[(&str, String)],
        messages: Stdio,
    ) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command.arg("serve").arg("--data-dir").arg(data_dir);
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        Self::launch(command, messages, |server| !server.api.is_empty() && !server.admin.is_empty())
    }

    /// The same with a configuration that has a gateway.
    pub(crate) fn start_gateway(
        program: &Path,
        data_dir: &Path,
        config: &Path,
        environment: &[(&str, String)],
        messages: Stdio,
    ) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(config).arg("--data-dir").arg(data_dir);
        command.args(["--gateway", "127.0.0.1:0"]);
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        let is_known = |server: &Self| [&server.api, &server.admin, &server.gateway].iter().all(|url| !url.is_empty());
        Self::launch(command, messages, is_known)
    }

    fn launch(mut command: Command, messages: Stdio, is_known: impl Fn(&Self) -> bool) -> Result<Self, Error> {
        let program = command.get_program().display().to_string();
        let failed = |problem: String| Error::Program { program: program.clone(), problem };
        command.args(["--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(messages).spawn();
        let mut child = child.map_err(|error| failed(error.to_string()))?;
        let out = child.stdout.take().ok_or_else(|| failed("it has no output".to_owned()))?;
        let mut server = Self { child, api: String::new(), admin: String::new(), gateway: String::new() };
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            match line.split_once(" listening on ") {
                Some(("api", address)) => address.clone_into(&mut server.api),
                Some(("admin", address)) => address.clone_into(&mut server.admin),
                Some(("gateway", address)) => address.clone_into(&mut server.gateway),
                _ => {}
            }
            if is_known(&server) {
                break;
            }
        }
        Ok(server)
    }

    /// Where a listener is, of which it told the URL.
    pub(crate) fn address(url: &str) -> Result<SocketAddr, Error> {
        url.strip_prefix("http://").and_then(|rest| rest.parse().ok()).ok_or_else(|| Error::Url(url.to_owned()))
    }

    /// Waits until it serves. `false`: it was killed before. Ended by itself is a broken promise.
    pub(crate) fn is_ready(&mut self) -> Result<bool, Error> {
        let started = Instant::now();
        loop {
            if let Some(killed) = self.was_killed()? {
                return Ok(!killed);
            }
            if ureq::get(format!("{}/readyz", self.admin)).call().is_ok() {
                return Ok(true);
            }
            if started.elapsed() > PATIENCE {
                return Err(Error::Promise(format!("the server is not ready after {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until it is killed by what was put into it, at most so long. Says whether it was.
    pub(crate) fn has_ended(&mut self, patience: Duration) -> Result<bool, Error> {
        let started = Instant::now();
        while started.elapsed() < patience {
            if let Some(killed) = self.was_killed()? {
                return Ok(killed);
            }
            std::thread::sleep(PAUSE);
        }
        Ok(false)
    }

    fn was_killed(&mut self) -> Result<Option<bool>, Error> {
        match self.child.try_wait().map_err(Error::system("look at the server"))? {
            None => Ok(None),
            Some(status) => match status.code() {
                None => Ok(Some(true)),
                Some(code) => Err(Error::Promise(format!("the server ended by itself, with exit code {code}"))),
            },
        }
    }

    /// `POST /admin/v1/checkpoint`, and waits for it.
    pub(crate) fn checkpoint(&self) -> Result<(), Error> {
        let url = format!("{}/admin/v1/checkpoint", self.admin);
        let failed = |problem: ureq::Error| Error::Connection { address: url.clone(), problem: problem.to_string() };
        ureq::post(&url).config().timeout_global(Some(PATIENCE)).build().send_empty().map(|_done| ()).map_err(failed)
    }

    /// Where to ask for a backup.
    pub(crate) fn backup_url(&self) -> String {
        format!("{}/admin/v1/backup", self.admin)
    }

    /// A metric without labels; 0 if there is none.
    pub(crate) fn metric(&self, name: &str) -> Result<f64, Error> {
        let url = format!("{}/metrics", self.admin);
        let failed = |problem: ureq::Error| Error::Connection { address: url.clone(), problem: problem.to_string() };
        let text = ureq::get(&url).call().and_then(|mut answer| answer.body_mut().read_to_string()).map_err(failed)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Ok(value.unwrap_or_default())
    }

    /// Its number among the system's processes.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it has now, in bytes; 0 where the system does not tell.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.process())
    }

    /// The part of it that is no file's, in bytes; 0 where the system does not tell.
    pub(crate) fn anonymous_bytes(&self) -> u64 {
        status_bytes(self.process(), "RssAnon:")
    }

    /// What it has taken of the processors, in seconds; 0 where the system does not tell.
    pub(crate) fn processor_s(&self) -> f64 {
        crate::processor::process_s(self.process())
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(mut self) -> Result<(), Error> {
        let mut kill = Command::new("kill");
        kill.args(["-TERM", &self.child.id().to_string()]).status().map_err(Error::system("stop the server"))?;
        let status = self.child.wait().map_err(Error::system("wait for the server"))?;
        let ended = |status| Error::Promise(format!("asked to stop, the server ended with {status}"));
        if status.success() { Ok(()) } else { Err(ended(status)) }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        self.child.kill().map_err(Error::system("kill the server"))?;
        self.child.wait().map(|_status| ()).map_err(Error::system("wait for the server"))
    }
}

/// The memory of a process, in bytes; 0 where the system does not tell.
pub(crate) fn resident_bytes(process: u32) -> u64 {
    status_bytes(process, "VmRSS:")
}

fn status_bytes(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB")?.parse().ok());
    kib.map_or(0, |kib: u64| kib << 10)
}

/// `tidegate verify`, which must call the data sound.
pub(crate) fn verify(program: &Path, data_dir: &Path) -> Result<(), Error> {
    let output = Command::new(program).arg("verify").arg("--data-dir").arg(data_dir).output();
    let output = output.map_err(Error::system("run tidegate verify"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Err(Error::Promise(format!("tidegate verify: {said}")))
}
