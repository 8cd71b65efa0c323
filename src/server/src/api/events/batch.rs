//! Events on their way into one answer or one piece of a stream: bounded in number and bytes. It
//! knows nothing of where they are read, nor who waits for them.

use std::ops::ControlFlow;

use engine::records;
use wal::{Lsn, VisitError};

use super::cursor::Cursor;
use super::json::{event_json, public_type};

/// The answer to a poll grows no further beyond this.
const LIST_BYTES: usize = 1 << 20;

/// Nor does a piece of a stream: small, since each stream may have a few of them under way.
const PIECE_BYTES: usize = 64 << 10;

/// A batch that takes events until it is full.
#[derive(Debug)]
pub struct Batch {
    form: Form,
    most_events: usize,
    most_bytes: usize,
    events: usize,
    bytes: Vec<u8>,
}

#[derive(Debug)]
enum Form {
    /// A JSON list in the making.
    List,
    /// Server-sent events.
    Stream,
}

impl Batch {
    /// For a poll: up to `limit` events.
    pub fn list(limit: usize) -> Self {
        let bytes = b"{\"events\":[".to_vec();
        Self { form: Form::List, most_events: limit, most_bytes: LIST_BYTES, events: 0, bytes }
    }

    /// For a stream.
    pub fn piece() -> Self {
        Self { form: Form::Stream, most_events: usize::MAX, most_bytes: PIECE_BYTES, events: 0, bytes: Vec::new() }
    }

    /// Whether it has no event.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Adds the record's event, if it is one, and breaks when the batch is full.
    pub fn take(&mut self, cursor: Cursor, record: &[u8]) -> Result<ControlFlow<()>, VisitError> {
        let lsn = cursor.lsn;
        let event = records::decode(record).map_err(|error| VisitError(format!("record {lsn}: {error}")))?;
        if let Some(kind) = public_type(event.kind) {
            self.write(&event, kind, lsn, &cursor.encode());
            self.events += 1;
        }
        let is_full = self.events >= self.most_events || self.bytes.len() >= self.most_bytes;
        Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn write(&mut self, event: &ledger::Event, kind: &str, lsn: Lsn, cursor: &str) {
        let into = &mut self.bytes;
        match self.form {
            Form::List => {
                if self.events > 0 {
                    into.push(b',');
                }
                event_json(event, lsn, cursor, into);
            }
            Form::Stream => {
                for part in ["id: ", cursor, "\nevent: ", kind, "\ndata: "] {
                    into.extend_from_slice(part.as_bytes());
                }
                event_json(event, lsn, cursor, into);
                into.extend_from_slice(b"\n\n");
            }
        }
    }

    /// The answer to a poll, with the cursor to go on after.
    pub fn into_answer(mut self, next: Cursor) -> Vec<u8> {
        for part in ["],\"next\":\"", &next.encode(), "\"}"] {
            self.bytes.extend_from_slice(part.as_bytes());
        }
        self.bytes
    }

    /// The piece of a stream.
    pub fn into_piece(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, LIST_BYTES, PIECE_BYTES};
    use crate::api::events::cursor::Cursor;
    use engine::records;
    use ledger::{Event, EventKind, Location, Millis, Sku, StockAfter, StockRow};
    use serde_json::Value;
    use wal::Lsn;

    /// A record of `lines` written locations.
    fn record(lines: usize) -> Vec<u8> {
        let sku = Sku::parse("A").expect("a SKU");
        let location = |line| Location::parse(&format!("location-{line}")).expect("a location");
        let stock = (0..lines).map(|line| StockAfter { sku: sku.clone(), row: StockRow::empty(location(line)) });
        let stock = stock.collect();
        let event = Event { stock, ..Event::new(EventKind::StockSet, Millis(1)) };
        let mut bytes = Vec::new();
        records::encode(&event, &mut bytes);
        bytes
    }

    fn cursor(lsn: u64) -> Cursor {
        Cursor { epoch: 0, partition: 0, lsn: Lsn(lsn) }
    }

    /// Gives the record again and again until the batch is full; how often that was.
    fn fill(batch: &mut Batch, record: &[u8]) -> u64 {
        let is_full = |lsn: &u64| batch.take(cursor(*lsn), record).expect("a sound record").is_break();
        (1..=10_000).find(is_full).expect("every batch is full some time")
    }

    #[test]
    fn a_list_is_full_at_its_limit_and_is_json_however_many_it_has() {
        for limit in [0, 1, 2, 1000] {
            let mut batch = Batch::list(limit);
            let count = if limit == 0 { 0 } else { fill(&mut batch, &record(1)) };
            assert_eq!((count as usize, batch.is_empty()), (limit, limit == 0));
            let answer: Value = serde_json::from_slice(&batch.into_answer(cursor(count))).expect("valid JSON");
            assert_eq!(answer["next"], cursor(count).encode());
            assert_eq!(answer["events"].as_array().map(Vec::len), Some(limit));
        }
    }

    #[test]
    fn large_events_fill_a_batch_by_their_bytes() {
        let record = record(200);
        let mut list = Batch::list(1000);
        assert!(fill(&mut list, &record) < 1000);
        let bytes = list.into_answer(cursor(1)).len();
        assert!((LIST_BYTES..LIST_BYTES + (64 << 10)).contains(&bytes), "{bytes} bytes");
        let mut piece = Batch::piece();
        fill(&mut piece, &record);
        let bytes = piece.into_piece().len();
        assert!((PIECE_BYTES..2 * PIECE_BYTES).contains(&bytes), "{bytes} bytes");
    }

    #[test]
    fn a_record_that_cannot_be_read_is_named() {
        let error = Batch::piece().take(cursor(9), b"\xff").expect_err("no record");
        assert!(error.to_string().starts_with("record 9: "), "{error}");
    }
}
