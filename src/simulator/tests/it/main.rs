//! The simulator's tests, one binary.

mod promises;
mod sabotage;
