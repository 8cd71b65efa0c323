//! A reservation as the ledger keeps it, in half of the memory: what the ledger itself looks for stands in fixed places,
//! names and what few reservations have in one piece of bytes. It reads back what it has written, and nothing else.

use crate::names::Kept as Name;
use crate::{ConfirmPrint, FulfilPrint, Line, Lines, Marks, Millis, Reservation, ReservationId, ReservePrint, State};
use smallvec::SmallVec;

/// What follows in the bytes, one bit each, in the order in which it does.
const CUSTOMER: u8 = 1;
const CHANNEL: u8 = 2;
const SALE: u8 = 4;
const ORDER: u8 = 8;
const PAYMENT_STARTED: u8 = 16;
const CONFIRMED_BY: u8 = 32;
const FULFILLED_BY: u8 = 64;
const REACQUIRED: u8 = 128;

/// A reservation that is kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) state: State,
    pub(super) expires: Millis,
    pub(super) changed: Millis,
    created: Millis,
    asked: ReservePrint,
    version: u32,
    /// Its id, what the flags say, and its lines.
    rest: Box<[u8]>,
}

impl Kept {
    /// Keeps what can be read back.
    pub(super) fn new(reservation: &Reservation) -> Self {
        let mut rest = Writer::default();
        write(&mut rest, reservation);
        let Reservation { state, expires, changed, created, asked, version, .. } = *reservation;
        Self { state, expires, changed, created, asked, version, rest: rest.0.as_slice().into() }
    }

    /// The id's text.
    pub(super) fn id(&self) -> &[u8] {
        Reader(&self.rest).bytes()
    }

    /// The id.
    pub(super) fn read_id(&self) -> ReservationId {
        Reader(&self.rest).name()
    }

    /// The reservation.
    pub(super) fn read(&self) -> Reservation {
        let mut rest = Reader(&self.rest);
        let id: ReservationId = rest.name();
        let flags = rest.byte();
        let has = |flag| flags & flag != 0;
        Reservation {
            id,
            customer: has(CUSTOMER).then(|| rest.name()),
            channel: has(CHANNEL).then(|| rest.name()),
            sale: has(SALE).then(|| rest.name()),
            order: has(ORDER).then(|| rest.name()),
            payment_started: has(PAYMENT_STARTED).then(|| Millis(rest.number())),
            confirmed_by: if has(CONFIRMED_BY) { ConfirmPrint(rest.hashes()) } else { ConfirmPrint::default() },
            fulfilled_by: if has(FULFILLED_BY) { FulfilPrint(rest.hashes()) } else { FulfilPrint::default() },
            reacquired: has(REACQUIRED),
            lines: rest.lines(),
            state: self.state,
            created: self.created,
            expires: self.expires,
            changed: self.changed,
            version: self.version,
            asked: self.asked,
        }
    }
}

fn write(rest: &mut Writer, reservation: &Reservation) {
    let Reservation { customer, channel, sale, order, payment_started, confirmed_by, fulfilled_by, .. } = reservation;
    rest.name(&reservation.id);
    let flags = [
        (CUSTOMER, customer.is_some()),
        (CHANNEL, channel.is_some()),
        (SALE, sale.is_some()),
        (ORDER, order.is_some()),
        (PAYMENT_STARTED, payment_started.is_some()),
        (CONFIRMED_BY, *confirmed_by != ConfirmPrint::default()),
        (FULFILLED_BY, *fulfilled_by != FulfilPrint::default()),
        (REACQUIRED, reservation.reacquired),
    ];
    let flags = flags.iter().filter(|(_, is_there)| *is_there).fold(0, |flags, (flag, _)| flags | flag);
    rest.0.push(flags);
    rest.maybe_name(customer.as_ref());
    rest.maybe_name(channel.as_ref());
    rest.maybe_name(sale.as_ref());
    rest.maybe_name(order.as_ref());
    if let Some(at) = payment_started {
        rest.number(at.0);
    }
    if flags & CONFIRMED_BY != 0 {
        rest.hashes(&confirmed_by.0);
    }
    if flags & FULFILLED_BY != 0 {
        rest.hashes(&fulfilled_by.0);
    }
    for line in &reservation.lines {
        rest.line(line);
    }
}

/// Nearly all fit where they are written first: what is kept is copied once, and has no room to spare.
#[derive(Default)]
struct Writer(SmallVec<[u8; 256]>);

impl Writer {
    /// Names have at most 255 bytes.
    fn name(&mut self, name: &impl Name) {
        let bytes = name.text().as_bytes();
        self.0.push(bytes.len() as u8);
        self.0.extend_from_slice(bytes);
    }

    fn maybe_name(&mut self, name: Option<&impl Name>) {
        if let Some(name) = name {
            self.name(name);
        }
    }

    /// Seven bits a byte, the lowest first; the last has its highest bit unset.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn hashes(&mut self, hashes: &[u32]) {
        for hash in hashes {
            self.0.extend_from_slice(&hash.to_le_bytes());
        }
    }

    fn line(&mut self, line: &Line) {
        self.name(&line.sku);
        self.name(&line.location);
        self.0.push(line.marks.bits());
        for number in [u32::from(line.line), line.quantity, line.fulfilled, line.requested] {
            self.number(u64::from(number));
        }
    }
}

const WRITTEN: &str = "only what was written here is read";

/// What is left to be read.
struct Reader<'k>(&'k [u8]);

impl<'k> Reader<'k> {
    fn take(&mut self, count: usize) -> &'k [u8] {
        let (taken, left) = self.0.split_at(count);
        self.0 = left;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn bytes(&mut self) -> &'k [u8] {
        let count = self.byte();
        self.take(usize::from(count))
    }

    fn name<N: Name>(&mut self) -> N {
        N::from_kept(str::from_utf8(self.bytes()).expect(WRITTEN))
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    fn units(&mut self) -> u32 {
        u32::try_from(self.number()).expect(WRITTEN)
    }

    fn hashes<const N: usize>(&mut self) -> [u32; N] {
        std::array::from_fn(|_| u32::from_le_bytes(self.take(4).try_into().expect("four bytes are four bytes")))
    }

    fn lines(&mut self) -> Lines {
        let mut lines = Lines::new();
        while !self.0.is_empty() {
            lines.push(self.line());
        }
        lines
    }

    fn line(&mut self) -> Line {
        Line {
            sku: self.name(),
            location: self.name(),
            marks: Marks::from_bits(self.byte()).expect(WRITTEN),
            line: u16::try_from(self.number()).expect(WRITTEN),
            quantity: self.units(),
            fulfilled: self.units(),
            requested: self.units(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Customer, Location, Order, SaleId, Sku};
    use proptest::prelude::*;

    fn identifier() -> impl Strategy<Value = String> {
        "[A-Za-z0-9._:-]{1,64}"
    }

    fn line() -> impl Strategy<Value = Line> {
        let numbers = (any::<u16>(), any::<u32>(), any::<u32>(), any::<u32>(), 0..64_u8);
        (identifier(), identifier(), numbers).prop_map(
            |(sku, location, (line, quantity, fulfilled, requested, marks))| Line {
                line,
                sku: Sku::parse(&sku).expect("an identifier"),
                location: Location::parse(&location).expect("an identifier"),
                quantity,
                fulfilled,
                requested,
                marks: Marks::from_bits(marks).expect("all six bits mean something"),
            },
        )
    }

    fn reservation() -> impl Strategy<Value = Reservation> {
        let state = prop_oneof![
            Just(State::Held),
            Just(State::Confirmed),
            Just(State::Released),
            Just(State::Expired),
            Just(State::Fulfilled),
            Just(State::Cancelled)
        ];
        let maybe = || proptest::option::of(identifier());
        let names = (identifier(), maybe(), maybe(), maybe(), proptest::option::of("\\PC{1,60}"));
        let times = (any::<u64>(), any::<u64>(), any::<u64>(), proptest::option::of(any::<u64>()));
        let hash = || prop_oneof![Just(0), any::<u32>()];
        let prints = (any::<[u32; 6]>(), [hash(), hash(), hash()], hash());
        let rest = (state, any::<u32>(), any::<bool>(), proptest::collection::vec(line(), 1..6));
        (names, times, prints, rest).prop_map(|(names, times, prints, (state, version, reacquired, lines))| {
            Reservation {
                id: ReservationId::parse(&names.0).expect("an identifier"),
                customer: names.1.map(|name| Customer::parse(&name).expect("an identifier")),
                channel: names.2.map(|name| Channel::parse(&name).expect("an identifier")),
                sale: names.3.map(|name| SaleId::parse(&name).expect("an identifier")),
                order: names.4.map(|name| Order::parse(&name).expect("at most 240 bytes, and no control character")),
                state,
                created: Millis(times.0),
                expires: Millis(times.1),
                changed: Millis(times.2),
                payment_started: times.3.map(Millis),
                version,
                reacquired,
                lines: lines.into(),
                asked: ReservePrint(prints.0),
                confirmed_by: ConfirmPrint(prints.1),
                fulfilled_by: FulfilPrint([prints.2]),
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_back(reservation in reservation()) {
            let kept = Kept::new(&reservation);
            prop_assert_eq!(kept.id(), reservation.id.as_str().as_bytes());
            prop_assert_eq!(kept.read(), reservation);
        }
    }

    #[test]
    fn one_line_and_short_names_take_little() {
        let reservation = Reservation {
            id: ReservationId::parse("r-00000000000001").expect("an identifier"),
            customer: Some(Customer::parse("c-00000000000001").expect("an identifier")),
            channel: None,
            sale: None,
            order: None,
            state: State::Held,
            created: Millis(1),
            expires: Millis(2),
            changed: Millis(1),
            payment_started: None,
            version: 1,
            reacquired: false,
            lines: [Line {
                line: 0,
                sku: Sku::parse("SKU-00000001").expect("an identifier"),
                location: Location::default_location(),
                quantity: 1,
                fulfilled: 0,
                requested: 0,
                marks: Marks::default(),
            }]
            .into(),
            asked: ReservePrint::default(),
            confirmed_by: ConfirmPrint::default(),
            fulfilled_by: FulfilPrint::default(),
        };
        let kept = Kept::new(&reservation);
        assert!(size_of::<Kept>() <= 72 && kept.rest.len() <= 64, "{} and {}", size_of::<Kept>(), kept.rest.len());
    }
}
