//! Random days: commands on few names, so that they meet; small spans of time, so that deadlines,
//! windows and drops are hit to the millisecond; small limits, so that they are reached, lowered and
//! removed while in use; now and then the largest figures.

mod settings;

use crate::asks;
use crate::dice::Dice;
use ledger::{
    Adjust, Command, Confirm, IfExpired, MAX_QUANTITY, Millis, Mode, OnHand, Quantity, ReservationId, Reserve,
    ReservePrint, SetStock, Want, Wants,
};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

/// The instant from which the instants in a step's command are told: they stand for as much before
/// or after the moment at which the step is taken. Every random day begins here.
pub const NOON: Millis = Millis(1_000_000_000);

const DAY_MS: u64 = 86_400_000;
const SKUS: [&str; 4] = ["A", "B", "C", "D"];
const LOCATIONS: [&str; 3] = ["east", "west", "north"];
const CUSTOMERS: [&str; 3] = ["c1", "c2", "c3"];
const CHANNELS: [&str; 2] = ["web", "app"];
const SALES: [&str; 4] = ["dawn", "noon", "dusk", "night"];
const RESERVATIONS: u32 = 36;
const EXTREME_DELTAS: [i64; 4] = [i64::MAX, i64::MIN, MAX_QUANTITY as i64, -(MAX_QUANTITY as i64)];

/// Something that happens on a random day.
#[derive(Debug, Clone)]
pub enum Step {
    /// Something is asked; its instants count from [`NOON`].
    Ask(Command),
    /// Something is reserved under the first name that nobody has.
    Reserve(Reserve),
    /// What was asked so many commands ago is asked again.
    Again(usize),
    /// Time goes by.
    Pass(Millis),
    /// What is due is expired.
    Sweep,
    /// What time has made due for sales is done.
    Turn,
    /// What ended longer ago than the span, or is too much, is forgotten.
    Forget(Millis, usize),
}

/// The steps of a seed, without end: the same everywhere and always.
pub fn seeded(seed: u64) -> impl Iterator<Item = Step> {
    let mut thrown = fastrand::Rng::with_seed(seed);
    let mut dice = Dice(std::iter::from_fn(move || Some(thrown.u16(..))));
    std::iter::from_fn(move || Some(step(&mut dice)))
}

/// Up to `most` steps, which shrink to fewer and plainer ones.
pub fn random(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let thrown = || vec(any::<u16>(), 48).prop_map(|thrown| step(&mut Dice(thrown.into_iter())));
    vec(thrown(), 1..most)
}

fn step(dice: &mut Dice<impl Iterator<Item = u16>>) -> Step {
    let weights = [34, 12, 6, 5, 3, 4, 8, 3, 11, 7, 4, 1, 3, 1, 8, 8, 2, 2, 2];
    let command = match dice.weighted(&weights) {
        0 if dice.chance(15) => asks::asked(reserve(dice)),
        0 => return Step::Reserve(reserve(dice)),
        1 => confirm(dice),
        2 => asks::release(&name(dice)),
        3 => asks::extend(&name(dice), u64::from(dice.between(1, 120))),
        4 => asks::payment_started(&name(dice), dice.maybe(70, |dice| u64::from(dice.between(1, 80)))),
        5 => asks::cancel(&name(dice)),
        6 => fulfil(dice),
        7 => asks::expire(&name(dice)),
        8 => Command::SetStock(set_stock(dice)),
        9 => adjust(dice),
        10 => Command::SetSku(asks::sku(dice.pick(&SKUS)), settings::of_sku(dice)),
        11 => Command::DeleteSku(asks::sku(sku(dice))),
        12 => Command::SetSale(asks::sale(dice.pick(&SALES)), settings::of_sale(dice)),
        13 => Command::TurnSale(asks::sale(sale(dice))),
        14 => return Step::Again(dice.between(1, 24) as usize),
        15 => return Step::Pass(span(dice)),
        16 => return Step::Sweep,
        17 => return Step::Turn,
        _ => return Step::Forget(Millis(u64::from(dice.below(300))), dice.below(12) as usize),
    };
    Step::Ask(command)
}

fn span(dice: &mut Dice<impl Iterator<Item = u16>>) -> Millis {
    Millis(u64::from(if dice.chance(5) { dice.below(80) } else { dice.below(5) }))
}

/// The first names are taken most of the time.
fn name(dice: &mut Dice<impl Iterator<Item = u16>>) -> String {
    let most = dice.between(1, RESERVATIONS);
    format!("r{}", dice.below(most))
}

/// Every name of a reservation, the first first.
pub fn names() -> impl Iterator<Item = ReservationId> {
    (0..RESERVATIONS).map(|number| asks::id(&format!("r{number}")))
}

/// A SKU; seldom one that was never there.
fn sku(dice: &mut Dice<impl Iterator<Item = u16>>) -> &'static str {
    let known = dice.pick(&SKUS);
    if dice.chance(1) { "never" } else { known }
}

/// A sale; seldom one that was never there.
fn sale(dice: &mut Dice<impl Iterator<Item = u16>>) -> &'static str {
    let known = dice.pick(&SALES);
    if dice.chance(2) { "never" } else { known }
}

fn location(dice: &mut Dice<impl Iterator<Item = u16>>) -> &'static str {
    let known = dice.pick(&LOCATIONS);
    if dice.chance(2) { "nowhere" } else { known }
}

fn reserve(dice: &mut Dice<impl Iterator<Item = u16>>) -> Reserve {
    Reserve {
        id: asks::id(&name(dice)),
        customer: dice.maybe(75, |dice| asks::customer(dice.pick(&CUSTOMERS))),
        channel: dice.maybe(50, |dice| asks::channel(dice.pick(&CHANNELS))),
        sale: dice.maybe(50, |dice| asks::sale(sale(dice))),
        ttl: dice.maybe(40, |dice| Millis(u64::from(dice.between(1, 120)))),
        mode: if dice.chance(35) { Mode::BestEffort } else { Mode::AllOrNothing },
        wants: wants(dice, 30),
        print: ReservePrint::default(),
    }
}

/// Usually one, so often in a hundred up to five.
fn wants(dice: &mut Dice<impl Iterator<Item = u16>>, several: u32) -> Wants {
    let count = if dice.chance(several) { dice.between(2, 5) } else { 1 };
    (0..count).map(|_| want(dice)).collect()
}

fn want(dice: &mut Dice<impl Iterator<Item = u16>>) -> Want {
    let sku = asks::sku(sku(dice));
    let location = dice.maybe(40, |dice| asks::location(location(dice)));
    let units = match dice.weighted(&[60, 8, 1]) {
        0 => dice.between(1, 4),
        1 => dice.between(5, 30),
        _ => MAX_QUANTITY,
    };
    Want { sku, location, quantity: quantity(units) }
}

fn quantity(units: u32) -> Quantity {
    Quantity::new(u64::from(units)).expect("thrown between 1 and the most")
}

/// A part of a reservation: of few units, so that it is often a true part.
fn part(dice: &mut Dice<impl Iterator<Item = u16>>) -> Want {
    let sku = asks::sku(sku(dice));
    Want {
        sku,
        location: dice.maybe(25, |dice| asks::location(dice.pick(&LOCATIONS))),
        quantity: quantity(dice.between(1, 2)),
    }
}

fn parts(dice: &mut Dice<impl Iterator<Item = u16>>) -> Wants {
    let count = if dice.chance(25) { dice.between(2, 3) } else { 1 };
    (0..count).map(|_| part(dice)).collect()
}

fn confirm(dice: &mut Dice<impl Iterator<Item = u16>>) -> Command {
    asks::confirming(Confirm {
        order: dice.maybe(30, |dice| asks::order(dice.pick(&["o1", "o2"]))),
        lines: dice.maybe(30, parts),
        if_expired: if dice.chance(40) { IfExpired::Reacquire } else { IfExpired::Refuse },
        ..asks::whole(&name(dice))
    })
}

fn fulfil(dice: &mut Dice<impl Iterator<Item = u16>>) -> Command {
    asks::fulfilling(&name(dice), dice.maybe(50, parts))
}

fn set_stock(dice: &mut Dice<impl Iterator<Item = u16>>) -> SetStock {
    let figure =
        |dice: &mut Dice<_>, most| dice.maybe(20, |dice| if dice.chance(2) { MAX_QUANTITY } else { dice.below(most) });
    SetStock {
        sku: asks::sku(dice.pick(&SKUS)),
        location: asks::location(dice.pick(&LOCATIONS)),
        on_hand: match dice.weighted(&[30, 20, 1, 1]) {
            0 => OnHand::Exactly(dice.below(40)),
            1 => OnHand::BeyondPromised(dice.below(25)),
            2 => OnHand::Exactly(MAX_QUANTITY),
            _ => OnHand::BeyondPromised(MAX_QUANTITY),
        },
        safety_stock: figure(dice, 6),
        unavailable: figure(dice, 6),
        backorder_limit: figure(dice, 20),
        if_version: dice.maybe(20, |dice| u64::from(dice.below(12))),
        source_ts: dice.maybe(20, source_ts),
    }
}

/// Around now; now and then around a day ahead, to the millisecond.
fn source_ts(dice: &mut Dice<impl Iterator<Item = u16>>) -> Millis {
    if dice.chance(10) { Millis(NOON.0 + DAY_MS + u64::from(dice.below(3))) } else { around(dice, 50) }
}

/// Up to so many milliseconds before or after now.
fn around(dice: &mut Dice<impl Iterator<Item = u16>>, most: u32) -> Millis {
    Millis(NOON.0 + u64::from(dice.below(2 * most + 1)) - u64::from(most))
}

fn adjust(dice: &mut Dice<impl Iterator<Item = u16>>) -> Command {
    let delta = match dice.weighted(&[20, 10, 10, 1]) {
        0 => dice.pick(&[5, -3]),
        1 => i64::from(dice.between(1, 20)),
        2 => -i64::from(dice.between(1, 20)),
        _ => dice.pick(&EXTREME_DELTAS),
    };
    let words = |dice: &mut Dice<_>| dice.maybe(30, |dice| asks::text(dice.pick(&["damaged", "found"])));
    Command::Adjust(Adjust {
        sku: asks::sku(sku(dice)),
        location: asks::location(dice.pick(&LOCATIONS)),
        delta,
        reason: words(dice),
        reference: words(dice),
        key: dice.maybe(40, |dice| asks::text(dice.pick(&["k1", "k2", "k3"]))),
    })
}
