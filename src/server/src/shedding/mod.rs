//! What api and gateway share of admission: the clock and the dice that the pure rules are given, how late a thread is, and
//! what is told to whom is not let in. It knows no route.

mod clock;
mod constants;
mod lag;
mod refused;

use std::io;

use admission::{CLASSES, Class};
use serde_json::{Map, Value};

pub use self::clock::{Clock, duration, nanos, random, wall};
pub use self::constants::{gate, level};
pub use self::lag::Lag;
pub use self::refused::{PROXY_STATUS, proxy_status, refused};

/// Counts by the word of their class, for operators.
pub fn by_class(counts: [u64; CLASSES]) -> Value {
    let count = |class: Class| (class.word().to_owned(), counts[class as usize].into());
    Class::ALL.into_iter().map(count).collect::<Map<_, _>>().into()
}

/// Not for ciphers, but nobody outside can guess it: who does not know it cannot choose his cohort.
pub fn secret() -> io::Result<[u64; 2]> {
    let mut bytes = [[0; 8]; 2];
    getrandom::fill(bytes.as_flattened_mut()).map_err(io::Error::other)?;
    Ok(bytes.map(u64::from_le_bytes))
}
