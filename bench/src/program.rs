//! A program as a child process on loopback: started, waited for, and ended when its handle is dropped. It must not know
//! what is measured with it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// A program that is not ready by then will not be; one that was asked to end and has not is killed.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// A child process that does not outlive this.
pub(crate) struct Program {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGTERM first: some have children of their own, which nobody else ends. It may have ended by itself; either way
        // nothing is left to do about it here.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).stderr(Stdio::null()).status();
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts it and waits until it is ready. What it has to say goes to a file in `work`. `advice` says what to do about a program that is not there.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        work: &Path,
        advice: &str,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self, Error> {
        let log = log_path(work, name);
        command.stdin(Stdio::null()).stdout(log_file(&log)?).stderr(log_file(&log)?);
        let mut program = Self { name, child: command.spawn().map_err(|error| absent(name, &error, advice))?, log };
        let started = Instant::now();
        while !is_ready() {
            if let Ok(Some(status)) = program.child.try_wait() {
                return Err(program.failed(format!("it ended with {status}")));
            }
            if started.elapsed() > PATIENCE {
                return Err(program.failed(format!("it is not ready after {} s", PATIENCE.as_secs())));
            }
            thread::sleep(PAUSE);
        }
        Ok(program)
    }

    /// Its number among the system's processes.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn failed(&self, problem: String) -> Error {
        Error::Program { program: self.name.to_owned(), problem: format!("{problem}; it said:\n{}", end_of(&self.log)) }
    }
}

/// Where the messages of programs of this name go.
pub(crate) fn log_path(work: &Path, name: &str) -> PathBuf {
    work.join(format!("{name}.log"))
}

/// The file for messages; several programs may share it.
pub(crate) fn log_file(path: &Path) -> Result<File, Error> {
    File::options().create(true).append(true).open(path).map_err(Error::file("write", path))
}

/// The last messages in a file.
pub(crate) fn end_of(log: &Path) -> String {
    const LINES: usize = 10;
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// Runs a program to its end, which must be a good one; what it has printed.
pub(crate) fn run_to_end(name: &'static str, mut command: Command, advice: &str) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| absent(name, &error, advice))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Program { program: name.to_owned(), problem: format!("it ended with {}: {said}", output.status) })
}

fn absent(name: &str, error: &std::io::Error, advice: &str) -> Error {
    let is_none = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied);
    let advice = if is_none { format!("; {advice}") } else { String::new() };
    Error::Program { program: name.to_owned(), problem: format!("{error}{advice}") }
}

/// An address that was free a moment ago: somebody may take it before the child does, which then says so and ends.
pub(crate) fn free_address() -> Result<SocketAddr, Error> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(any).map_err(Error::connection(any))?;
    listener.local_addr().map_err(Error::connection(any))
}
