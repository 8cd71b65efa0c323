//! The numbers of rows by the names in them: many small tables in the place of a large one, since a table that grows is
//! written anew as a whole, while everybody waits. It keeps no names, and asks for them.

use crate::ReservationId;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::array;
use std::hash::BuildHasher;

/// With a million names each has four thousand, which take a quarter of a millisecond to write anew.
const TABLES: usize = 256;

/// Numbers by name.
#[derive(Debug)]
pub(super) struct ById {
    tables: Box<[HashTable<u32>; TABLES]>,
    hasher: DefaultHashBuilder,
}

impl Default for ById {
    fn default() -> Self {
        Self { tables: Box::new(array::from_fn(|_| HashTable::new())), hasher: DefaultHashBuilder::default() }
    }
}

impl ById {
    /// The number of a name; `name_of` tells names by their numbers, here and below.
    pub(super) fn find<'n>(&self, id: &ReservationId, name_of: impl Fn(u32) -> &'n ReservationId) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        self.tables[table_of(hash)].find(hash, |&number| name_of(number) == id).copied()
    }

    /// Puts a number whose name is not here.
    pub(super) fn insert<'n>(&mut self, id: &ReservationId, number: u32, name_of: impl Fn(u32) -> &'n ReservationId) {
        let (hash, hasher) = (self.hasher.hash_one(id), &self.hasher);
        self.tables[table_of(hash)].insert_unique(hash, number, |&number| hasher.hash_one(name_of(number)));
    }

    /// Takes a number away.
    pub(super) fn remove(&mut self, id: &ReservationId, number: u32) {
        let hash = self.hasher.hash_one(id);
        if let Ok(entry) = self.tables[table_of(hash)].find_entry(hash, |&known| known == number) {
            entry.remove();
        }
    }
}

/// By bits that a table does not go by: it takes the lowest and the highest.
fn table_of(hash: u64) -> usize {
    (hash >> 32) as usize % TABLES
}

#[cfg(test)]
mod tests {
    use super::{ById, TABLES};
    use crate::ReservationId;

    #[test]
    fn names_are_spread_over_all_tables_and_found_in_them() {
        let names: Vec<ReservationId> =
            (0..40_000).map(|number| ReservationId::parse(&format!("r-{number}")).expect("an id")).collect();
        let name_of = |number: u32| &names[number as usize];
        let mut by_id = ById::default();
        for (name, number) in names.iter().zip(0..) {
            assert_eq!(by_id.find(name, name_of), None);
            by_id.insert(name, number, name_of);
        }
        assert!(names.iter().zip(0..).all(|(name, number)| by_id.find(name, name_of) == Some(number)));
        // 156 in the mean, so that these are many deviations off.
        assert!(by_id.tables.iter().all(|table| (60..300).contains(&table.len())), "{TABLES} tables");
        by_id.remove(&names[7], 7);
        assert_eq!((by_id.find(&names[7], name_of), by_id.find(&names[8], name_of)), (None, Some(8)));
    }
}
