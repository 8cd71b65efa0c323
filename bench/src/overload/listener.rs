//! The api listener with more connections than its processors can serve at once. A generator on the same machine cannot hold
//! a rate above what the server can do, so that this is a closed loop of more and more connections. Reported, not judged.

use std::time::Duration;

use super::Options;
use super::judges::Finding;
use super::table::{Played, Row};
use super::world::{Setup, World};
use crate::load::http::{Ask, Http};
use crate::load::{Job, Pace, Span, Target, run};
use crate::server::Server;

const CONNECTIONS: [usize; 4] = [64, 256, 1_024, 3_500];
const WARM_UP: Duration = Duration::from_secs(1);

pub(super) fn play(_row: &Row, options: &Options, say: &mut dyn FnMut(&str)) -> Played {
    let world = World::new(&options.tidegate, &Setup::default())?;
    let address = Server::address(&world.server.api)?;
    let mut target = Http::tidegate(Ask::Reserve);
    target.prepare(address)?;
    let mut details = vec![
        "| connections | reservations/s | p50 ms | p99 ms | errors |".to_owned(),
        "|---:|---:|---:|---:|---:|".to_owned(),
    ];
    let mut figures = Vec::new();
    for connections in CONNECTIONS {
        say(&format!("{connections} connections that ask without a pause"));
        let span = Span { warm_up: WARM_UP, measured: super::run::seconds(8, options) };
        let (name, target, pace) = ("tidegate", &target, Pace::Closed);
        let summary = run(&Job { name, target, address, connections, pace, span, process: None })?;
        details.push(format!(
            "| {connections} | {:.0} | {:.2} | {:.2} | {} |",
            summary.rate,
            summary.p50_us / 1e3,
            summary.p99_us / 1e3,
            summary.errors
        ));
        figures.push(format!("{:.0}/s at p99 {:.1} ms over {connections}", summary.rate, summary.p99_us / 1e3));
    }
    world.server.stop()?;
    Ok((Finding { holds: None, figure: figures.join(", "), details }, Vec::new()))
}
