//! Connections that have asked once and are kept: they hold no place at the platform, and little memory. It must not know what
//! a connection is made of.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::judges::Finding;
use super::open_loop::{Ask, block_on, offer};
use super::run::seconds;
use super::table::{Played, Row};
use super::watch::Watcher;
use super::world::{Setup, World, connections_allowed};
use super::{Answer, Options};
use crate::Error;
use crate::platform::Settings;

const CONNECTIONS: u64 = 10_000;
const SHORT_CONNECTIONS: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(10);
const REQUEST: &[u8] = b"GET /payments/1 HTTP/1.1\r\nhost: shop\r\n\r\n";

pub(super) fn play(_row: &Row, options: &Options, say: &mut dyn FnMut(&str)) -> Played {
    // Of a platform that is quick: what is measured is what is kept afterwards.
    let platform = Settings { service_ms: 1.0, ..Settings::default() };
    // A server whose connections run short keeps none: a tenth stays free.
    let connections = connections_allowed(CONNECTIONS * 9 / 8);
    let setup = Setup { platform, connections, ..Setup::default() };
    let world = World::new(&options.tidegate, &setup)?;
    let gateway = world.gateway()?;
    let count = if options.is_short { SHORT_CONNECTIONS } else { (connections * 9 / 10).min(CONNECTIONS) };
    say(&format!("{count} connections, each with one request before"));
    let open = (0..count).map(|_| asked_once(gateway)).collect::<Result<Vec<_>, _>>()?;
    let look = Watcher::new(&world.server).look()?;
    let kept = world.connections("gateway")?;
    say("and others who ask meanwhile");
    let ask = |number| Ask { class: "payment", path: "/payments/", client: format!("shopper-{number}") };
    let answers = block_on(offer(gateway, 100.0, seconds(5, options), ask))?;
    let served = answers.iter().filter(|answer| Answer::is_served(answer)).count();
    drop(open);
    let each_bytes = look.resident_bytes.saturating_sub(world.rest_bytes) / count;
    let leaks = world.leaks()?;
    world.server.stop()?;
    let figure = format!(
        "{kept} connections kept, {} places at the platform taken, {each_bytes} bytes of memory each; {served} of {} others served",
        look.in_flight,
        answers.len()
    );
    let holds = look.in_flight == 0 && kept as u64 == count && served == answers.len();
    Ok((Finding { holds: Some(holds), figure, details: Vec::new() }, leaks))
}

/// A connection whose first request was answered.
fn asked_once(gateway: SocketAddr) -> Result<TcpStream, Error> {
    let broken = || Error::connection(gateway);
    let mut stream = TcpStream::connect(gateway).map_err(broken())?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(broken())?;
    stream.write_all(REQUEST).map_err(broken())?;
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    // The platform's body ends with a brace, and no head does.
    while received.last() != Some(&b'}') {
        match stream.read(&mut piece).map_err(broken())? {
            0 => return Err(Error::connection(gateway)("closed before its first answer")),
            count => received.extend_from_slice(&piece[..count]),
        }
    }
    if received.starts_with(b"HTTP/1.1 200") {
        return Ok(stream);
    }
    let answer = String::from_utf8_lossy(&received).into_owned();
    Err(Error::Answer { attempt: "keep an idle connection", answer })
}
