//! One Tidegate for everything that it is asked at its api. It must not know the others.

use std::path::Path;
use std::process::Stdio;

use super::Wanted;
use crate::Error;
use crate::load::http::{Ask, Http};
use crate::peers::subject::{
    HYPER, HYPER_READ, HYPER_SOLD_OUT, Stage, TIDEGATE, TIDEGATE_1_000_000, TIDEGATE_10, TIDEGATE_10_000,
    TIDEGATE_READ, TIDEGATE_SOLD_OUT,
};
use crate::program::{end_of, log_file, log_path};
use crate::server::Server;

/// What it is asked, and which bare server is held against it.
pub(super) const ASKS: [(&str, Ask, Option<&str>); 6] = [
    (TIDEGATE, Ask::Reserve, Some(HYPER)),
    (TIDEGATE_10, Ask::ReserveOver(10), None),
    (TIDEGATE_10_000, Ask::ReserveOver(10_000), None),
    (TIDEGATE_1_000_000, Ask::ReserveOver(1_000_000), None),
    (TIDEGATE_SOLD_OUT, Ask::SoldOut, Some(HYPER_SOLD_OUT)),
    (TIDEGATE_READ, Ask::Read, Some(HYPER_READ)),
];

pub(super) fn start(stage: &mut Stage, wanted: &Wanted<'_>, program: &Path, work: &Path) -> Result<(), Error> {
    let is_wanted =
        |(name, _, bare): &&(&str, Ask, Option<&str>)| wanted.has(name) || bare.is_some_and(|bare| wanted.has(bare));
    let asks: Vec<_> = ASKS.iter().filter(is_wanted).collect();
    if asks.is_empty() {
        return Ok(());
    }
    let log = log_path(work, "tidegate");
    let messages = Stdio::from(log_file(&log)?);
    let server = ready(Server::start(program, &work.join("tidegate"), &patient(), messages)?, program, &log)?;
    let address = Server::address(&server.api)?;
    let process = stage.keep_tidegate(server);
    for (name, ask, _) in asks {
        stage.add(name, Box::new(Http::tidegate(*ask)), address, process);
    }
    Ok(())
}

/// Admission lets everybody in: in a closed loop whoever is refused asks again at once, and a refusal is no reservation to
/// compare. The others do not refuse either.
fn patient() -> [(&'static str, String); 2] {
    [
        ("TIDEGATE_ADMISSION__TARGET_DELAY_MS", "10000".to_owned()),
        ("TIDEGATE_ADMISSION__DROP_DELAY_MS", "60000".to_owned()),
    ]
}

/// Waits until it serves.
pub(super) fn ready(mut server: Server, program: &Path, log: &Path) -> Result<Server, Error> {
    if !server.api.is_empty() && server.is_ready()? {
        return Ok(server);
    }
    let problem = format!("it ended before it was ready; it said:\n{}", end_of(log));
    Err(Error::Program { program: program.display().to_string(), problem })
}
