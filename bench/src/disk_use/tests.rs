//! What counts as bounded.

use super::{Stretch, is_bounded};
use crate::Error;
use std::time::Duration;

const MIB: u64 = 1 << 20;

fn life(store_mib: &[u64]) -> Vec<Stretch> {
    let stretch = |(number, store): (usize, &u64)| Stretch {
        seconds: 10.0 * (number + 1) as f64,
        reservations: 1_000 * number as u64,
        written_bytes: number as u64 * MIB,
        log_bytes: 16 * MIB,
        store_bytes: store * MIB,
        resident_bytes: 100 * MIB,
    };
    store_mib.iter().enumerate().map(stretch).collect()
}

#[test]
fn what_goes_up_and_down_is_bounded() {
    assert!(is_bounded(&life(&[5, 20, 40, 60, 50, 58, 61, 49]), Duration::from_secs(10)).is_ok());
}

#[test]
fn what_fills_at_first_is_bounded_once_history_is_forgotten() {
    assert!(is_bounded(&life(&[10, 20, 40, 60, 60, 60, 60, 60]), Duration::from_secs(15)).is_ok());
}

#[test]
fn what_goes_on_growing_is_not() {
    let grown = is_bounded(&life(&[10, 20, 30, 40, 50, 60, 70, 80]), Duration::from_secs(10));
    assert!(matches!(grown, Err(Error::Promise(why)) if why.contains("the store goes on growing")));
}
