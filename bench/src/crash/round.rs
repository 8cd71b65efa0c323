//! One kill after another in one data directory, and what must hold after each.

use super::clients::{self, PLENTIFUL, SCARCE_UNITS, agent, ask, scarce};
use super::points::Point;
use super::program::Program;
use super::record::{Known, Record};
use super::report::Report;
use super::shim;
use crate::Error;
use crate::server::{Server, verify};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How many clients buy at once.
const CLIENTS: u64 = 8;
/// How long a point is waited for before the server is killed anyway.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// How many reservations that were checked before are checked again after each kill.
const CHECKED_AGAIN: usize = 500;
/// Every so many rounds `tidegate verify` has its say.
const ROUNDS_A_VERIFY: u64 = 10;

/// What is to be done.
pub struct Plan {
    /// The program.
    pub program: PathBuf,
    /// Where its data go; made if missing.
    pub work: PathBuf,
    /// How many kills.
    pub rounds: u64,
    /// What is drawn follows from it.
    pub seed: u64,
}

/// Kills the server as planned, and tells each round. An error is a broken promise, or something that could not be done.
pub fn run(plan: &Plan, mut tell: impl FnMut(u64, &Report)) -> Result<Report, Error> {
    std::fs::create_dir_all(&plan.work).map_err(Error::file("create", &plan.work))?;
    let messages = plan.work.join("messages.txt");
    let program = Program {
        path: plan.program.clone(),
        shim: shim::build(&plan.work)?,
        data_dir: plan.work.join("data"),
        work: plan.work.clone(),
        messages: File::create(&messages).map_err(Error::file("create", &messages))?,
    };
    let mut run = Run {
        program,
        record: Mutex::default(),
        report: Report::default(),
        random: fastrand::Rng::with_seed(plan.seed),
    };
    for round in 0..plan.rounds {
        let point = Point::ALL[(round % Point::ALL.len() as u64) as usize];
        run.round(round, point)?;
        tell(round, &run.report);
    }
    run.check(plan.rounds, true)?;
    verify(&run.program.path, &run.program.data_dir)?;
    run.report.verified += 1;
    Ok(run.report)
}

struct Run {
    program: Program,
    record: Mutex<Record>,
    report: Report,
    random: fastrand::Rng,
}

impl Run {
    fn round(&mut self, round: u64, point: Point) -> Result<(), Error> {
        let most = point.call().map_or(1, |(_, most)| most);
        let nth = self.random.u64(1..=most);
        let mut server = self.program.start(point, nth, 1 + round % 3)?;
        let met =
            server.is_ready().and_then(|ready| if ready { self.load(&mut server, round, point) } else { Ok(true) })?;
        drop(server);
        self.report.note(point, met);
        if round % ROUNDS_A_VERIFY == ROUNDS_A_VERIFY - 1 {
            verify(&self.program.path, &self.program.data_dir)?;
            self.report.verified += 1;
        }
        self.check(round, false)
    }

    /// Clients buy until the server is killed. Says whether it was where it was to be.
    fn load(&mut self, server: &mut Server, round: u64, point: Point) -> Result<bool, Error> {
        let api = server.api.clone();
        if clients::restock(&api, round).is_none() {
            return server.has_ended(PATIENCE);
        }
        let patience = match point {
            Point::Random => Duration::from_millis(self.random.u64(10..=700)),
            _ if point.is_at_the_start() => Duration::from_millis(200),
            _ => PATIENCE,
        };
        let record = &self.record;
        let (met, asked) = thread::scope(|scope| {
            let buyers: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    scope.spawn({
                        let api = &api;
                        move || clients::buy(api, record, round, number)
                    })
                })
                .collect();
            if point == Point::InBackup {
                let (url, directory) = (server.backup_url(), self.program.backup(round));
                // Killed within, it has no answer.
                scope.spawn(move || clients::back_up(&url, &directory));
            }
            let met = server.has_ended(patience);
            let killed = server.kill();
            let mut asked = 0;
            for buyer in buyers {
                asked += buyer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            killed.and(met).map(|met| (met, asked))
        })?;
        self.report.reservations += asked;
        Ok(met || point == Point::Random)
    }

    /// Everything acknowledged is there, and the units add up to exactly that.
    fn check(&mut self, round: u64, all: bool) -> Result<(), Error> {
        let mut server = self.program.start(Point::Random, 0, 1 + (round + 1) % 3)?;
        if !server.is_ready()? {
            return Err(Error::Promise("the server ended while it started, and nobody killed it".to_owned()));
        }
        let agent = agent();
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        for id in self.random.to_check(&record, round, all) {
            // A client that had no answer asks again, which makes no second reservation; or it looks.
            let again = record.reservations.get(&id) == Some(&Known::Asked) && self.random.bool();
            let (status, body) = if again {
                self.report.retried += 1;
                clients::reserve(&agent, &server.api, &id)
            } else {
                ask(&agent, "GET", &format!("{}/v1/reservations/{id}", server.api), None)
            }
            .ok_or_else(gone)?;
            let found = if matches!(status, 200 | 201) { body["state"].as_str() } else { None };
            record.settle(&id, found).map_err(|why| Error::Promise(format!("round {round}: {why} ({status})")))?;
            self.report.checked += 1;
        }
        let mut promised = 0;
        let skus = (0..PLENTIFUL).map(|sku| (format!("plenty-{sku}"), u64::MAX));
        for (sku, most) in skus.chain((0..=round).map(|round| (scarce(round), SCARCE_UNITS))) {
            let (status, body) = ask(&agent, "GET", &format!("{}/v1/skus/{sku}", server.api), None).ok_or_else(gone)?;
            if status == 404 {
                continue;
            }
            let figure = |name: &str| body["locations"][0][name].as_u64().unwrap_or_default();
            let taken = figure("held") + figure("allocated");
            if taken > most || taken + figure("available") != figure("on_hand") {
                self.report.oversold += 1;
                return Err(Error::Promise(format!("round {round}: {sku} is oversold or does not add up: {body}")));
            }
            promised += taken;
        }
        let live = record.live();
        if promised != live {
            let why = format!("round {round}: buckets promise {promised} units, clients know of {live} reservations");
            return Err(Error::Promise(why));
        }
        self.report.live = live;
        server.kill()
    }
}

trait ToCheck {
    fn to_check(&mut self, record: &Record, round: u64, all: bool) -> Vec<String>;
}

impl ToCheck for fastrand::Rng {
    /// What is in doubt, what the last round made, and some of the rest; or all.
    fn to_check(&mut self, record: &Record, round: u64, all: bool) -> Vec<String> {
        let prefix = format!("r{round}-");
        let (fresh, rest): (Vec<_>, Vec<_>) = record
            .reservations
            .iter()
            .partition(|(id, known)| all || id.starts_with(&prefix) || !matches!(known, Known::Is(_)));
        let again = self.choose_multiple(rest, CHECKED_AGAIN);
        fresh.into_iter().chain(again).map(|(id, _)| id.clone()).collect()
    }
}

fn gone() -> Error {
    Error::Promise("the server ended while it was asked, and nobody killed it".to_owned())
}
