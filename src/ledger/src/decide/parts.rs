//! Which part of a reservation's lines a verb is about.

use crate::{Line, Refusal, Want};
use smallvec::SmallVec;

/// Units of each line of a reservation, in the order of its lines.
pub(super) type Units = SmallVec<[u32; 4]>;

/// The units asked for, all that `left` says there are when nothing is named. A part without a
/// location is taken from the lines of its SKU in their order. Asking for more than is left, or for
/// what the reservation does not have, is refused.
pub(super) fn of(lines: &[Line], asked: Option<&[Want]>, left: impl Fn(&Line) -> u32) -> Result<Units, Refusal> {
    let Some(asked) = asked else { return Ok(lines.iter().map(left).collect()) };
    let mut taken = Units::from_elem(0, lines.len());
    // Parts with a location first, since they have no choice.
    let located = asked.iter().enumerate().filter(|(_, want)| want.location.is_some());
    let anywhere = asked.iter().enumerate().filter(|(_, want)| want.location.is_none());
    for (index, want) in located.chain(anywhere) {
        let mut missing = want.quantity.units();
        for (line, taken) in lines.iter().zip(&mut taken) {
            let serves = line.sku == want.sku && want.location.as_ref().is_none_or(|named| *named == line.location);
            if serves {
                let units = missing.min(left(line) - *taken);
                *taken += units;
                missing -= units;
            }
        }
        if missing > 0 {
            let pointer = format!("/lines/{index}/quantity");
            return Err(Refusal::invalid(pointer, "is more than the reservation has left of it"));
        }
    }
    Ok(taken)
}
