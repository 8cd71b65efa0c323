//! A bounded piece of an import: the body of one request, and where its lines came from.
//! It knows nothing of formats or of HTTP.

use super::found::Origin;

/// How long a body grows. The server takes 64 MiB; an eighth keeps its answers, and the steps of
/// the progress bar, frequent.
pub(super) const CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// Lines for one request. Line `n` of the body, from 1, comes from `origins[n - 1]`.
#[derive(Default)]
pub(super) struct Chunk {
    body: Vec<u8>,
    origins: Vec<Origin>,
}

impl Chunk {
    /// Whether a line still fits; an empty chunk takes any.
    pub(super) fn has_room_for(&self, json: &[u8]) -> bool {
        self.is_empty() || self.body.len() + json.len() < CHUNK_BYTES
    }

    pub(super) fn push(&mut self, origin: Origin, json: &[u8]) {
        self.body.extend_from_slice(json);
        self.body.push(b'\n');
        self.origins.push(origin);
    }

    pub(super) fn clear(&mut self) {
        self.body.clear();
        self.origins.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Where a line of the body comes from.
    pub(super) fn origin(&self, body_line: u64) -> Option<&Origin> {
        let index = usize::try_from(body_line.checked_sub(1)?).ok()?;
        self.origins.get(index)
    }

    /// The source's numbers of the first and the last line; 0 and 0 when empty.
    pub(super) fn span(&self) -> (u64, u64) {
        let end = |origin: Option<&Origin>| origin.map_or(0, |origin| origin.line);
        (end(self.origins.first()), end(self.origins.last()))
    }
}
