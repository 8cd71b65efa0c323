//! Who is let in when there are more than can be served: every rule of overload as arithmetic over injected time.
//!
//! A listener asks its [`Gate`], which lets in by [`Priority`] down to the admitted [`Level`], moved by queue
//! [`Delay`], and browns out by [`Brownout`] level. Each client has a quota in [`Quotas`]. A proxy asks an [`Upstream`]
//! for a place under its concurrency limit, its [`Breaker`] whether to call at all, and its [`RetryBudget`] whether
//! to call again.
//!
//! Everything is shared between threads behind plain references. Nothing here reads a clock, draws a random number,
//! starts a thread or does I/O: time comes in as [`Nanos`] of one monotonic clock, chance as [`Random`] bits, and
//! constants as `Settings` that may differ from one call to the next.
#![forbid(unsafe_code)]

pub mod breaker;
pub mod brownout;
pub mod delay;
pub mod gate;
pub mod level;
pub mod limit;
pub mod quota;
pub mod retry;
pub mod upstream;

mod choice;
mod class;
mod client;
mod least;
mod queues;
mod reason;
mod retry_after;
mod shares;
mod sliding;
mod time;

pub use breaker::Breaker;
pub use brownout::Brownout;
pub use choice::less_loaded_of_two;
pub use class::{CLASSES, COHORTS, Class, Cohort, PRIORITIES, Priority};
pub use client::Client;
pub use delay::Delay;
pub use gate::Gate;
pub use least::Least;
pub use level::Level;
pub use limit::Limiter;
pub use quota::{Quota, Quotas};
pub use reason::Reason;
pub use retry::RetryBudget;
pub use retry_after::retry_after_seconds;
pub use shares::Shares;
pub use time::{Nanos, Random};
pub use upstream::Upstream;
