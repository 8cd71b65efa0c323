//! How large: what the stages of a reservation cost on this machine.
//! It knows nothing of a running server.

#[doc(hidden)]
pub mod stages;
