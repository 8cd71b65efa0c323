//! A random day: commands on few names, so that they meet; small spans of time, so that deadlines
//! are hit to the millisecond; now and then the largest figures.

use crate::asks;
use ledger::{Adjust, Command, MAX_QUANTITY, Millis, OnHand, Quantity, Reserve, ReservePrint, SetStock, Want};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// When every random day begins.
pub const MORNING: Millis = Millis(1_000_000);

const DAY_MS: u64 = 86_400_000;
const SKUS: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
const LOCATIONS: [&str; 3] = ["east", "west", "north"];
const RESERVATIONS: u32 = 150;
const EXTREME_DELTAS: [i64; 4] = [i64::MAX, i64::MIN, MAX_QUANTITY as i64, -(MAX_QUANTITY as i64)];

#[derive(Debug, Clone)]
pub enum Step {
    /// Something is asked.
    Ask(Command),
    /// What was asked so many commands ago is asked again.
    Again(usize),
    /// Time goes by.
    Pass(Millis),
    /// What is due is expired.
    Sweep,
    /// What ended longer ago than the span, or is too much, is forgotten.
    Forget(Millis, usize),
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        32 => reserve().prop_map(Step::Ask),
        12 => confirm().prop_map(Step::Ask),
        10 => name().prop_map(|name| Step::Ask(asks::release(&name))),
        8 => (name(), 1..120_u64).prop_map(|(name, ttl)| Step::Ask(asks::extend(&name, ttl))),
        4 => name().prop_map(|name| Step::Ask(asks::expire(&name))),
        12 => set_stock().prop_map(Step::Ask),
        8 => adjust().prop_map(Step::Ask),
        8 => (1..24_usize).prop_map(Step::Again),
        7 => span().prop_map(Step::Pass),
        2 => Just(Step::Sweep),
        1 => (0..600_u64, 0..150_usize).prop_map(|(span, most)| Step::Forget(Millis(span), most)),
    ]
}

fn span() -> impl Strategy<Value = Millis> {
    prop_oneof![20 => 0..5_u64, 1 => 0..80_u64].prop_map(Millis)
}

fn name() -> impl Strategy<Value = String> {
    (0..RESERVATIONS).prop_map(|number| format!("r{number}"))
}

fn reserve() -> impl Strategy<Value = Command> {
    let wants = prop_oneof![
        4 => prop::collection::vec(want(), 1..2),
        2 => prop::collection::vec(want(), 2..6),
    ];
    let who = (option::weighted(0.2, 0..4_u8), option::weighted(0.2, 0..2_u8), option::weighted(0.02, Just("drop")));
    let ttl = option::weighted(0.5, 1..60_u64);
    (name(), who, ttl, wants).prop_map(|(name, (customer, channel, sale), ttl, wants)| {
        let parse = "generated names are valid";
        asks::asked(Reserve {
            id: asks::id(&name),
            customer: customer.map(|number| ledger::Customer::parse(&format!("c{number}")).expect(parse)),
            channel: channel.map(|number| ledger::Channel::parse(&format!("web{number}")).expect(parse)),
            sale: sale.map(|sale| ledger::SaleId::parse(sale).expect(parse)),
            ttl: ttl.map(Millis),
            wants: wants.into(),
            print: ReservePrint::default(),
        })
    })
}

fn want() -> impl Strategy<Value = Want> {
    let sku = prop_oneof![60 => select(&SKUS[..]), 1 => Just("never")];
    let location = option::weighted(0.4, prop_oneof![40 => select(&LOCATIONS[..]), 1 => Just("nowhere")]);
    let units = prop_oneof![60 => 1..9_u64, 8 => 9..60_u64, 1 => Just(u64::from(MAX_QUANTITY))];
    (sku, location, units).prop_map(|(sku, location, units)| Want {
        sku: asks::sku(sku),
        location: location.map(asks::location),
        quantity: Quantity::new(units).expect("generated between 1 and the most"),
    })
}

fn confirm() -> impl Strategy<Value = Command> {
    (name(), option::of(select(&["o1", "o2"][..]))).prop_map(|(name, order)| asks::confirm(&name, order))
}

fn set_stock() -> impl Strategy<Value = Command> {
    let figure = |most: u32| option::weighted(0.2, prop_oneof![30 => 0..most, 1 => Just(MAX_QUANTITY)]);
    let source = prop_oneof![20 => 0..2_000_u64, 1 => (MORNING.0 + DAY_MS)..(MORNING.0 + DAY_MS + 20_000)];
    let place = (select(&SKUS[..]), select(&LOCATIONS[..]));
    let guards = (option::weighted(0.2, 0..12_u64), option::weighted(0.2, source));
    (place, on_hand(), figure(6), figure(6), figure(20), guards).prop_map(
        |((sku, location), on_hand, safety_stock, unavailable, backorder_limit, (if_version, source))| {
            Command::SetStock(SetStock {
                sku: asks::sku(sku),
                location: asks::location(location),
                on_hand,
                safety_stock,
                unavailable,
                backorder_limit,
                if_version,
                source_ts: source.map(Millis),
            })
        },
    )
}

fn on_hand() -> impl Strategy<Value = OnHand> {
    prop_oneof![
        30 => (0..60_u32).prop_map(OnHand::Exactly),
        20 => (0..40_u32).prop_map(OnHand::BeyondPromised),
        1 => Just(OnHand::Exactly(MAX_QUANTITY)),
        1 => Just(OnHand::BeyondPromised(MAX_QUANTITY)),
    ]
}

fn adjust() -> impl Strategy<Value = Command> {
    let delta = prop_oneof![
        20 => select(&[-3, 5][..]),
        10 => 1..30_i64,
        10 => -30..0_i64,
        1 => select(&EXTREME_DELTAS[..]),
    ];
    let sku = prop_oneof![40 => select(&SKUS[..]), 1 => Just("never")];
    let place = (sku, select(&LOCATIONS[..]));
    let words = || option::weighted(0.3, select(&["damaged", "found"][..]));
    let key = option::weighted(0.4, select(&["k1", "k2", "k3"][..]));
    (place, delta, words(), words(), key).prop_map(|((sku, location), delta, reason, reference, key)| {
        Command::Adjust(Adjust {
            sku: asks::sku(sku),
            location: asks::location(location),
            delta,
            reason: reason.map(asks::text),
            reference: reference.map(asks::text),
            key: key.map(asks::text),
        })
    })
}
