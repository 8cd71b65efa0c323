//! A long poll: the next events, or after a while none. It knows nothing of streams.

use std::time::Duration;

use hyper::StatusCode;
use tokio::time::{Instant, timeout_at};

use super::batch::Batch;
use super::log::Consumer;
use crate::api::Call;
use crate::http::{Problem, Reply, json};

/// Answers as soon as there is an event; without one when the wait is over, or when the server stops.
pub async fn answer(call: Call<'_>, mut consumer: Consumer, limit: usize, wait: Duration) -> Result<Reply, Problem> {
    let deadline = Instant::now() + wait;
    loop {
        let is_last = Instant::now() >= deadline || call.api.stage.is_draining();
        let batch = consumer.read(call.engine.durable_mark(), Batch::list(limit)).await?;
        if is_last || !batch.is_empty() {
            return Ok(json(StatusCode::OK, batch.into_answer(consumer.cursor())));
        }
        let news = async {
            tokio::select! {
                () = call.api.desk.durable_after(call.engine, consumer.seen()) => {}
                () = call.api.stage.until_draining() => {}
            }
        };
        // Over or not, the loop looks once more.
        let _ = timeout_at(deadline, news).await;
    }
}
