//! The numbers of rows by the names in them: many small tables in the place of a large one, since a table that grows is
//! written anew as a whole, while everybody waits. It keeps no names, and asks for them.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::array;
use std::hash::BuildHasher;

/// With a million names each has four thousand, which take a quarter of a millisecond to write anew.
const TABLES: usize = 256;

/// Numbers by name; a name is the bytes of its text.
#[derive(Debug)]
pub(super) struct ByName {
    tables: Box<[HashTable<u32>; TABLES]>,
    hasher: DefaultHashBuilder,
}

impl Default for ByName {
    fn default() -> Self {
        Self { tables: Box::new(array::from_fn(|_| HashTable::new())), hasher: DefaultHashBuilder::default() }
    }
}

impl ByName {
    /// The number of a name; `name_of` tells names by their numbers, here and below.
    pub(super) fn find<'n>(&self, name: &[u8], name_of: impl Fn(u32) -> &'n [u8]) -> Option<u32> {
        let hash = self.hash(name);
        self.tables[table_of(hash)].find(hash, |&number| name_of(number) == name).copied()
    }

    /// Puts a number whose name is not here.
    pub(super) fn insert<'n>(&mut self, name: &[u8], number: u32, name_of: impl Fn(u32) -> &'n [u8]) {
        let (hash, hasher) = (self.hash(name), &self.hasher);
        self.tables[table_of(hash)].insert_unique(hash, number, |&number| hasher.hash_one(name_of(number)));
    }

    /// Takes a number away.
    pub(super) fn remove(&mut self, name: &[u8], number: u32) {
        let hash = self.hash(name);
        if let Ok(entry) = self.tables[table_of(hash)].find_entry(hash, |&known| known == number) {
            entry.remove();
        }
    }

    fn hash(&self, name: &[u8]) -> u64 {
        self.hasher.hash_one(name)
    }
}

/// By bits that a table does not go by: it takes the lowest and the highest.
fn table_of(hash: u64) -> usize {
    (hash >> 32) as usize % TABLES
}

#[cfg(test)]
mod tests {
    use super::{ByName, TABLES};

    #[test]
    fn names_are_spread_over_all_tables_and_found_in_them() {
        let names: Vec<String> = (0..40_000).map(|number| format!("r-{number}")).collect();
        let name_of = |number: u32| names[number as usize].as_bytes();
        let mut by_name = ByName::default();
        for (name, number) in names.iter().zip(0..) {
            assert_eq!(by_name.find(name.as_bytes(), name_of), None);
            by_name.insert(name.as_bytes(), number, name_of);
        }
        let find = |name: &String| by_name.find(name.as_bytes(), name_of);
        assert!(names.iter().zip(0..).all(|(name, number)| find(name) == Some(number)));
        // 156 in the mean, so that these are many deviations off.
        assert!(by_name.tables.iter().all(|table| (60..300).contains(&table.len())), "{TABLES} tables");
        by_name.remove(name_of(7), 7);
        assert_eq!((by_name.find(name_of(7), name_of), by_name.find(name_of(8), name_of)), (None, Some(8)));
    }
}
