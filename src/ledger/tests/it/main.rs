//! What the ledger promises, told from outside: named behaviours, each in the file of its subject,
//! and `agreement`, which plays long random days through the ledger and a naive model at once.

mod agreement;
mod asks;
mod balances;
mod deadlines;
mod digests;
mod forgetting;
mod model;
mod parsing;
mod prints;
mod reserving;
mod shop;
mod steps;
mod stock;
mod told;
mod world;
