//! k6 as the load: a scenario of `k6/overload-*.js` as a child process, and what it printed. It must not judge.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Options;
use super::answers::{Answer, Mark, parse};
use super::world::World;
use crate::Error;

/// k6 ends so when one of the scenario's own thresholds does not hold. The table judges for itself.
const THRESHOLDS_BROKEN: i32 = 99;

pub(super) fn run(
    scenario: &Path,
    options: &Options,
    world: &World,
    capacity_per_s: f64,
) -> Result<(Vec<Answer>, Vec<Mark>), Error> {
    let printed = world.file("answers");
    let mut command = Command::new(&options.k6);
    // Without its own HTTP port (it would clash with a second run) and without reporting to anybody.
    command.args(["run", "--quiet", "--address", "", "--no-usage-report", "--log-format", "raw", "--console-output"]);
    command.arg(&printed).arg(scenario);
    command.env("GATEWAY", &world.server.gateway).env("CONTROL", format!("http://{}", world.platform.control));
    command.env("CAPACITY", format!("{capacity_per_s:.0}")).env("ANSWERS", "1");
    command.env("SIZE", if options.is_short { "short" } else { "full" });
    let failed = |problem: String| Error::Program { program: options.k6.display().to_string(), problem };
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() && output.status.code() != Some(THRESHOLDS_BROKEN) {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    parse(&fs::read_to_string(&printed).map_err(Error::file("read", &printed))?)
}
