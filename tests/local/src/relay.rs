//! A relay between the functions and the emulator that counts requests by operation.
//!
//! It passes bytes on as they come and looks at nothing but the heads of requests, and at the bodies of those to tables, which
//! tell how many units they are charged for.

mod operation;
mod units;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use operation::Operation;
use operation::header;
pub use units::{Units, item_bytes};

const READ_BYTES: usize = 64 * 1024;
/// The SDK sends about twenty.
const HEADERS_MAX: usize = 64;
/// A head that is longer is not one.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Requests by operation.
pub type Counts = BTreeMap<Operation, u64>;

/// What has been counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests.
    pub operations: Counts,
    /// What the requests to tables are charged for, by operation; of `Scan` and `Query`, which depends on the answer, nothing.
    pub units: BTreeMap<String, Units>,
    /// Connections on which a request could not be told from the next: the counts are not exact.
    pub unreadable: u64,
}

/// A relay that is bound to its address but does not answer yet: the emulator has to know the address before the relay
/// can know the emulator's.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    /// What the functions are given as endpoint.
    pub endpoint: String,
}

/// A running relay; dropping it ends it.
#[derive(Debug)]
pub struct Counter {
    tally: Arc<Mutex<Tally>>,
    task: JoinHandle<()>,
}

/// Takes a free port.
pub async fn bind() -> Result<Bound> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free loopback port")?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    Ok(Bound { listener, endpoint })
}

impl Bound {
    /// Answers from now on with what `upstream` answers.
    pub fn relay_to(self, upstream: &str) -> Result<Counter> {
        let upstream = upstream.strip_prefix("http://").context("not http")?.to_owned();
        let tally = Arc::<Mutex<Tally>>::default();
        let counted = Arc::clone(&tally);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = self.listener.accept().await {
                let (upstream, tally) = (upstream.clone(), Arc::clone(&counted));
                // A connection that breaks is broken for both sides, who deal with it.
                tokio::spawn(async move { relay(client, &upstream, &tally).await.is_ok() });
            }
        });
        Ok(Counter { tally, task })
    }
}

impl Counter {
    /// What has been counted so far; begins anew.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut *lock(&self.tally))
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn relay(mut client: TcpStream, upstream: &str, tally: &Mutex<Tally>) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut requests, mut answers) = client.split();
    let (mut answered, mut requested) = server.split();
    let forth = async {
        let mut framing = Framing::default();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let length = requests.read(&mut buffer).await?;
            let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else {
                return requested.shutdown().await;
            };
            framing.feed(bytes, tally);
            requested.write_all(bytes).await?;
        }
    };
    let back = async {
        tokio::io::copy(&mut answered, &mut answers).await?;
        answers.shutdown().await
    };
    tokio::try_join!(forth, back)?;
    Ok(())
}

/// Where in a stream of requests the next byte stands.
#[derive(Debug)]
enum Framing {
    /// In a head, of which these bytes have come.
    Head(Vec<u8>),
    /// In a body, of which so many bytes are to come. Of a request to a table, its operation and what has come are kept.
    Body(usize, Option<(String, Vec<u8>)>),
    /// Nobody knows.
    Lost,
}

impl Default for Framing {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

impl Framing {
    fn feed(&mut self, mut bytes: &[u8], tally: &Mutex<Tally>) {
        while !bytes.is_empty() {
            match self {
                Self::Lost => return,
                Self::Body(left, kept) => {
                    let taken = bytes.len().min(*left);
                    let (body, rest) = bytes.split_at(taken);
                    bytes = rest;
                    *left -= taken;
                    if let Some((_, kept)) = kept {
                        kept.extend_from_slice(body);
                    }
                    if *left == 0 {
                        if let Some((name, body)) = kept.take() {
                            match Units::of(&name, &body) {
                                Some(units) => {
                                    lock(tally).units.entry(name).or_default().add(units);
                                }
                                None => lock(tally).unreadable += 1,
                            }
                        }
                        *self = Self::default();
                    }
                }
                Self::Head(head) => {
                    let before = head.len();
                    head.extend_from_slice(bytes);
                    match read_head(head) {
                        Read::Partial => return,
                        Read::Request { operation, head_bytes, body_bytes } => {
                            let table =
                                (operation.service == "DynamoDB").then(|| operation.name.clone());
                            *lock(tally).operations.entry(operation).or_default() += 1;
                            // A head that was complete before would have been taken before.
                            bytes = bytes.get(head_bytes - before..).unwrap_or_default();
                            *self = match body_bytes {
                                0 => Self::default(),
                                more => Self::Body(more, table.map(|name| (name, Vec::new()))),
                            };
                        }
                        Read::Unreadable => {
                            lock(tally).unreadable += 1;
                            *self = Self::Lost;
                        }
                    }
                }
            }
        }
    }
}

enum Read {
    Partial,
    Request { operation: Operation, head_bytes: usize, body_bytes: usize },
    Unreadable,
}

fn read_head(head: &[u8]) -> Read {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let head_bytes = match request.parse(head) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if head.len() <= HEAD_BYTES_MAX => return Read::Partial,
        Ok(httparse::Status::Partial) | Err(_) => return Read::Unreadable,
    };
    let (Some(method), Some(target)) = (request.method, request.path) else {
        return Read::Unreadable;
    };
    // The functions know the length of all that they send; a body in chunks would have no end here.
    if header(request.headers, "transfer-encoding").is_some() {
        return Read::Unreadable;
    }
    let Ok(body_bytes) = header(request.headers, "content-length").unwrap_or("0").parse() else {
        return Read::Unreadable;
    };
    let operation = Operation::of(method, target, request.headers);
    Read::Request { operation, head_bytes, body_bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUESTS: &[u8] =
        b"PUT /b/k?x-id=PutObject HTTP/1.1\r\ncontent-length: 6\r\n\r\nGET / HEAD /b/k \
        HTTP/1.1\r\n\r\nGET /b/k?x-id=GetObject HTTP/1.1\r\n\r\n";

    fn tallied(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<(String, u64)> {
        let (tally, mut framing) = (Mutex::default(), Framing::default());
        pieces.for_each(|piece| framing.feed(&piece, &tally));
        let tally = lock(&tally);
        assert_eq!(tally.unreadable, 0);
        tally.operations.iter().map(|(operation, count)| (operation.name.clone(), *count)).collect()
    }

    #[test]
    fn requests_are_counted_however_their_bytes_arrive() {
        // The body of the first looks like the beginning of another request.
        let expected = [("GetObject", 1), ("HeadObject", 1), ("PutObject", 1)];
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        for size in [1, 7, 64, REQUESTS.len()] {
            assert_eq!(tallied(REQUESTS.chunks(size).map(<[u8]>::to_vec)), expected, "{size}");
        }
    }

    #[test]
    fn a_body_without_length_is_reported() {
        let (tally, mut framing) = (Mutex::default(), Framing::default());
        framing.feed(b"PUT /b/k HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\n", &tally);
        assert_eq!(lock(&tally).unreadable, 1);
    }

    #[tokio::test]
    async fn bytes_pass_in_both_directions() {
        let upstream = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let bound = bind().await.unwrap();
        let address = bound.endpoint.strip_prefix("http://").unwrap().to_owned();
        let counter =
            bound.relay_to(&format!("http://{}", upstream.local_addr().unwrap())).unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(REQUESTS).await.unwrap();
        client.shutdown().await.unwrap();
        let (mut server, _) = upstream.accept().await.unwrap();
        let mut arrived = Vec::new();
        server.read_to_end(&mut arrived).await.unwrap();
        assert_eq!(arrived, REQUESTS);
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(counter.take().operations.values().sum::<u64>(), 3);
    }
}
