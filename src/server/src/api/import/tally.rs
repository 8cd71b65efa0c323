//! What became of an import's lines.

use ledger::{Applied, Outcome};

use crate::api::refusal;
use crate::api::write::number_member;
use crate::http::Problem;

/// Errors that are listed one by one.
const MAX_ERRORS: usize = 10_000;

/// Counts and errors.
#[derive(Debug, Default)]
pub struct Tally {
    applied: u64,
    refused: u64,
    stale: u64,
    skipped: u64,
    listed: usize,
    errors: Vec<u8>,
}

impl Tally {
    /// Notes what became of a line.
    pub fn add(&mut self, number: u64, outcome: Result<Outcome, Problem>) {
        match outcome {
            Ok(Outcome::Stock { applied: Applied::Now, .. }) => self.applied += 1,
            Ok(Outcome::Stock { applied: Applied::Before, .. }) => self.skipped += 1,
            Ok(Outcome::Stock { applied: Applied::StaleSource, .. }) => self.stale += 1,
            Ok(Outcome::Refused(refused)) => self.refuse(number, &refusal::problem(refused)),
            Err(problem) => self.refuse(number, &problem),
            Ok(_) => unreachable!("a stock write is answered with its record or refused"),
        }
    }

    fn refuse(&mut self, number: u64, problem: &Problem) {
        self.refused += 1;
        if self.listed == MAX_ERRORS {
            return;
        }
        let comma: &[u8] = if self.listed == 0 { b"" } else { b"," };
        self.listed += 1;
        self.errors.extend_from_slice(comma);
        number_member(&mut self.errors, b"{\"line\":", number);
        self.errors.extend_from_slice(b",\"code\":\"");
        self.errors.extend_from_slice(problem.code().word().as_bytes());
        self.errors.extend_from_slice(b"\",\"detail\":");
        problem.write_detail(&mut self.errors);
        self.errors.push(b'}');
    }

    /// The answer's body.
    pub fn to_json(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(128 + self.errors.len());
        number_member(&mut body, b"{\"applied\":", self.applied);
        number_member(&mut body, b",\"refused\":", self.refused);
        number_member(&mut body, b",\"stale\":", self.stale);
        number_member(&mut body, b",\"skipped\":", self.skipped);
        body.extend_from_slice(b",\"errors\":[");
        body.extend_from_slice(&self.errors);
        body.extend_from_slice(b"]}");
        body
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ERRORS, Tally};
    use crate::http::Problem;

    #[test]
    fn every_refused_line_counts_and_a_bounded_number_is_listed() {
        let mut tally = Tally::default();
        for number in 1..=MAX_ERRORS as u64 + 5 {
            tally.add(number, Err(Problem::invalid("/sku", "a \"quoted\" word")));
        }
        let body: serde_json::Value = serde_json::from_slice(&tally.to_json()).expect("valid JSON");
        assert_eq!(body["refused"], MAX_ERRORS as u64 + 5);
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(MAX_ERRORS));
        assert_eq!(body["errors"][0]["detail"], "a \"quoted\" word");
    }
}
