//! A bounded piece of an import: the body of one request, and where its lines came from.
//! It knows nothing of formats or of HTTP.

/// How long a body grows. The server takes 64 MiB; an eighth keeps its answers, and the steps of
/// the progress bar, frequent.
pub(super) const CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// Lines for one request. Line `n` of the body, from 1, is line `numbers[n - 1]` of the source.
#[derive(Default)]
pub(super) struct Chunk {
    body: Vec<u8>,
    numbers: Vec<u64>,
}

impl Chunk {
    /// Whether a line still fits; an empty chunk takes any.
    pub(super) fn has_room_for(&self, json: &[u8]) -> bool {
        self.is_empty() || self.body.len() + json.len() < CHUNK_BYTES
    }

    pub(super) fn push(&mut self, number: u64, json: &[u8]) {
        self.body.extend_from_slice(json);
        self.body.push(b'\n');
        self.numbers.push(number);
    }

    pub(super) fn clear(&mut self) {
        self.body.clear();
        self.numbers.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The source's number of a line of the body.
    pub(super) fn source_line(&self, body_line: u64) -> Option<u64> {
        let index = usize::try_from(body_line.checked_sub(1)?).ok()?;
        self.numbers.get(index).copied()
    }

    /// The source's numbers of the first and the last line; 0 and 0 when empty.
    pub(super) fn span(&self) -> (u64, u64) {
        let end = |number: Option<&u64>| number.copied().unwrap_or(0);
        (end(self.numbers.first()), end(self.numbers.last()))
    }
}
