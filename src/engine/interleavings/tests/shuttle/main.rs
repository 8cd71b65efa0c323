//! The whole engine, its real code, under shuttle's random schedules: callers, committer and ticker
//! in whatever order chance finds. A lost wake or a request left behind is a deadlock here.

extern crate interleavings as engine;

mod caller;
mod floor;
mod scenarios;

#[path = "../../../tests/it/asks.rs"]
#[expect(dead_code, reason = "shared with the engine's own tests, which use all of it")]
mod asks;
#[path = "../../../tests/it/clockwork.rs"]
#[expect(dead_code, reason = "shared with the engine's own tests, which use all of it")]
mod clockwork;
