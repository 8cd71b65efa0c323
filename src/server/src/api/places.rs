//! Places in lists as the texts that clients go on after. They say where, and not in which list: one
//! that was given out for other filters is as good. They know no partition and no epoch.

use ledger::{Location, Millis, ReservationId};
use store::{HistoryPlace, Lsn, Place};

use super::opaque;

/// Kinds of places; 1 is the cursor of events. Another layout gets another number.
const OF_RESERVATIONS: u8 = 2;
const OF_HISTORY: u8 = 3;

/// The longest place: its kind, two numbers and a name.
const BYTES: usize = 1 + 8 + 8 + ledger::MAX_IDENTIFIER_BYTES;

/// The length of the longest place's text.
pub const CHARACTERS: usize = opaque::characters(BYTES);

/// A place among reservations.
pub fn of_reservations(place: &Place) -> String {
    seal(OF_RESERVATIONS, &[place.created.0], place.id.as_str())
}

/// The place among reservations that a text is.
pub fn reservations(text: &str) -> Option<Place> {
    let ([created], id) = open(OF_RESERVATIONS, text)?;
    Some(Place { created: Millis(created), id: ReservationId::parse(&id).ok()? })
}

/// A place in a SKU's history.
pub fn of_history(place: &HistoryPlace) -> String {
    seal(OF_HISTORY, &[place.at.0, place.lsn.0], place.location.as_str())
}

/// The place in a SKU's history that a text is.
pub fn history(text: &str) -> Option<HistoryPlace> {
    let ([at, lsn], location) = open(OF_HISTORY, text)?;
    Some(HistoryPlace { at: Millis(at), lsn: Lsn(lsn), location: Location::parse(&location).ok()? })
}

fn seal(kind: u8, numbers: &[u64], name: &str) -> String {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.push(kind);
    for number in numbers {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(name.as_bytes());
    opaque::seal(bytes)
}

fn open<const N: usize>(kind: u8, text: &str) -> Option<([u64; N], String)> {
    let bytes = opaque::open(text, BYTES)?;
    let (found, mut rest) = bytes.split_first()?;
    if *found != kind {
        return None;
    }
    let mut numbers = [0; N];
    for number in &mut numbers {
        let (first, others) = rest.split_first_chunk()?;
        *number = u64::from_be_bytes(*first);
        rest = others;
    }
    Some((numbers, String::from_utf8(rest.to_vec()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{CHARACTERS, history, of_history, of_reservations, reservations};
    use crate::api::opaque;
    use ledger::{Location, Millis, ReservationId};
    use store::{HistoryPlace, Lsn, Place};

    #[test]
    fn a_place_comes_back_from_its_text_and_from_no_other() {
        for name in ["r", "0-zmqTzTBbRCTxiW5VbY14EA", &"x".repeat(64)] {
            let place = Place { created: Millis(1 << 41), id: ReservationId::parse(name).expect("an id") };
            let text = of_reservations(&place);
            assert!(text.len() <= CHARACTERS);
            assert_eq!((reservations(&text), history(&text)), (Some(place), None));
            let location = Location::parse(name).expect("a location");
            let place = HistoryPlace { at: Millis(7), lsn: Lsn(u64::MAX), location };
            let text = of_history(&place);
            assert!(text.len() <= CHARACTERS);
            assert_eq!((history(&text), reservations(&text)), (Some(place), None));
        }
    }

    #[test]
    fn what_is_no_place_is_refused_though_its_checksum_is_right() {
        for bytes in [&b""[..], b"\x02", b"\x021234567", b"\x0212345678", b"\x0212345678a b", b"\x0212345678\xff"] {
            assert_eq!(reservations(&opaque::seal(bytes.to_vec())), None, "{bytes:?}");
        }
    }
}
