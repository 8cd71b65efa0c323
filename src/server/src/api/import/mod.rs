//! `POST /v1/stock/import`: many stock writes as NDJSON, a line at a time without ever holding the
//! body, and yielding to reservations after every chunk of lines.

pub mod entry;
mod tally;

use engine::Request;
use hyper::StatusCode;

use super::lines::{Limits, Line, Lines};
use super::{Call, answer, input};
use crate::http::{Problem, Reply, RequestBody, json};
use tally::Tally;

/// The largest import and its longest line.
const LIMITS: Limits = Limits { body_bytes: 64 << 20, line_bytes: 64 << 10 };

/// Lines submitted together; they share a group commit.
const CHUNK_LINES: usize = 64;

/// Applies every good line; the answer comes after the body.
pub async fn post(call: Call<'_>, body: RequestBody) -> Result<Reply, Problem> {
    input::check_type(&call.head.headers, "application/x-ndjson")?;
    let mut lines = Lines::new(body, LIMITS)?;
    let mut tally = Tally::default();
    loop {
        let mut chunk = Vec::with_capacity(CHUNK_LINES);
        let ended = fill(&mut chunk, &mut lines).await;
        apply(call, chunk, &mut tally).await;
        match ended {
            Ok(false) => tokio::task::yield_now().await,
            Ok(true) => return Ok(json(StatusCode::OK, tally.to_json())),
            // What was applied stays applied: say how much that is.
            Err(problem) => return Err(problem.with_json("import", &tally.to_json())),
        }
    }
}

/// Takes lines until the chunk is full; says whether the body has ended.
async fn fill(chunk: &mut Vec<Line>, lines: &mut Lines) -> Result<bool, Problem> {
    while chunk.len() < CHUNK_LINES {
        match lines.next().await? {
            Some(line) => chunk.push(line),
            None => return Ok(true),
        }
    }
    Ok(false)
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
