//! A small HTTP client over one kept connection, honest enough to send nonsense. It knows no route,
//! and has every answer to a request of its own held against the contract.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::contract;
use crate::program::PATIENCE;

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("the server accepts")
    }

    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Bytes as they are.
    pub fn send_raw(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).expect("the server reads");
    }

    /// Bytes to a server that may have closed.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        self.try_send(method, path, headers, body).expect("the server reads");
    }

    fn try_send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        let mut request = Vec::new();
        write!(request, "{method} {path} HTTP/1.1\r\nHost: t\r\n")?;
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n")?;
        }
        write!(request, "Content-Length: {}\r\n\r\n", body.len())?;
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request)
    }

    #[track_caller]
    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send(method, path, headers, body);
        let answer = self.receive();
        contract::check(method, path, &answer);
        answer
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    pub fn put(&mut self, path: &str, body: &str) -> Answer {
        self.request("PUT", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        self.request("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    pub fn post_with_key(&mut self, path: &str, key: &str, body: &str) -> Answer {
        self.request("POST", path, &[("Idempotency-Key", key)], body.as_bytes())
    }

    /// A GET that may find the server gone.
    pub fn try_get(&mut self, path: &str) -> io::Result<Answer> {
        self.try_send("GET", path, &[], b"")?;
        self.try_receive()
    }

    /// A PUT that may find the server gone.
    pub fn try_put(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        self.try_send("PUT", path, &[], body.as_bytes())?;
        self.try_receive()
    }

    /// A POST that may find the server gone.
    pub fn try_post(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        self.try_send("POST", path, &[], body.as_bytes())?;
        self.try_receive()
    }

    pub fn receive(&mut self) -> Answer {
        self.try_receive().expect("an answer")
    }

    pub fn try_receive(&mut self) -> io::Result<Answer> {
        Answer::read(&mut self.stream, false)
    }

    /// The answer to a `HEAD`.
    pub fn receive_head(&mut self) -> Answer {
        Answer::read(&mut self.stream, true).expect("an answer")
    }

    /// The next chunk of a body without a length; nothing at its end.
    pub fn read_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut length = String::new();
        self.stream.read_line(&mut length)?;
        let length = usize::from_str_radix(length.trim_end(), 16).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let mut chunk = vec![0; length + "\r\n".len()];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(length);
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    /// The next line of whatever is spoken.
    pub fn read_line(&mut self, into: &mut String) {
        self.stream.read_line(into).expect("the other side writes");
    }

    /// Waits until the server closes; how many bytes came until then.
    pub fn bytes_until_closed(mut self) -> usize {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server neither answers nor closes: {error}"),
        }
        rest.len()
    }
}

impl Answer {
    /// The next answer; to a `HEAD` it has no body, whatever its length says.
    pub fn read(from: &mut impl BufRead, is_head: bool) -> io::Result<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut answer = Self { status: status.expect("a status line"), head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; if is_head { 0 } else { length }];
        from.read_exact(&mut body)?;
        answer.body = String::from_utf8(body).expect("the body is UTF-8");
        Ok(answer)
    }

    /// A status and nothing else.
    pub fn bare(status: u16) -> Self {
        Self { status, head: String::new(), body: String::new() }
    }

    /// A header's value; its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts status and code of a problem, and gives its body.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{self:?}");
        assert_eq!(body["type"], format!("/problems/{code}"), "{self:?}");
        assert_eq!(body["status"], status, "{self:?}");
        body
    }

    /// Asserts the status of an answer in JSON, and gives its body.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        self.json()
    }
}
