//! The clients: what they ask, what they were told, and what may have been done of what was never
//! answered. They judge every answer, and at rest everything. All they know comes through answers.

mod draw;
mod lawful;
mod orders;
mod rest;
mod shelf;
mod shipped;
mod told;

use crate::Broken;
use crate::catalogue::{self, PLACES, PLAIN_PLACES, WILD_SKUS};
use crate::report::{Count, Report};
use crate::settings::Settings;
use engine::{Answer, Request, Unavailable};
use ledger::{Applied, Command, Millis, OnHand, Outcome, SaleSettings, SetStock, SkuSettings};
use orders::Order;
use shelf::Shelf;
use shipped::Shipped;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use told::Told;

/// Each has names of its own, and a SKU that comes and goes.
const CLIENTS: usize = 4;

/// Under what an answer is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub settings: &'s Settings,
    /// Engine time.
    pub now: Millis,
    /// The latest that it was in any life. What nothing was logged since may be lived through again, if
    /// the wall clock was set back; but a window that has passed has passed.
    pub latest: Millis,
}

impl Scene<'_> {
    /// Whether what ended then may be known no more.
    fn may_be_forgotten(&self, ended: Millis) -> bool {
        self.settings.may_be_forgotten(ended, self.latest)
    }
}

/// Whose record an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Order(u32),
    Place(usize),
    /// The settings of a wild SKU.
    Rules(usize),
    WildSale,
    /// The SKU of a client that comes and goes.
    Brief(usize),
    Nothing,
}

/// A request under way.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    about: About,
    pub request: Request,
    /// When the same was sent first, and when this was.
    first: Millis,
    at: Millis,
}

impl Sent {
    fn new(request: Request, now: Millis) -> Self {
        Self { about: about(&request), request, first: now, at: now }
    }

    fn order(&self) -> Option<u32> {
        if let About::Order(number) = self.about { Some(number) } else { None }
    }
}

/// Whose record a request is about that names no order.
fn about(request: &Request) -> About {
    let Request::Command(command) = request else { return About::Nothing };
    match command {
        Command::SetStock(SetStock { sku, location, .. }) | Command::Adjust(ledger::Adjust { sku, location, .. }) => {
            let brief = (0..CLIENTS).find(|client| draw::brief_sku(*client) == *sku);
            let place = catalogue::place_of(sku, location);
            brief.map(About::Brief).or(place.map(About::Place)).unwrap_or(About::Nothing)
        }
        Command::DeleteSku(sku) => {
            let brief = (0..CLIENTS).find(|client| draw::brief_sku(*client) == *sku);
            brief.map_or(About::Nothing, About::Brief)
        }
        Command::SetSku(sku, _) => {
            let wild = (0..WILD_SKUS).find(|index| catalogue::wild_sku(*index) == *sku);
            wild.map_or(About::Nothing, About::Rules)
        }
        Command::SetSale(sale, _) if *sale == catalogue::wild_sale() => About::WildSale,
        _ => About::Nothing,
    }
}

#[derive(Debug)]
pub(crate) struct Clients {
    orders: BTreeMap<u32, Order>,
    next_order: u32,
    next_key: u64,
    shelves: Vec<Shelf>,
    rules: Vec<Told<SkuSettings>>,
    wild_sale: Told<SaleSettings>,
    briefs: Vec<Told<Option<u32>>>,
    /// Units shipped of the limited SKU by customer, and in the fair sale.
    shipped_limited: BTreeMap<String, u64>,
    shipped_fair: u64,
    in_flight: BTreeMap<u32, Sent>,
    /// Lost with their process: to be asked again, or not.
    unanswered: VecDeque<Sent>,
}

impl Clients {
    pub fn new() -> Self {
        Self {
            orders: BTreeMap::new(),
            next_order: 0,
            next_key: 0,
            shelves: (0..PLACES).map(|place| Shelf::new(place < PLAIN_PLACES)).collect(),
            rules: (0..WILD_SKUS).map(|_| Told::new(SkuSettings::default())).collect(),
            wild_sale: Told::new(SaleSettings::default()),
            briefs: (0..CLIENTS).map(|_| Told::new(None)).collect(),
            shipped_limited: BTreeMap::new(),
            shipped_fair: 0,
            in_flight: BTreeMap::new(),
            unanswered: VecDeque::new(),
        }
    }

    /// What sets the shop up.
    pub fn opening(now: Millis) -> Vec<Sent> {
        catalogue::opening().into_iter().map(|command| Sent::new(Request::Command(command), now)).collect()
    }

    /// How many wait for an answer.
    pub fn waiting(&self) -> usize {
        self.in_flight.len()
    }

    /// Notes that it may be done from now on.
    pub fn send(&mut self, sent: &Sent) {
        let Request::Command(command) = &sent.request else { return };
        match sent.about {
            About::Order(number) => {
                if let Some(order) = self.orders.get_mut(&number) {
                    order.open.push(command.clone());
                }
            }
            About::Place(place) => self.shelves[place].send(command),
            About::Rules(index) => with_rules(command, |settings| self.rules[index].send(settings.clone())),
            About::WildSale => with_sale(command, |settings| self.wild_sale.send(settings.clone())),
            About::Brief(client) => self.briefs[client].send(brief_after(command)),
            About::Nothing => {}
        }
    }

    /// Its answer will come.
    pub fn wait(&mut self, ticket: u32, sent: Sent) {
        self.in_flight.insert(ticket, sent);
    }

    pub fn hear_ticket(
        &mut self,
        ticket: u32,
        answer: Answer,
        scene: Scene<'_>,
        report: &mut Report,
    ) -> Result<(), Broken> {
        let sent = self.in_flight.remove(&ticket);
        let sent = sent.ok_or_else(|| Broken::Unlawful(format!("nobody waits for ticket {ticket}: {answer:?}")))?;
        self.hear(sent, answer, scene, report)
    }

    /// Judges an answer, and keeps what it says.
    pub fn hear(&mut self, sent: Sent, answer: Answer, scene: Scene<'_>, report: &mut Report) -> Result<(), Broken> {
        match answer {
            Answer::Unavailable(why) => {
                report.one(Count::Unavailable);
                if why == Unavailable::StorageFailed {
                    self.unanswered.push_back(sent);
                } else {
                    self.close(&sent);
                }
                Ok(())
            }
            Answer::Outcome(outcome) => {
                let Request::Command(command) = &sent.request else {
                    return Err(Broken::Unlawful(format!("{outcome:?} to {sent:?}")));
                };
                report.one(kind(&outcome));
                self.hear_outcome(&sent, command, outcome, scene)
            }
            Answer::Reservation(seen) => {
                let About::Order(number) = sent.about else { return Ok(()) };
                self.see_order(number, seen.map(Arc::unwrap_or_clone), scene)
            }
            Answer::Stock(view) => {
                let rows =
                    view.found.iter().flatten().flat_map(|stock| stock.locations.iter().map(move |row| (stock, row)));
                for (stock, row) in rows {
                    let place = catalogue::place_of(&stock.sku, &row.location);
                    if place.is_some_and(|place| place < PLAIN_PLACES) && row.available() < 0 {
                        return Err(Broken::Oversold(format!("{} {row:?}", stock.sku)));
                    }
                }
                Ok(())
            }
            Answer::Sale(_) => Ok(()),
        }
    }

    fn hear_outcome(
        &mut self,
        sent: &Sent,
        command: &Command,
        outcome: Outcome,
        scene: Scene<'_>,
    ) -> Result<(), Broken> {
        match sent.about {
            About::Order(number) => {
                let Some(order) = self.orders.get_mut(&number) else { return Ok(()) };
                let before = Shipped::of(order);
                order.hear(command, outcome, sent.at, scene)?;
                let after = Shipped::of(order);
                self.ship(&before, &after);
                Ok(())
            }
            About::Place(place) => self.shelves[place].hear(command, &outcome),
            About::Rules(index) => {
                with_rules(command, |settings| self.rules[index].hear(settings));
                done(command, matches!(outcome, Outcome::Sku(_)), &outcome)
            }
            About::WildSale => {
                with_sale(command, |settings| self.wild_sale.hear(settings));
                done(command, matches!(outcome, Outcome::Sale(_)), &outcome)
            }
            About::Brief(client) => self.hear_brief(client, command, &outcome),
            About::Nothing => Ok(()),
        }
    }

    fn hear_brief(&mut self, client: usize, command: &Command, outcome: &Outcome) -> Result<(), Broken> {
        let brief = &mut self.briefs[client];
        match outcome {
            Outcome::Stock { applied: Applied::Now, .. } | Outcome::SkuDeleted => brief.hear(&brief_after(command)),
            Outcome::Refused(ledger::Refusal::UnknownSku { .. }) if matches!(command, Command::DeleteSku(_)) => {
                brief.close(&None);
            }
            _ => return done(command, false, outcome),
        }
        Ok(())
    }

    fn see_order(&mut self, number: u32, seen: Option<ledger::Reservation>, scene: Scene<'_>) -> Result<(), Broken> {
        let Some(order) = self.orders.get_mut(&number) else { return Ok(()) };
        let before = Shipped::of(order);
        order.see(seen, scene)?;
        let after = Shipped::of(order);
        self.ship(&before, &after);
        Ok(())
    }

    /// It was not done.
    fn close(&mut self, sent: &Sent) {
        let Request::Command(command) = &sent.request else { return };
        match sent.about {
            About::Order(number) => {
                if let Some(order) = self.orders.get_mut(&number) {
                    order.close(command);
                }
            }
            About::Place(place) => self.shelves[place].close(),
            About::Rules(index) => with_rules(command, |settings| self.rules[index].close(settings)),
            About::WildSale => with_sale(command, |settings| self.wild_sale.close(settings)),
            About::Brief(client) => self.briefs[client].close(&brief_after(command)),
            About::Nothing => {}
        }
    }

    /// Units leave their places when an order is told to have shipped more.
    fn ship(&mut self, before: &Shipped, after: &Shipped) {
        for (line, units) in &after.lines {
            let more = units - before.lines.get(line).copied().unwrap_or_default();
            let (place, is_limited) = *line;
            self.shelves[place].shipped += more;
            if let Some(customer) = after.customer.as_ref().filter(|_| is_limited) {
                *self.shipped_limited.entry(customer.clone()).or_default() += more;
            }
            if after.is_fair {
                self.shipped_fair += more;
            }
        }
    }

    /// The process is gone, and with it every answer that was not given.
    pub fn lose_process(&mut self, report: &mut Report) {
        report.add(Count::Unanswered, self.in_flight.len() as u64);
        self.unanswered.extend(std::mem::take(&mut self.in_flight).into_values());
        for order in self.orders.values_mut() {
            order.restart();
        }
    }
}

fn with_rules(command: &Command, act: impl FnOnce(&SkuSettings)) {
    if let Command::SetSku(_, settings) = command {
        act(settings);
    }
}

fn with_sale(command: &Command, act: impl FnOnce(&SaleSettings)) {
    if let Command::SetSale(_, settings) = command {
        act(settings);
    }
}

/// On-hand of a SKU that comes and goes, once this is done.
fn brief_after(command: &Command) -> Option<u32> {
    match command {
        Command::SetStock(SetStock { on_hand: OnHand::Exactly(units), .. }) => Some(*units),
        _ => None,
    }
}

fn done(command: &Command, is_done: bool, outcome: &Outcome) -> Result<(), Broken> {
    if is_done { Ok(()) } else { Err(Broken::Unlawful(format!("{outcome:?} to {command:?}"))) }
}

fn kind(outcome: &Outcome) -> Count {
    match outcome {
        Outcome::Refused(_) | Outcome::RefusedBefore(_) => Count::Refused,
        Outcome::Reservation { replayed: true, .. } | Outcome::Stock { applied: Applied::Before, .. } => {
            Count::Replayed
        }
        _ => Count::Acknowledged,
    }
}
