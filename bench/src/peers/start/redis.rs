//! Redis, once for each durability. It must not know the script.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Wanted;
use crate::Error;
use crate::load::redis::{self, Redis};
use crate::peers::subject::{REDIS, REDIS_EVERYSEC, Stage};
use crate::program::{Program, free_address};

const ADVICE: &str =
    "`scripts/setup.sh bench` installs it; --redis PATH names another one, --without redis leaves it out";

pub(super) fn start(stage: &mut Stage, wanted: &Wanted<'_>, program: &Path, work: &Path) -> Result<(), Error> {
    for (name, fsync) in [(REDIS, "always"), (REDIS_EVERYSEC, "everysec")] {
        if !wanted.has(name) {
            continue;
        }
        let address = free_address()?;
        let data = work.join(format!("redis-{fsync}"));
        fs::create_dir(&data).map_err(Error::file("create", &data))?;
        let mut command = Command::new(program);
        command.args(["--bind", &address.ip().to_string(), "--port", &address.port().to_string()]);
        command.args(["--appendonly", "yes", "--appendfsync", fsync, "--save", "", "--loglevel", "warning"]);
        command.arg("--dir").arg(data);
        let process = stage.keep(Program::start("redis-server", command, work, ADVICE, || redis::is_ready(address))?);
        stage.add(name, Box::<Redis>::default(), address, process);
    }
    Ok(())
}
