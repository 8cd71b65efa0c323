//! Lines out of a body that comes in pieces. Holds one unfinished line and one piece at most.

use bytes::{Buf, Bytes};

use crate::http::{Problem, RequestBody};

/// The longest line, in bytes.
const LINE_BYTES: usize = 64 << 10;

/// One line that is not empty.
#[derive(Debug)]
pub struct Line {
    /// From 1, empty lines counted.
    pub number: u64,
    /// Its text without the line end, or why there is none.
    pub text: Result<Vec<u8>, Problem>,
}

/// The lines of a body.
#[derive(Debug)]
pub struct Lines {
    body: RequestBody,
    /// Bytes that may still come.
    room: u64,
    piece: Bytes,
    splitter: Splitter,
}

impl Lines {
    /// The lines of a body of at most `limit` bytes.
    pub fn new(body: RequestBody, limit: u64) -> Self {
        Self { body, room: limit, piece: Bytes::new(), splitter: Splitter::default() }
    }

    /// Up to `most` lines, and how the body ended if it did.
    pub async fn next_chunk(&mut self, most: usize) -> (Vec<Line>, Option<Result<(), Problem>>) {
        let mut lines = Vec::with_capacity(most);
        loop {
            self.splitter.split(&mut self.piece, &mut lines, most);
            if lines.len() == most {
                return (lines, None);
            }
            match self.next_piece().await {
                Ok(Some(piece)) => self.piece = piece,
                Ok(None) => {
                    lines.extend(self.splitter.finish());
                    return (lines, Some(Ok(())));
                }
                Err(problem) => return (lines, Some(Err(problem))),
            }
        }
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = self.body.next_chunk().await?;
        let length = piece.as_ref().map_or(0, Bytes::len) as u64;
        self.room = self.room.checked_sub(length).ok_or_else(|| Problem::too_large(super::IMPORT_BYTES))?;
        Ok(piece)
    }
}

/// Puts pieces together to lines.
#[derive(Debug, Default)]
struct Splitter {
    begun: Vec<u8>,
    too_long: bool,
    number: u64,
}

impl Splitter {
    /// Takes lines from the front of the piece until it is used up or there are `most`.
    fn split(&mut self, piece: &mut Bytes, lines: &mut Vec<Line>, most: usize) {
        while lines.len() < most && !piece.is_empty() {
            let end = memchr::memchr(b'\n', piece);
            self.append(&piece[..end.unwrap_or(piece.len())]);
            piece.advance(end.map_or(piece.len(), |end| end + 1));
            if end.is_some() {
                lines.extend(self.finish());
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.begun.len() + bytes.len() > LINE_BYTES {
            self.too_long = true;
            self.begun.clear();
        }
        if !self.too_long {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// The line that ends here; nothing if it is empty.
    fn finish(&mut self) -> Option<Line> {
        self.number += 1;
        let text = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.too_long) {
            let problem = Problem::invalid("", format!("a line is at most {LINE_BYTES} bytes long"));
            return Some(Line { number: self.number, text: Err(problem) });
        }
        (!text.trim_ascii().is_empty()).then_some(Line { number: self.number, text: Ok(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES, Line, Splitter};
    use bytes::Bytes;

    fn split(pieces: &[&str]) -> Vec<(u64, Option<String>)> {
        let (mut splitter, mut lines) = (Splitter::default(), Vec::new());
        for piece in pieces {
            splitter.split(&mut Bytes::copy_from_slice(piece.as_bytes()), &mut lines, usize::MAX);
        }
        lines.extend(splitter.finish());
        let text = |text: Vec<u8>| String::from_utf8(text).expect("the pieces are UTF-8");
        lines.into_iter().map(|Line { number, text: line }| (number, line.ok().map(text))).collect()
    }

    #[test]
    fn a_line_may_come_in_pieces_and_empty_ones_only_count() {
        let expected = [(1, Some("one".to_owned())), (3, Some("two".to_owned())), (4, Some("three".to_owned()))];
        assert_eq!(split(&["o", "ne\n", " \r\ntw", "o\nthree"]), expected);
        assert_eq!(split(&["one\n\ntwo\nthree\n"]), expected);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_next_one_is_not() {
        let long = "x".repeat(LINE_BYTES);
        assert_eq!(split(&[&long, "\nb"]), [(1, Some(long.clone())), (2, Some("b".to_owned()))]);
        assert_eq!(split(&[&long, "x", "xx\nb"]), [(1, None), (2, Some("b".to_owned()))]);
    }

    #[test]
    fn a_chunk_stops_where_it_is_full_and_goes_on_there() {
        let (mut splitter, mut piece) = (Splitter::default(), Bytes::from_static(b"a\nb\nc\n"));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        splitter.split(&mut piece, &mut first, 2);
        splitter.split(&mut piece, &mut second, 2);
        assert_eq!((first.len(), second.len(), second[0].number), (2, 1, 3));
    }
}
