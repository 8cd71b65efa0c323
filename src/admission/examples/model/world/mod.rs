//! A toy world of queues to try admission in: arrivals by chance from a seed, a platform with a knee, a gateway and a
//! listener with and without admission, all by simulated time. Must not know plots: it ends in numbers.

pub mod crowd;
pub mod gateway;
pub mod listener;
pub mod platform;
pub mod scenarios;
pub mod tally;
pub mod timeline;
