//! What the clients do next, drawn from the seed: on few names, so that they meet; with small figures,
//! so that stock, limits and deadlines are reached. Nothing here judges.

use super::{About, CLIENTS, Clients, Order, Scene, Sent};
use crate::catalogue::{self, CUSTOMERS, PLACES, PLAIN_PLACES, WILD_SKUS};
use crate::report::{Count, Report};
use engine::Request;
use fastrand::Rng;
use ledger::{
    Adjust, Command, Confirm, ConfirmPrint, Fulfil, FulfilPrint, IfExpired, Location, Millis, Mode, OnHand, Quantity,
    ReservationId, Reserve, ReservePrint, SetStock, Sku, Text, Want, Wants,
};

/// Reservations that live at once, before the clients would rather settle some.
const LIVE_ORDERS: usize = 36;
/// Requests that wait for an answer at once.
const IN_FLIGHT: usize = 24;

/// The SKU of one client alone, written and deleted.
pub(super) fn brief_sku(client: usize) -> Sku {
    Sku::parse(["brief-0", "brief-1", "brief-2", "brief-3"][client]).expect("an identifier")
}

impl Clients {
    /// The next request; none while too many wait.
    pub fn next(&mut self, random: &mut Rng, scene: Scene<'_>, report: &mut Report) -> Option<Sent> {
        if self.in_flight.len() >= IN_FLIGHT {
            return None;
        }
        if random.u8(..10) < 3
            && let Some(sent) = self.retry(random, scene)
        {
            report.one(Count::Retries);
            return Some(sent);
        }
        let live = self.orders.values().filter(|order| order.is_live()).count();
        match random.u8(..100) {
            0..34 if live < LIVE_ORDERS => Some(self.reserve(random, scene)),
            0..64 => self.verb(random, scene),
            64..69 => self.again(random, scene),
            69..75 => self.look(random, scene),
            75..84 => Some(self.add(random, scene)),
            84..100 => Some(write(random, scene)),
            _ => None,
        }
    }

    /// What was lost with its process, or waits for long, is asked again with the same key.
    fn retry(&mut self, random: &mut Rng, scene: Scene<'_>) -> Option<Sent> {
        if self.unanswered.is_empty() && random.u8(..8) == 0 && !self.in_flight.is_empty() {
            let nth = random.usize(..self.in_flight.len());
            let waiting = self.in_flight.values().nth(nth)?.clone();
            return self.is_known_still(&waiting, scene).then_some(Sent { at: scene.now, ..waiting });
        }
        let sent = self.unanswered.pop_front()?;
        let is_dropped = random.u8(..5) == 0 || !self.is_known_still(&sent, scene);
        if is_dropped {
            if let (About::Place(place), Request::Command(command)) = (sent.about, &sent.request) {
                self.shelves[place].give_up(command);
            }
            return None;
        }
        Some(Sent { at: scene.now, ..sent })
    }

    /// A retry is recognised, whenever it was done first.
    fn is_known_still(&self, sent: &Sent, scene: Scene<'_>) -> bool {
        let known = !scene.may_be_forgotten(sent.first);
        let makes = matches!(sent.request, Request::Command(Command::Reserve(_)));
        match sent.about {
            About::Order(number) => self.orders.get(&number).is_some_and(|order| {
                let is_made = order.row.is_none() || order.is_replayed(scene) || !order.open.is_empty();
                !makes || (known && is_made)
            }),
            _ => known,
        }
    }

    fn reserve(&mut self, random: &mut Rng, scene: Scene<'_>) -> Sent {
        let number = self.next_order;
        self.next_order += 1;
        let name = format!("c{}-{number}", number as usize % CLIENTS);
        let sale = match random.u8(..10) {
            0..=1 => Some(catalogue::fair_sale()),
            2 => Some(catalogue::wild_sale()),
            _ => None,
        };
        let mut reserve = Reserve {
            id: ReservationId::parse(&name).expect("a letter and digits are an identifier"),
            customer: (random.u8(..6) > 0).then(|| catalogue::customer(random.usize(..CUSTOMERS))),
            channel: random.bool().then(|| catalogue::channel(random.usize(..2))),
            sale,
            ttl: random.bool().then(|| Millis(random.u64(1..400))),
            mode: if random.u8(..4) == 0 { Mode::BestEffort } else { Mode::AllOrNothing },
            wants: wants(random),
            print: ReservePrint::default(),
        };
        reserve.print = print(&reserve);
        self.orders.insert(number, Order::new(reserve.clone()));
        of_order(number, Command::Reserve(reserve), scene)
    }

    /// Any order that nothing is under way for, and that passes.
    fn free(&self, random: &mut Rng, passes: impl Fn(&Order) -> bool) -> Option<(u32, &Order)> {
        let free = |(_, order): &(&u32, &Order)| order.open.is_empty() && passes(order);
        let count = self.orders.iter().filter(free).count();
        let nth = (count > 0).then(|| random.usize(..count))?;
        self.orders.iter().filter(free).nth(nth).map(|(number, order)| (*number, order))
    }

    fn verb(&mut self, random: &mut Rng, scene: Scene<'_>) -> Option<Sent> {
        let any = random.u8(..8) == 0;
        let (number, order) = self.free(random, |order| if any { order.row.is_some() } else { order.is_live() })?;
        let id = order.reserve.id.clone();
        let row = order.row.as_ref()?;
        let is_held = row.state == ledger::State::Held;
        let parts = (random.u8(..4) == 0).then(|| parts(random, row));
        let command = match (is_held, random.u8(..20)) {
            (true, 0..=8) => confirm(random, id, parts),
            (true, 9..=11) => Command::Release(id),
            (true, 12..=13) => Command::Extend(id, Millis(random.u64(1..300))),
            (true, 14..=15) => Command::PaymentStarted(id, random.bool().then(|| Millis(random.u64(1..300)))),
            (_, 16..=17) => confirm(random, id, None),
            (_, 18) => Command::Expire(id),
            (false, 0..=5) => Command::Cancel(id),
            (false, 6..=15) => fulfil(id, parts),
            _ => fulfil(id, None),
        };
        Some(of_order(number, command, scene))
    }

    /// What was answered, asked once more; or another thing under the same name.
    fn again(&mut self, random: &mut Rng, scene: Scene<'_>) -> Option<Sent> {
        let is_known = |order: &Order| order.is_replayed(scene) || order.refused.is_some();
        let (number, order) = self.free(random, is_known)?;
        let command = match (random.u8(..6), &order.last) {
            (0..=2, Some(last)) => last.clone(),
            (3, _) if order.is_live() => {
                let mut other = Reserve { ttl: Some(Millis(777)), ..order.reserve.clone() };
                other.print = print(&other);
                Command::Reserve(other)
            }
            _ if order.is_replayed(scene) || order.row.is_none() => Command::Reserve(order.reserve.clone()),
            _ => return None,
        };
        Some(of_order(number, command, scene))
    }

    fn look(&mut self, random: &mut Rng, scene: Scene<'_>) -> Option<Sent> {
        let request = match random.u8(..5) {
            0 => Request::Stock(catalogue::skus().collect()),
            1 => Request::Sale(catalogue::fair_sale()),
            2 => Request::Command(Command::TurnSale(catalogue::wild_sale())),
            _ => {
                let (number, order) = self.free(random, |_| true)?;
                let request = Request::Reservation(order.reserve.id.clone());
                return Some(Sent { about: About::Order(number), request, first: scene.now, at: scene.now });
            }
        };
        Some(Sent::new(request, scene.now))
    }

    /// More units at a plain place, under a key.
    pub fn add(&mut self, random: &mut Rng, scene: Scene<'_>) -> Sent {
        self.next_key += 1;
        let (sku, location) = catalogue::place(random.usize(..PLAIN_PLACES));
        let key = Text::parse(&self.next_key.to_string()).ok();
        let delta = random.i64(1..12);
        Sent::new(
            Request::Command(Command::Adjust(Adjust { sku, location, delta, reason: None, reference: None, key })),
            scene.now,
        )
    }
}

/// A write where everything is written.
fn write(random: &mut Rng, scene: Scene<'_>) -> Sent {
    let (sku, location) = catalogue::place(random.usize(PLAIN_PLACES..PLACES));
    let client = random.usize(..CLIENTS);
    let command = match random.u8(..20) {
        0..=5 => Command::SetStock(set_stock(random, sku, location, scene.now)),
        6..=10 => {
            let delta = if random.bool() { random.i64(1..20) } else { -random.i64(1..20) };
            Command::Adjust(Adjust { sku, location, delta, reason: None, reference: None, key: None })
        }
        11..=13 => {
            let index = random.usize(..WILD_SKUS);
            Command::SetSku(catalogue::wild_sku(index), catalogue::any_sku_settings(random))
        }
        14..=15 => Command::SetSale(catalogue::wild_sale(), catalogue::any_sale_settings(random, scene.now)),
        16..=18 => {
            let (_, always) = catalogue::place(0);
            Command::SetStock(catalogue::set_stock(brief_sku(client), always, random.u32(..1_000)))
        }
        _ => Command::DeleteSku(brief_sku(client)),
    };
    Sent::new(Request::Command(command), scene.now)
}

fn of_order(number: u32, command: Command, scene: Scene<'_>) -> Sent {
    Sent { about: About::Order(number), request: Request::Command(command), first: scene.now, at: scene.now }
}

fn set_stock(random: &mut Rng, sku: Sku, location: Location, now: Millis) -> SetStock {
    let mut figure = |most: u32| (random.u8(..4) == 0).then(|| random.u32(..most));
    let (safety_stock, unavailable, backorder_limit) = (figure(6), figure(6), figure(20));
    SetStock {
        on_hand: if random.bool() {
            OnHand::Exactly(random.u32(..60))
        } else {
            OnHand::BeyondPromised(random.u32(..30))
        },
        safety_stock,
        unavailable,
        backorder_limit,
        if_version: (random.u8(..5) == 0).then(|| random.u64(..30)),
        source_ts: (random.u8(..5) == 0).then(|| Millis(now.0 - random.u64(..100))),
        ..catalogue::set_stock(sku, location, 0)
    }
}

fn wants(random: &mut Rng) -> Wants {
    let lines = if random.u8(..3) == 0 { random.usize(2..=4) } else { 1 };
    let want = |random: &mut Rng| Want {
        sku: catalogue::any_sku(random),
        location: (random.u8(..3) == 0).then(|| catalogue::any_location(random)),
        quantity: quantity(if random.u8(..10) == 0 { random.u32(5..40) } else { random.u32(1..=4) }),
    };
    (0..lines).map(|_| want(random)).collect()
}

fn quantity(units: u32) -> Quantity {
    Quantity::new(u64::from(units)).expect("drawn from 1 on, and small")
}

/// A part of what a reservation has.
fn parts(random: &mut Rng, row: &ledger::Reservation) -> Wants {
    let line = &row.lines[random.usize(..row.lines.len())];
    let quantity = quantity(random.u32(1..=line.quantity.clamp(1, 3)));
    [Want { sku: line.sku.clone(), location: None, quantity }].into_iter().collect()
}

fn confirm(random: &mut Rng, id: ReservationId, lines: Option<Wants>) -> Command {
    let if_expired = if random.bool() { IfExpired::Reacquire } else { IfExpired::Refuse };
    let order = random.bool().then(|| ledger::Order::parse(["order-1", "order-2"][random.usize(..2)]).expect("a text"));
    let print = ConfirmPrint::new(
        order.as_ref().map(ledger::Order::as_str),
        lines.as_deref().map(canonical).as_deref(),
        Some(if_expired.as_str()),
    );
    Command::Confirm(Confirm { id, order, lines, if_expired, print })
}

fn fulfil(id: ReservationId, lines: Option<Wants>) -> Command {
    let print = FulfilPrint::new(lines.as_deref().map(canonical).as_deref());
    Command::Fulfil(Fulfil { id, lines, print })
}

fn print(reserve: &Reserve) -> ReservePrint {
    ReservePrint::new(
        reserve.customer.as_ref().map(ledger::Customer::as_str),
        reserve.channel.as_ref().map(ledger::Channel::as_str),
        reserve.sale.as_ref().map(ledger::SaleId::as_str),
        reserve.ttl.map(|ttl| ttl.0),
        reserve.mode.as_str(),
        &canonical(&reserve.wants),
    )
}

/// Bytes that are the same for the same lines only.
fn canonical(wants: &[Want]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 * wants.len());
    for want in wants {
        bytes.extend_from_slice(want.sku.as_str().as_bytes());
        bytes.push(b'@');
        bytes.extend_from_slice(want.location.as_ref().map_or("", Location::as_str).as_bytes());
        bytes.extend_from_slice(&want.quantity.units().to_le_bytes());
    }
    bytes
}
