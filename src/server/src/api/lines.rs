//! Lines out of a body that comes in pieces. Holds one unfinished line and one piece at most, and
//! copies a line only where it lies across pieces. It knows nothing of what a line says.

use bytes::{Buf, Bytes, BytesMut};

use crate::http::{Problem, RequestBody};

/// What a body of lines may have.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of all of it.
    pub body_bytes: u64,
    /// Bytes of a line, its end aside.
    pub line_bytes: usize,
}

/// One line that is not empty.
#[derive(Debug)]
pub struct Line {
    /// From 1, empty lines counted.
    pub number: u64,
    /// Its text without the line end, or why there is none.
    pub text: Result<Bytes, Problem>,
}

/// The lines of a body.
#[derive(Debug)]
pub struct Lines {
    body: RequestBody,
    limits: Limits,
    /// Bytes that came.
    read: u64,
    piece: Bytes,
    splitter: Splitter,
    ended: bool,
}

impl Lines {
    /// The lines of a body, unless it says that it is too long.
    pub fn new(body: RequestBody, limits: Limits) -> Result<Self, Problem> {
        body.check_announced(limits.body_bytes)?;
        let splitter = Splitter::new(limits.line_bytes);
        Ok(Self { body, limits, read: 0, piece: Bytes::new(), splitter, ended: false })
    }

    /// The next line; nothing at the end. After an error there are no more.
    pub async fn next(&mut self) -> Result<Option<Line>, Problem> {
        loop {
            if let Some(line) = self.splitter.next(&mut self.piece) {
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(None);
            }
            let Some(piece) = self.body.next_chunk().await? else {
                self.ended = true;
                return Ok(self.splitter.finish(Bytes::new()));
            };
            self.take(piece)?;
        }
    }

    fn take(&mut self, piece: Bytes) -> Result<(), Problem> {
        self.read += piece.len() as u64;
        if self.read > self.limits.body_bytes {
            return Err(Problem::too_large(self.limits.body_bytes));
        }
        self.piece = piece;
        Ok(())
    }
}

/// Puts pieces together to lines.
#[derive(Debug)]
struct Splitter {
    limit_bytes: usize,
    begun: BytesMut,
    too_long: bool,
    number: u64,
}

impl Splitter {
    fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, begun: BytesMut::new(), too_long: false, number: 0 }
    }

    /// Takes the next line that is not empty from the front of the piece; nothing, and the piece is
    /// used up, if none ends in it.
    fn next(&mut self, piece: &mut Bytes) -> Option<Line> {
        while let Some(end) = memchr::memchr(b'\n', piece) {
            let last = piece.split_to(end);
            piece.advance(1);
            if let Some(line) = self.finish(last) {
                return Some(line);
            }
        }
        self.append(piece);
        piece.clear();
        None
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.begun.len() + bytes.len() > self.limit_bytes {
            self.too_long = true;
            self.begun.clear();
        }
        if !self.too_long {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// The line that ends with these bytes; nothing if it is empty.
    fn finish(&mut self, last: Bytes) -> Option<Line> {
        self.number += 1;
        let text = if self.begun.is_empty() && !self.too_long && last.len() <= self.limit_bytes {
            last
        } else {
            self.append(&last);
            self.begun.split().freeze()
        };
        if std::mem::take(&mut self.too_long) {
            let problem = Problem::invalid("", format!("a line is at most {} bytes long", self.limit_bytes));
            return Some(Line { number: self.number, text: Err(problem) });
        }
        (!text.trim_ascii().is_empty()).then_some(Line { number: self.number, text: Ok(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Splitter};
    use bytes::Bytes;

    const LIMIT: usize = 1000;

    fn split(pieces: &[&str]) -> Vec<(u64, Option<String>)> {
        let (mut splitter, mut lines) = (Splitter::new(LIMIT), Vec::new());
        for piece in pieces {
            let mut piece = Bytes::copy_from_slice(piece.as_bytes());
            lines.extend(std::iter::from_fn(|| splitter.next(&mut piece)));
            assert!(piece.is_empty());
        }
        lines.extend(splitter.finish(Bytes::new()));
        let text = |text: Bytes| String::from_utf8(text.into()).expect("the pieces are UTF-8");
        lines.into_iter().map(|Line { number, text: line }| (number, line.ok().map(text))).collect()
    }

    #[test]
    fn a_line_may_come_in_pieces_and_empty_ones_only_count() {
        let expected = [(1, Some("one".to_owned())), (3, Some("two".to_owned())), (4, Some("three".to_owned()))];
        assert_eq!(split(&["o", "ne\n", " \r\ntw", "o\nthr", "", "ee"]), expected);
        assert_eq!(split(&["one\n\ntwo\nthree\n"]), expected);
        assert_eq!(split(&[]), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_next_one_is_not() {
        let long = "x".repeat(LIMIT);
        let (whole, cut, next) = ((1, Some(long.clone())), (1, None), (2, Some("b".to_owned())));
        assert_eq!(split(&[&long, "\nb"]), [whole.clone(), next.clone()]);
        assert_eq!(split(&[&format!("{long}\nb")]), [whole, next.clone()]);
        assert_eq!(split(&[&long, "x", "xx\nb"]), [cut.clone(), next.clone()]);
        assert_eq!(split(&[&format!("{long}x\nb")]), [cut, next]);
        assert_eq!(split(&[&format!("{long}x")]), [(1, None)]);
    }

    #[test]
    fn a_line_that_lies_in_one_piece_is_not_copied() {
        let mut splitter = Splitter::new(LIMIT);
        let mut piece = Bytes::from_static(b"one\ntwo\n");
        let first = piece.as_ptr();
        let line = splitter.next(&mut piece).and_then(|line| line.text.ok()).expect("a line");
        assert_eq!(line.as_ptr(), first);
    }
}
