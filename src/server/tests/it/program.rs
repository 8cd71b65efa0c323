//! A running `tidegate serve` for tests: real binary, free ports, a data directory of its own,
//! ended by its process id whatever happens. It knows no route.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client};

/// Long enough for any machine: only a hang takes as long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs.
pub struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    /// Where the api listens.
    pub api: SocketAddr,
    /// Where the admin listener is.
    pub admin: SocketAddr,
    /// Where the gateway is, if there is one.
    pub gateway: Option<SocketAddr>,
}

/// The program with nothing of this process's environment, and small segments.
pub fn tidegate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .env_clear()
        .env("TIDEGATE_LOG__SEGMENT_BYTES", "16777216")
        .env("TIDEGATE_LOG__RESERVE_BYTES", "8388608")
        // A machine with much else to do is no overload; what tests shedding says so.
        .env("TIDEGATE_ADMISSION__TARGET_DELAY_MS", "10000")
        .env("TIDEGATE_ADMISSION__DROP_DELAY_MS", "60000")
        .stdin(Stdio::null());
    command
}

fn serve(data_dir: &Path) -> Command {
    let mut command = tidegate();
    command.args(["serve", "--api", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
    command
}

/// Runs a server that is expected not to stay.
pub fn serve_in_vain(data_dir: &Path) -> Output {
    let mut child = serve(data_dir).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let begun = Instant::now();
    while child.try_wait().expect("it was started here").is_none() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    // One that stays is ended, and told by what it has no exit code for.
    let _ended = child.kill();
    child.wait_with_output().expect("its pipes are read")
}

/// Runs another subcommand to its end.
pub fn run(arguments: &[&str], data_dir: &Path) -> Output {
    let mut command = tidegate();
    let (name, rest) = arguments.split_first().expect("a subcommand");
    command.arg(name).arg("--data-dir").arg(data_dir).args(rest).output().expect("the binary runs")
}

impl Server {
    /// Starts and waits until it is ready.
    pub fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[])
    }

    /// Starts with settings, `("HTTP__BODY_TIMEOUT_MS", "200")`, and waits until it is ready.
    pub fn start_with(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = serve(data_dir);
        for (name, value) in settings {
            command.env(format!("TIDEGATE_{name}"), value);
        }
        Self::spawn(command, false)
    }

    /// Starts with a gateway, whose configuration this is, and waits until it is ready.
    pub fn start_gateway(data_dir: &Path, config: &str) -> Self {
        let file = data_dir.with_extension("toml");
        std::fs::write(&file, config).expect("writable");
        let mut command = serve(data_dir);
        command.arg("--config").arg(&file).args(["--gateway", "127.0.0.1:0"]);
        Self::spawn(command, true)
    }

    /// Starts with a configuration file and no gateway, and waits until it is ready.
    pub fn start_file(data_dir: &Path, file: &Path) -> Self {
        let mut command = serve(data_dir);
        command.arg("--config").arg(file);
        Self::spawn(command, false)
    }

    fn spawn(mut command: Command, has_gateway: bool) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let api = announced(&mut stdout, "api");
        let admin = announced(&mut stdout, "admin");
        let gateway = has_gateway.then(|| announced(&mut stdout, "gateway"));
        let server = Self { child, _stdout: stdout, api, admin, gateway };
        wait_until("the server is ready", || Client::connect(server.admin).get("/readyz").status == 200);
        server
    }

    /// A new connection to the api.
    pub fn client(&self) -> Client {
        Client::connect(self.api)
    }

    /// A new connection to the gateway.
    pub fn shopper(&self) -> Client {
        Client::connect(self.gateway.expect("it was started with one"))
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was started here");
    }

    /// Waits until it has ended by itself.
    pub fn wait(mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the server has ended", || {
            status = self.child.try_wait().expect("it was started here");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// SIGTERM, and what it had to say until its end.
    pub fn messages(mut self) -> String {
        let mut stderr = self.child.stderr.take().expect("stderr is a pipe");
        assert!(self.stop().success());
        let mut messages = String::new();
        stderr.read_to_string(&mut messages).expect("messages are text");
        messages
    }

    /// What it has to say up to a line with this in it. To be asked once: what comes later is not kept.
    pub fn messages_until(&mut self, what: &str) -> String {
        let stderr = BufReader::new(self.child.stderr.take().expect("stderr is a pipe"));
        let (tell, told) = mpsc::channel();
        // To the end, whoever listens: a server that cannot write its messages does not stay.
        thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        let mut said = String::new();
        while !said.contains(what) {
            let line = told.recv_timeout(PATIENCE);
            said += &line.unwrap_or_else(|_| panic!("waited in vain for {what}: {said}"));
            said.push('\n');
        }
        said
    }

    /// Asks the admin listener to do something.
    pub fn order(&self, path: &str, body: &str) -> Answer {
        Client::connect(self.admin).post(path, body)
    }

    /// SIGTERM, and waits until it has ended.
    pub fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn announced(stdout: &mut impl BufRead, name: &str) -> SocketAddr {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("stdout is text");
    let address = line.trim().strip_prefix(&format!("{name} listening on http://"));
    address.unwrap_or_else(|| panic!("no address of {name}: {line:?}")).parse().expect("an address")
}

/// Looks again and again, for as long as [`PATIENCE`].
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
