//! What a refusal costs: its time for the client, and the server's processor. It must not know why it is refused.

use super::Options;
use super::answers::{Answer, Part};
use super::judges::Finding;
use super::open_loop::{Ask, block_on, offer};
use super::run::seconds;
use super::table::{Played, Row};
use super::world::{Setup, World};

const FACTOR: f64 = 10.0;
const CLIENTS: u64 = 20_000;
const MOST_MS: f64 = 5.0;
/// Of what the platform takes to serve a request.
const MOST_PART: f64 = 0.05;

pub(super) fn play(_row: &Row, options: &Options, say: &mut dyn FnMut(&str)) -> Played {
    let setup = Setup::default();
    let world = World::new(&options.tidegate, &setup)?;
    let gateway = world.gateway()?;
    let rate = FACTOR * setup.platform.capacity_per_s();
    let ask = |number: u64| Ask { class: "browse", path: "/browse/", client: format!("shopper-{}", number % CLIENTS) };
    say(&format!("{rate:.0} requests a second, {FACTOR} times the capacity"));
    // The level finds its place first.
    block_on(offer(gateway, rate, seconds(5, options), ask))?;
    let before_s = world.server.processor_s();
    let answers = block_on(offer(gateway, rate, seconds(30, options), ask))?;
    let taken_s = world.server.processor_s() - before_s;
    let leaks = world.leaks()?;
    world.server.stop()?;
    Ok((judge(&answers, taken_s, setup.platform.service_ms, options.is_short), leaks))
}

fn judge(answers: &[Answer], taken_s: f64, service_ms: f64, is_short: bool) -> Finding {
    let part = Part::of_phase(answers, "", 0);
    let refused = part.count_of(Answer::is_refused);
    let p99 = part.quantile_ms(0.99, Answer::is_refused);
    // What was served takes more than a refusal, so that this is more than a refusal takes.
    let each_ms = taken_s * 1e3 / part.count().max(1) as f64;
    let figure = format!(
        "{refused} of {} refused: p50 {:.2} ms, p99 {p99:.2} ms; at most {each_ms:.3} ms of the processor each ({:.2} % of the \
         platform's {service_ms:.0} ms)",
        part.count(),
        part.quantile_ms(0.5, Answer::is_refused),
        each_ms * 100.0 / service_ms
    );
    let holds = refused > 0 && p99 < MOST_MS && each_ms < MOST_PART * service_ms;
    Finding { holds: (!is_short).then_some(holds), figure, details: vec![part.outcomes()] }
}
