//! The bytes of records: what goes in comes out, what was written once stays readable for ever, and
//! no bytes whatever bring the reader down.

use crate::asks::text;
use crate::events::{every_kind, every_kind_of_1};
use engine::records::{RecordError, VERSION, decode, encode};
use ledger::{
    Adjustment, Channel, ConfirmPrint, Customer, Event, FulfilPrint, LimitAfter, LimitKey, Line, Location,
    MAX_QUANTITY, Marks, Millis, Order, Reservation, ReservationId, ReservePrint, SaleId, Sku, State, StockAfter,
    StockRow, Taken, UNLIMITED,
};
use proptest::option;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn bytes_of(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(event, &mut bytes);
    bytes
}

#[test]
fn every_kind_comes_back_as_it_was() {
    for event in every_kind() {
        assert_eq!(decode(&bytes_of(&event)), Ok(event));
    }
}

#[test]
fn a_record_is_appended_to_nothing_else() {
    // Memory that is used again must not change what is written.
    let mut scratch = vec![1, 2, 3];
    for event in every_kind() {
        scratch.clear();
        encode(&event, &mut scratch);
        assert_eq!(scratch, bytes_of(&event));
    }
}

fn golden(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    std::fs::read(path).expect("the golden files are in the repository")
}

/// Written by the first builds, one record after its length: read for ever, and never written again.
#[test]
fn the_golden_file_of_format_1_reads_as_it_did() {
    let golden = golden("records-v1.bin");
    let records: Vec<&[u8]> = wal::records(&golden).map(|record| record.expect("a whole record")).collect();
    let events = every_kind_of_1();
    assert_eq!(records.len(), events.len());
    for (record, event) in records.into_iter().zip(events) {
        assert_eq!(decode(record), Ok(event));
    }
}

#[test]
fn the_golden_file_of_format_2_reads_and_writes_as_it_did() {
    let golden = golden("records-v2.bin");
    let records: Vec<&[u8]> = wal::records(&golden).map(|record| record.expect("a whole record")).collect();
    let events = every_kind();
    assert_eq!(records.len(), events.len());
    for (record, event) in records.into_iter().zip(events) {
        assert_eq!(decode(record).as_ref(), Ok(&event));
        assert_eq!(bytes_of(&event), record, "{:?}", event.kind);
    }
}

#[test]
fn other_versions_are_refused_by_number() {
    let mut bytes = bytes_of(&every_kind()[0]);
    for found in (0..=u8::MAX).filter(|found| !(1..=VERSION).contains(found)) {
        bytes[0] = found;
        assert_eq!(decode(&bytes), Err(RecordError::Newer { found }));
    }
    assert_eq!(decode(&[]), Err(RecordError::Empty));
    assert!(matches!(decode(&[VERSION]), Err(RecordError::Malformed(_))));
}

#[test]
fn no_truncation_brings_the_reader_down() {
    let mut cut = 0;
    for event in every_kind() {
        let bytes = bytes_of(&event);
        for length in 0..bytes.len() {
            assert_ne!(decode(&bytes[..length]).as_ref(), Ok(&event), "{length} of {} bytes", bytes.len());
            cut += 1;
        }
    }
    println!("{cut} truncations");
}

#[test]
fn no_flipped_bit_brings_the_reader_down() {
    let (mut read, mut refused) = (0, 0);
    for event in every_kind() {
        let mut bytes = bytes_of(&event);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            match decode(&bytes) {
                Ok(other) => {
                    // What was read can be written: it is a whole event, if another one.
                    assert_eq!(decode(&bytes_of(&other)), Ok(other));
                    read += 1;
                }
                Err(_) => refused += 1,
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(decode(&bytes), Ok(event));
    }
    println!("{refused} flipped bits refused, {read} read as another event");
    assert!(read > 0 && refused > 0);
}

/// A record of one field out of its range.
fn refused_field(change: impl FnOnce(&mut Event)) -> RecordError {
    let mut event = every_kind()[1].clone();
    change(&mut event);
    decode(&bytes_of(&event)).expect_err("the field is out of range")
}

#[test]
fn figures_out_of_their_range_are_refused() {
    let reservation = |event: &mut Event, change: fn(&mut Reservation)| {
        change(Arc::make_mut(event.reservation.as_mut().expect("the event is about a reservation")));
    };
    let field = |field| RecordError::Field(field);
    assert_eq!(refused_field(|event| event.stock[0].row.on_hand = MAX_QUANTITY + 1), field("stock"));
    assert_eq!(refused_field(|event| event.stock[1].row.backorder_limit = MAX_QUANTITY + 1), field("stock"));
    assert_eq!(refused_field(|event| reservation(event, |r| r.lines.clear())), field("reservation.lines"));
    assert_eq!(
        refused_field(|event| reservation(event, |r| r.lines[0].quantity = 2 * MAX_QUANTITY + 1)),
        field("line.quantity")
    );
    assert_eq!(refused_field(|event| reservation(event, |r| r.lines[0].fulfilled = 3)), field("line.quantity"));
}

const NAME: &str = "[A-Za-z0-9._:-]{1,64}";

fn location() -> impl Strategy<Value = Location> {
    NAME.prop_map(|name| Location::parse(&name).expect("made of the alphabet"))
}

fn sku() -> impl Strategy<Value = Sku> {
    NAME.prop_map(|name| Sku::parse(&name).expect("made of the alphabet"))
}

fn line() -> impl Strategy<Value = Line> {
    let rest = (any::<u32>(), 0..64_u8);
    (any::<u16>(), sku(), location(), 0..=2 * MAX_QUANTITY, any::<prop::sample::Index>(), rest).prop_map(
        |(line, sku, location, quantity, part, (requested, marks))| {
            let fulfilled = part.index(quantity as usize + 1) as u32;
            let marks = Marks::from_bits(marks).expect("six marks");
            Line { line, sku, location, quantity, fulfilled, requested, marks }
        },
    )
}

fn reservation() -> impl Strategy<Value = Reservation> {
    let state = prop::sample::select(vec![
        State::Held,
        State::Confirmed,
        State::Released,
        State::Expired,
        State::Fulfilled,
        State::Cancelled,
    ]);
    let who = (option::of(NAME), option::of(NAME), option::of(NAME), option::of(NAME));
    let times = (any::<[u64; 3]>(), option::of(any::<u64>()), any::<bool>());
    let prints = (any::<[u32; 6]>(), any::<[u32; 3]>(), any::<u32>());
    let lines = prop::collection::vec(line(), 1..5);
    (NAME, who, state, times, any::<u32>(), lines, prints).prop_map(
        |(id, (customer, channel, sale, order), state, (times, payment, reacquired), version, lines, prints)| {
            let valid = "made of the alphabet";
            Reservation {
                id: ReservationId::parse(&id).expect(valid),
                customer: customer.map(|name| Customer::parse(&name).expect(valid)),
                channel: channel.map(|name| Channel::parse(&name).expect(valid)),
                sale: sale.map(|name| SaleId::parse(&name).expect(valid)),
                order: order.map(|name| Order::parse(&name).expect(valid)),
                state,
                created: Millis(times[0]),
                expires: Millis(times[1]),
                changed: Millis(times[2]),
                version,
                payment_started: payment.map(Millis),
                reacquired,
                lines: lines.into_iter().collect(),
                asked: ReservePrint(prints.0),
                confirmed_by: ConfirmPrint(prints.1),
                fulfilled_by: FulfilPrint([prints.2]),
            }
        },
    )
}

fn limit_after() -> impl Strategy<Value = LimitAfter> {
    let units = prop::array::uniform3(0..=UNLIMITED / 3);
    (0..5_u8, NAME, NAME, units).prop_map(|(kind, owner, whose, [held, allocated, fulfilled])| {
        let valid = "made of the alphabet";
        let sku = Sku::parse(&owner).expect(valid);
        let sale = SaleId::parse(&owner).expect(valid);
        let customer = Customer::parse(&whose).expect(valid);
        let channel = Channel::parse(&whose).expect(valid);
        let key = match kind {
            0 => LimitKey::SkuCustomer(sku, customer),
            1 => LimitKey::SkuChannel(sku, channel),
            2 => LimitKey::Sale(sale),
            3 => LimitKey::SaleCustomer(sale, customer),
            _ => LimitKey::SaleChannel(sale, channel),
        };
        LimitAfter { key, taken: Taken { held, allocated, fulfilled } }
    })
}

fn stock_after() -> impl Strategy<Value = StockAfter> {
    let own = prop::array::uniform4(0..=MAX_QUANTITY);
    (sku(), location(), own, any::<[u32; 2]>(), any::<u64>(), option::of(any::<u64>())).prop_map(
        |(sku, location, own, [held, allocated], version, source_ts)| {
            let [on_hand, safety_stock, unavailable, backorder_limit] = own;
            let source_ts = source_ts.map(Millis);
            let row = StockRow {
                location,
                on_hand,
                held,
                allocated,
                safety_stock,
                unavailable,
                backorder_limit,
                version,
                source_ts,
            };
            StockAfter { sku, row }
        },
    )
}

fn adjustment() -> impl Strategy<Value = Adjustment> {
    let texts = prop::array::uniform3(option::of("[ -~\u{e4}-\u{ff}]{1,100}"));
    (texts, sku(), location(), any::<i64>()).prop_map(|(texts, sku, location, delta)| {
        let [key, reason, reference] = texts.map(|given| given.map(|given| text(&given)));
        Adjustment { key, sku, location, delta, reason, reference }
    })
}

/// Settings and sales vary little: their events come from the golden ones.
fn event() -> impl Strategy<Value = Event> {
    let some = prop::sample::select(every_kind());
    let stock = prop::collection::vec(stock_after(), 0..5);
    let limits = prop::collection::vec(limit_after(), 0..5);
    (some, any::<u64>(), option::of(reservation()), option::of(adjustment()), stock, limits).prop_map(
        |(some, at, reservation, adjustment, stock, limits)| Event {
            at: Millis(at),
            reservation: reservation.map(Arc::new),
            adjustment: adjustment.map(Box::new),
            stock: stock.into_iter().collect(),
            limits,
            ..some
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_event_comes_back_as_it_was(event in event()) {
        prop_assert_eq!(decode(&bytes_of(&event)), Ok(event));
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Some(first) = bytes.first_mut() {
            *first = VERSION;
        }
        if let Ok(event) = decode(&bytes) {
            prop_assert_eq!(decode(&bytes_of(&event)), Ok(event));
        }
    }
}
