//! Runs a model in every order within a bound, and says how many there were.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Explores every execution in which threads are preempted at most so often. What is found to be
/// wrong with two or three preemptions is nearly all there is to find (Musuvathi and Qadeer, 2007).
pub fn explore(name: &str, preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{name}: {} executions, at most {preemptions} preemptions", executions.load(Ordering::Relaxed));
}
