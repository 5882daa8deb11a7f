//! Reading the command's output, passing it on up to the limit, and counting all of it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

use crate::{Chunk, Stream, Written};

const CHUNK: usize = 64 << 10;

/// Bytes that may still be passed on, for both streams together.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self(Arc::new(AtomicU64::new(limit.unwrap_or(u64::MAX))))
    }

    /// As many of `wanted` as are left.
    fn take(&self, wanted: usize) -> usize {
        let wanted = wanted as u64;
        let left = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_sub(wanted))
            });
        left.unwrap_or_else(|left| left).min(wanted) as usize
    }
}

/// Counts that can be read while the pump runs, and when it was given up.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    bytes: Arc<AtomicU64>,
    passed_on: Arc<AtomicU64>,
}

impl Count {
    pub(super) fn written(&self) -> Written {
        Written {
            bytes: self.bytes.load(Ordering::Relaxed),
            passed_on: self.passed_on.load(Ordering::Relaxed),
        }
    }
}

/// Reads to the end. A caller that takes nothing holds the command up, as a full pipe would; one that
/// has gone away does not.
pub(super) async fn pump(
    pipe: OwnedFd,
    stream: Stream,
    to: mpsc::Sender<Chunk>,
    allowance: Allowance,
    count: Count,
) -> io::Result<()> {
    let mut pipe = pipe::Receiver::from_owned_fd(pipe)?;
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        let read = pipe.read_buf(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        count.bytes.fetch_add(read as u64, Ordering::Relaxed);
        let mut bytes = buffer.split().freeze();
        bytes.truncate(allowance.take(bytes.len()));
        if bytes.is_empty() {
            continue;
        }
        let passed = bytes.len() as u64;
        if to.send(Chunk { stream, bytes }).await.is_ok() {
            count.passed_on.fetch_add(passed, Ordering::Relaxed);
        }
    }
}

/// Writes the command's input; a command that reads no more of it loses the rest.
pub(super) async fn feed(pipe: OwnedFd, bytes: bytes::Bytes) -> io::Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let mut pipe = pipe::Sender::from_owned_fd(pipe)?;
    pipe.write_all(&bytes).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowance_is_used_up_once() {
        let allowance = Allowance::new(Some(10));
        let taken = [
            allowance.take(6),
            allowance.clone().take(6),
            allowance.take(1),
        ];
        assert_eq!(taken, [6, 4, 0]);
        assert_eq!(Allowance::new(None).take(5), 5);
    }
}
