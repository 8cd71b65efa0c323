//! What the ledger promises, told from outside: named behaviours, each in the file of its subject,
//! and `agreement`, which plays long random days through the ledger and a naive model at once.

mod agreement;
mod balances;
mod deadlines;
mod digests;
mod forgetting;
mod parsing;
mod prints;
mod reserving;
mod shop;
mod stock;
