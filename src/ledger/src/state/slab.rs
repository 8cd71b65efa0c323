//! Rows by number, in pieces that never move: a row more never copies those that are there, however many they are. It
//! knows nothing of what a row is.

use std::ops::{Index, IndexMut};

/// Rows of one piece.
const PIECE: usize = 1024;

/// Where no free slot is next.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
enum Slot<T> {
    Used(T),
    /// And the number of the next free one.
    Free(u32),
}

/// Rows, each under the number that its insertion gave it.
#[derive(Debug)]
pub(super) struct Slab<T> {
    pieces: Vec<Vec<Slot<T>>>,
    free: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), free: NONE }
    }
}

impl<T> Slab<T> {
    /// Puts a row where one was removed last, or else behind all others. There are fewer than 2^32.
    pub(super) fn insert(&mut self, row: T) -> u32 {
        let number = self.free;
        if number == NONE {
            return self.push(row);
        }
        let slot = self.slot_mut(number);
        let Slot::Free(next) = std::mem::replace(slot, Slot::Used(row)) else {
            unreachable!("what stands in the list of free slots is free")
        };
        self.free = next;
        number
    }

    /// Takes a row away that is there.
    pub(super) fn remove(&mut self, number: u32) -> T {
        let slot = Slot::Free(self.free);
        let Slot::Used(row) = std::mem::replace(self.slot_mut(number), slot) else { unreachable!("{VACANT}") };
        self.free = number;
        row
    }

    /// All rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten().filter_map(|slot| match slot {
            Slot::Used(row) => Some(row),
            Slot::Free(_) => None,
        })
    }

    fn push(&mut self, row: T) -> u32 {
        if self.pieces.last().is_none_or(|last| last.len() == PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let last = &mut self.pieces[before / PIECE];
        last.push(Slot::Used(row));
        (before + last.len() - 1) as u32
    }

    fn slot_mut(&mut self, number: u32) -> &mut Slot<T> {
        let number = number as usize;
        &mut self.pieces[number / PIECE][number % PIECE]
    }
}

const VACANT: &str = "whoever knows a row's number removes it once, and forgets the number";

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        let number = number as usize;
        match &self.pieces[number / PIECE][number % PIECE] {
            Slot::Used(row) => row,
            Slot::Free(_) => unreachable!("{VACANT}"),
        }
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        match self.slot_mut(number) {
            Slot::Used(row) => row,
            Slot::Free(_) => unreachable!("{VACANT}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Slab};

    #[test]
    fn a_row_is_found_under_its_number_until_it_is_removed() {
        let mut slab = Slab::default();
        let numbers: Vec<u32> = (0..3 * PIECE as u32).map(|row| slab.insert(row)).collect();
        assert!(numbers.iter().zip(0..).all(|(number, row)| slab[*number] == row));
        assert_eq!((slab.remove(numbers[5]), slab.remove(numbers[PIECE])), (5, PIECE as u32));
        assert_eq!(slab.iter().count(), 3 * PIECE - 2);
        assert_eq!([slab.insert(1), slab.insert(2)], [numbers[PIECE], numbers[5]], "room is used again");
        assert_eq!(slab.insert(3) as usize, 3 * PIECE);
        slab[numbers[5]] = 9;
        assert_eq!((slab[numbers[5]], slab[numbers[PIECE]], slab.iter().count()), (9, 1, 3 * PIECE + 1));
    }

    #[test]
    fn no_row_ever_moves() {
        let mut slab = Slab::default();
        let first = slab.insert(0);
        let place = std::ptr::from_ref(&slab[first]);
        for row in 0..100 * PIECE {
            slab.insert(row);
        }
        assert_eq!(place, std::ptr::from_ref(&slab[first]));
    }
}
