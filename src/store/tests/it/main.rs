//! The store as its callers see it: applied to, flushed, killed, opened again, asked, made to forget.
#![forbid(unsafe_code)]

mod agreement;
mod damage;
mod day;
mod directory;
mod forgetting;
mod history;
mod listing;
mod opening;
mod shards;
mod stages;
