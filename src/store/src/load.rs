//! Hands out the rows from which a ledger is made again.
