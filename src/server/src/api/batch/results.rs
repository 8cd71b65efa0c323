//! The results of a batch, written one after the other as they become known. It does not know in
//! which order that is.

use ledger::{Outcome, Reservation};

use crate::api::{refusal, write};
use crate::http::Problem;

/// A JSON list that is still open, each result as long as the client wants it.
#[derive(Debug)]
pub struct Results {
    body: Vec<u8>,
    /// How much of it has been counted.
    counted: usize,
    minimal: bool,
}

/// So long may an answer get, in bytes, before its last operations are refused. Ten thousand results
/// of reservations of a few lines are far below it.
const MOST_BYTES: usize = 64 << 20;

const OPENING: &[u8] = b"{\"results\":";

impl Results {
    /// None yet. `minimal`: a success is its status only.
    pub fn new(minimal: bool) -> Self {
        let mut body = Vec::with_capacity(4096);
        body.extend_from_slice(OPENING);
        body.push(b'[');
        Self { body, counted: 0, minimal }
    }

    /// Whether the answer is as long as it may get, but for what is in flight.
    pub fn is_full(&self) -> bool {
        self.body.len() > MOST_BYTES
    }

    /// Bytes written since this was asked before.
    pub fn take_bytes(&mut self) -> usize {
        let before = std::mem::replace(&mut self.counted, self.body.len());
        self.body.len() - before
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.body.len() == OPENING.len() + 1
    }

    /// Adds what an operation came to.
    pub fn add(&mut self, is_id_ours: bool, outcome: Result<Outcome, Problem>) {
        match outcome {
            Ok(Outcome::Reserved(made)) => self.done(b"{\"status\":201", &made, false, is_id_ours),
            Ok(Outcome::Reservation { reservation, replayed }) => {
                self.done(b"{\"status\":200", &reservation, replayed, is_id_ours);
            }
            Ok(Outcome::Refused(refused)) => self.refused(&refusal::problem(refused)),
            Ok(Outcome::RefusedBefore(refused)) => self.refused(&refusal::problem_again(refused)),
            Err(problem) => self.refused(&problem),
            Ok(Outcome::Stock { .. } | Outcome::Sku(_) | Outcome::SkuDeleted | Outcome::Sale(_)) => {
                unreachable!("a verb is answered with its reservation, or refused")
            }
        }
    }

    /// A client that wants little still needs the id that it does not know.
    fn done(&mut self, opening: &[u8], reservation: &Reservation, replayed: bool, is_id_ours: bool) {
        self.open(opening);
        if !self.minimal {
            self.body.extend_from_slice(b",\"body\":");
            write::reservation(&mut self.body, reservation, replayed);
        } else if is_id_ours {
            write::text_member(&mut self.body, b",\"id\":", reservation.id.as_str());
        }
        self.body.push(b'}');
    }

    /// The preference for little is about successes (RFC 7240, 4.2): why not is always said.
    fn refused(&mut self, problem: &Problem) {
        self.open(b"");
        write::number_member(&mut self.body, b"{\"status\":", problem.code().status().as_u16());
        self.body.extend_from_slice(b",\"body\":");
        problem.write_json(&mut self.body);
        self.body.push(b'}');
    }

    fn open(&mut self, opening: &[u8]) {
        if !self.is_empty() {
            self.body.push(b',');
        }
        self.body.extend_from_slice(opening);
    }

    /// The answer's body.
    pub fn into_body(mut self) -> Vec<u8> {
        self.body.extend_from_slice(b"]}");
        self.body
    }

    /// The list alone.
    pub fn into_list(mut self) -> Vec<u8> {
        self.body.push(b']');
        self.body.split_off(OPENING.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, Results};
    use crate::http::Problem;
    use ledger::{Outcome, Refusal};
    use serde_json::{Value, json};

    fn json(text: &[u8]) -> Value {
        serde_json::from_slice(text).expect("valid JSON")
    }

    #[test]
    fn refusals_say_why_also_to_who_wants_little() {
        for minimal in [false, true] {
            let mut results = Results::new(minimal);
            results.add(false, Ok(Outcome::Refused(Refusal::ReservationNotFound)));
            results.add(false, Ok(Outcome::RefusedBefore(Refusal::SaleClosed)));
            results.add(true, Err(Problem::invalid("/op", "no")));
            let body = json(&results.into_body());
            let told: Vec<_> = (0..3).map(|index| &body["results"][index]).collect();
            assert_eq!(told.iter().map(|result| &result["status"]).collect::<Vec<_>>(), [404, 409, 400]);
            assert_eq!(told[0]["body"]["code"], "reservation_not_found");
            assert_eq!(told[1]["body"]["replayed"], true);
            assert_eq!(told[2]["body"]["pointer"], "/op");
        }
    }

    #[test]
    fn an_answer_that_is_long_enough_is_full() {
        let mut results = Results::new(false);
        let long = || Err(Problem::invalid("", "x".repeat(1 << 20)));
        for _ in 0..MOST_BYTES >> 20 {
            assert!(!results.is_full());
            results.add(false, long());
            assert!(results.take_bytes() > 1 << 20);
        }
        assert!(results.is_full());
        assert_eq!(results.take_bytes(), 0);
    }

    #[test]
    fn none_and_some_are_told_apart_and_the_list_stands_alone() {
        let mut results = Results::new(true);
        assert!(results.is_empty());
        results.add(false, Err(Problem::invalid("", "no")));
        assert!(!results.is_empty());
        assert_eq!(json(&results.into_list())[0]["status"], 400);
        assert_eq!(json(&Results::new(false).into_body()), json!({"results": []}));
    }
}
