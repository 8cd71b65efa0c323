//! The rules together, in the toy world of `examples/model`, by the criteria that admission is judged by. Everything is
//! by simulated time and seeds, so that it passes or fails the same everywhere.

#[path = "../../examples/model/world/mod.rs"]
mod world;

mod gateway;
mod listener;
