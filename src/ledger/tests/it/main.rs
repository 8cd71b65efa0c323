//! What the ledger promises, told from outside: named behaviours, each in the file of its subject,
//! and `agreement`, which plays long random days through the ledger and a naive model at once.

mod agreement;
mod balances;
mod best_effort;
mod cancel_fulfil;
mod deadlines;
mod digests;
mod forgetting;
mod late_payment;
mod limits;
mod parsing;
mod partial;
mod payment;
mod prints;
mod reserving;
mod rows;
mod sales;
mod settings;
mod shop;
mod shortfall;
mod stock;
mod words;
