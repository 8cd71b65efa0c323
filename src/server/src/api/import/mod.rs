//! `POST /v1/stock/import`: many stock writes as NDJSON, a line at a time without ever holding the
//! body, and yielding to reservations after every chunk of lines.

mod entry;
mod lines;
mod tally;

use engine::Request;
use hyper::StatusCode;

use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody, json};
use lines::{Line, Lines};
use tally::Tally;

/// The largest import, in bytes.
const IMPORT_BYTES: u64 = 64 << 20;

/// Lines submitted together; they share a group commit.
const CHUNK_LINES: usize = 64;

/// Applies every good line; the answer comes after the body.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    input::check_type(&call.head.headers, "application/x-ndjson")?;
    body.check_announced(IMPORT_BYTES)?;
    let mut lines = Lines::new(body, IMPORT_BYTES);
    let mut tally = Tally::default();
    loop {
        let (chunk, ended) = lines.next_chunk(CHUNK_LINES).await;
        apply(call, chunk, &mut tally).await;
        match ended {
            None => tokio::task::yield_now().await,
            Some(Ok(())) => return Ok(json(StatusCode::OK, tally.to_json())),
            // What was applied stays applied: say how much that is.
            Some(Err(problem)) => return Err(problem.with_json("import", &tally.to_json())),
        }
    }
}

async fn apply(call: Call<'_>, chunk: Vec<Line>, tally: &mut Tally) {
    let submitted: Vec<_> = chunk
        .into_iter()
        .map(|Line { number, text }| {
            let command = text.and_then(|text| entry::command(&text));
            (number, command.map(|command| call.api.desk.ask(call.engine, Request::Command(command))))
        })
        .collect();
    for (number, asked) in submitted {
        let outcome = match asked {
            Ok(asked) => answer::outcome(asked.await),
            Err(problem) => Err(problem),
        };
        tally.add(number, outcome);
    }
}
