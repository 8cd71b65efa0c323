//! Places in lists as the texts that clients go on after. They say where, and not in which list: one
//! that was given out for other filters is as good. They know no partition.

use ledger::{Location, Millis};
use store::{HistoryPlace, Lsn};

use super::opaque;

/// Kinds of places; 1 is the cursor of events. Another layout gets another number: 2 was a place among
/// reservations by time and name.
const OF_HISTORY: u8 = 3;
const OF_RESERVATION: u8 = 4;

/// The longest place: its kind, two numbers and a name.
const BYTES: usize = 1 + 8 + 8 + ledger::MAX_IDENTIFIER_BYTES;

/// The length of the longest place's text.
pub const CHARACTERS: usize = opaque::characters(BYTES);

/// The place of a reservation among all, by the record that made it; in another epoch that number may
/// be another record's.
pub fn of_reservation(made: Lsn, epoch: u32) -> String {
    seal(OF_RESERVATION, &[u64::from(epoch), made.0], "")
}

/// The record whose place among reservations a text is, if it was given out in this epoch.
pub fn reservation(text: &str, epoch: u32) -> Option<Lsn> {
    let ([found, made], name) = open(OF_RESERVATION, text)?;
    (found == u64::from(epoch) && name.is_empty()).then_some(Lsn(made))
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
    use super::{CHARACTERS, history, of_history, of_reservation, reservation};
    use crate::api::opaque;
    use ledger::{Location, Millis};
    use store::{HistoryPlace, Lsn};

    #[test]
    fn a_place_comes_back_from_its_text_and_from_no_other() {
        for name in ["r", "0-zmqTzTBbRCTxiW5VbY14EA", &"x".repeat(64)] {
            let location = Location::parse(name).expect("a location");
            let place = HistoryPlace { at: Millis(7), lsn: Lsn(u64::MAX), location };
            let text = of_history(&place);
            assert!(text.len() <= CHARACTERS);
            assert_eq!((history(&text), reservation(&text, 0)), (Some(place), None));
        }
        for (made, epoch) in [(1, 0), (1 << 41, 3), (u64::MAX, u32::MAX)] {
            let text = of_reservation(Lsn(made), epoch);
            assert!(text.len() <= CHARACTERS);
            assert_eq!((reservation(&text, epoch), history(&text)), (Some(Lsn(made)), None));
            assert_eq!(reservation(&text, epoch ^ 1), None, "of what was before a restore, or after it");
        }
    }

    #[test]
    fn what_is_no_place_is_refused_though_its_checksum_is_right() {
        let numbers = [0; 16];
        for (kind, name) in [(0, &b""[..]), (2, b""), (4, b"a"), (4, b"\xff"), (3, b"a b"), (3, b"\xff"), (3, b"")] {
            let text = opaque::seal([&[kind], &numbers[..], name].concat());
            assert_eq!((reservation(&text, 0), history(&text)), (None, None), "{kind} {name:?}");
        }
        for kind in [3, 4] {
            for length in 0..numbers.len() {
                let text = opaque::seal([&[kind], &numbers[..length]].concat());
                assert_eq!((reservation(&text, 0), history(&text)), (None, None), "{kind}, {length} bytes");
            }
        }
    }
}
