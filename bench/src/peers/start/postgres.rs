//! `PostgreSQL` with a cluster of its own, durable before it answers. It refuses to run as root, and is then run as the user
//! that its Debian package makes. It must not know the schema.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Wanted;
use crate::Error;
use crate::load::postgres::{self, Postgres, USER};
use crate::peers::subject::{POSTGRES_10_000, POSTGRES_HOT, Stage};
use crate::program::{Program, free_address, run_to_end};

const ADVICE: &str = "`scripts/setup.sh bench` installs it; --postgres DIR names the directory of another one's programs, \
                      --without postgres leaves it out";
/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Durability is what it comes with; said here so that nobody has to look it up. Memory is a quarter of a small machine's, and
/// the log is so large that no checkpoint falls into a measurement.
const SETTINGS: [&str; 9] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "max_connections=300",
    "unix_socket_directories=",
    "log_min_messages=error",
];

pub(super) fn start(stage: &mut Stage, wanted: &Wanted<'_>, programs: Option<&Path>, work: &Path) -> Result<(), Error> {
    if !wanted.has_any(&[POSTGRES_HOT, POSTGRES_10_000]) {
        return Ok(());
    }
    let programs = programs.map_or_else(installed, Path::to_owned);
    let home = work.join("postgres");
    let is_root = home_for_another(work, &home)?;
    let data = home.join("data");
    let mut initdb = as_other(is_root, &programs.join("initdb"));
    initdb.args(["--auth", "trust", "--username", USER, "--encoding", "UTF8", "--locale", "C", "--pgdata"]).arg(&data);
    run_to_end("initdb", initdb, ADVICE)?;

    let address = free_address()?;
    let mut command = as_other(is_root, &programs.join("postgres"));
    command.arg("-D").arg(&data).args(["-h", &address.ip().to_string(), "-p", &address.port().to_string()]);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    let process = stage.keep(Program::start("postgres", command, work, ADVICE, || postgres::is_ready(address))?);
    for (name, skus) in [(POSTGRES_HOT, 1), (POSTGRES_10_000, 10_000)] {
        if wanted.has(name) {
            stage.add(name, Box::new(Postgres { skus }), address, process);
        }
    }
    Ok(())
}

/// The newest of Debian's; without any the PATH is asked.
fn installed() -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    numbered.max_by_key(|(version, _)| *version).map_or_else(PathBuf::new, |(_, path)| path.join("bin"))
}

/// A directory for a cluster; whether we are root, so that another user must get in.
fn home_for_another(work: &Path, home: &Path) -> Result<bool, Error> {
    fs::create_dir(home).map_err(Error::file("create", home))?;
    let is_root = fs::metadata(home).map_err(Error::file("look at", home))?.uid() == 0;
    if is_root {
        for (path, mode) in [(work, 0o711), (home, 0o777)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::file("open", path))?;
        }
    }
    Ok(is_root)
}

/// `setpriv` becomes the program, so that signals reach it.
fn as_other(is_root: bool, program: &Path) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--init-groups"]).arg(program);
    // Ours may be a directory that it may not look into.
    command.current_dir("/");
    command
}
