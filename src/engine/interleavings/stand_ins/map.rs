//! A map in the stead of dashmap: the same calls, each atomic, with one lock over all keys. A guard
//! kept across another call is a deadlock here for any two keys, and there for some.

use super::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

type Rows<'m, K, V> = MutexGuard<'m, BTreeMap<K, V>>;

#[derive(Debug)]
pub(crate) struct DashMap<K, V, S> {
    rows: Mutex<BTreeMap<K, V>>,
    hasher: PhantomData<S>,
}

impl<K: Ord + Clone, V, S> DashMap<K, V, S> {
    pub(crate) fn with_hasher_and_shard_amount(_hasher: S, _shards: usize) -> Self {
        Self { rows: Mutex::new(BTreeMap::new()), hasher: PhantomData }
    }

    pub(crate) fn entry(&self, key: K) -> MapEntry<'_, K, V> {
        let rows = self.rows.lock();
        if rows.contains_key(&key) {
            MapEntry::Occupied(Occupied(Row { rows, key }))
        } else {
            MapEntry::Vacant(Vacant { rows, key })
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<Row<'_, K, V>> {
        self.get_mut(key)
    }

    pub(crate) fn get_mut(&self, key: &K) -> Option<Row<'_, K, V>> {
        let rows = self.rows.lock();
        rows.contains_key(key).then(|| Row { rows, key: key.clone() })
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.rows.lock().insert(key, value);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.rows.lock().len()
    }

    pub(crate) fn remove_if(&self, key: &K, may_go: impl FnOnce(&K, &V) -> bool) {
        let mut rows = self.rows.lock();
        if rows.get(key).is_some_and(|value| may_go(key, value)) {
            rows.remove(key);
        }
    }
}

pub(crate) enum MapEntry<'m, K, V> {
    Vacant(Vacant<'m, K, V>),
    Occupied(Occupied<'m, K, V>),
}

pub(crate) struct Vacant<'m, K, V> {
    rows: Rows<'m, K, V>,
    key: K,
}

impl<K: Ord, V> Vacant<'_, K, V> {
    pub(crate) fn insert(mut self, value: V) {
        self.rows.insert(self.key, value);
    }
}

pub(crate) struct Occupied<'m, K, V>(Row<'m, K, V>);

impl<K: Ord, V> Occupied<'_, K, V> {
    pub(crate) fn get_mut(&mut self) -> &mut V {
        &mut self.0
    }
}

/// A key that is there, and stays while this does: the lock is held.
pub(crate) struct Row<'m, K, V> {
    rows: Rows<'m, K, V>,
    key: K,
}

const THERE: &str = "the key was there when the lock was taken";

impl<K: Ord, V> Deref for Row<'_, K, V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.rows.get(&self.key).expect(THERE)
    }
}

impl<K: Ord, V> DerefMut for Row<'_, K, V> {
    fn deref_mut(&mut self) -> &mut V {
        self.rows.get_mut(&self.key).expect(THERE)
    }
}
