//! Frames on a Unix socket: a length of four bytes, JSON, and file descriptors with the first byte.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::Interest;

/// Arguments and variables of a process are bounded by the kernel; nothing longer can be meant.
const LONGEST_FRAME: usize = 32 << 20;
/// Standard input, output and error.
const MOST_DESCRIPTORS: usize = 3;

fn encode(frame: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame)?;
    let length = bytes.len() - 4;
    if length > LONGEST_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the arguments and variables are larger than 32 MiB",
        ));
    }
    bytes[..4].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(bytes)
}

fn length_of(head: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(head) as usize;
    if length > LONGEST_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a frame of more than 32 MiB",
        ));
    }
    Ok(length)
}

/// Sends some bytes, with `fds` beside the first of them.
fn send_some(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    fds: &[BorrowedFd<'_>],
) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        let fits = ancillary.push(SendAncillaryMessage::ScmRights(fds));
        debug_assert!(fits, "at most {MOST_DESCRIPTORS} descriptors");
    }
    sendmsg(
        socket,
        &[IoSlice::new(bytes)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )
}

/// Receives some bytes and the descriptors beside them.
fn receive_some(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    fds: &mut Vec<OwnedFd>,
) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        socket,
        &mut [IoSliceMut::new(bytes)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    Ok(received.bytes)
}

/// The helper's end, which blocks.
#[derive(Debug)]
pub(crate) struct Channel(UnixStream);

impl Channel {
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self(socket)
    }

    /// Another descriptor of the socket, to start a process with.
    pub(crate) fn as_owned(&self) -> io::Result<OwnedFd> {
        self.0.as_fd().try_clone_to_owned()
    }

    pub(crate) fn send(&self, frame: &impl Serialize, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = encode(frame)?;
        let sent = rustix::io::retry_on_intr(|| send_some(self.0.as_fd(), &bytes, fds))?;
        (&self.0).write_all(&bytes[sent..])
    }

    /// One frame, and not a byte of the next. `None` at the end of the stream.
    pub(crate) fn receive<F: DeserializeOwned>(&self) -> io::Result<Option<(F, Vec<OwnedFd>)>> {
        let mut fds = Vec::new();
        let mut head = [0; 4];
        let got = rustix::io::retry_on_intr(|| receive_some(self.0.as_fd(), &mut head, &mut fds))?;
        if got == 0 {
            return Ok(None);
        }
        (&self.0).read_exact(&mut head[got..])?;
        let mut body = vec![0; length_of(head)?];
        (&self.0).read_exact(&mut body)?;
        Ok(Some((serde_json::from_slice(&body)?, fds)))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The caller's end.
#[derive(Debug)]
pub(crate) struct AsyncChannel {
    socket: tokio::net::UnixStream,
    /// What was read of a frame that is not whole yet, so that a wait may be given up at any time.
    held: Vec<u8>,
    fds: Vec<OwnedFd>,
}

impl AsyncChannel {
    pub(crate) fn new(socket: tokio::net::UnixStream) -> Self {
        Self {
            socket,
            held: Vec::new(),
            fds: Vec::new(),
        }
    }

    pub(crate) async fn send(
        &mut self,
        frame: &impl Serialize,
        fds: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let bytes = encode(frame)?;
        let mut sent = 0;
        while sent < bytes.len() {
            let with = if sent == 0 { fds } else { &[] };
            sent += self
                .socket
                .async_io(Interest::WRITABLE, || {
                    Ok(send_some(self.socket.as_fd(), &bytes[sent..], with)?)
                })
                .await?;
        }
        Ok(())
    }

    /// The next frame with the descriptors that came by then. `None` at the end of the stream. Safe to cancel.
    pub(crate) async fn receive<F: DeserializeOwned>(
        &mut self,
    ) -> io::Result<Option<(F, Vec<OwnedFd>)>> {
        loop {
            if let Some(frame) = self.whole_frame()? {
                return Ok(Some((frame, std::mem::take(&mut self.fds))));
            }
            let mut scratch = [0; 4096];
            // Never past the end of a frame: the next one's descriptors stay with it.
            let wanted = self.missing()?.min(scratch.len());
            let (socket, fds) = (&self.socket, &mut self.fds);
            let got = socket
                .async_io(Interest::READABLE, || {
                    Ok(receive_some(socket.as_fd(), &mut scratch[..wanted], fds)?)
                })
                .await?;
            if got == 0 {
                return Ok(None);
            }
            self.held.extend_from_slice(&scratch[..got]);
        }
    }

    /// Bytes until the head or the frame is whole.
    fn missing(&self) -> io::Result<usize> {
        Ok(match self.held.first_chunk() {
            None => 4 - self.held.len(),
            Some(head) => 4 + length_of(*head)? - self.held.len(),
        })
    }

    fn whole_frame<F: DeserializeOwned>(&mut self) -> io::Result<Option<F>> {
        if self.held.len() < 4 || self.missing()? > 0 {
            return Ok(None);
        }
        let frame = serde_json::from_slice(&self.held[4..])?;
        self.held.clear();
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_carry_their_own_descriptors() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let helper = std::thread::spawn(move || {
            let channel = Channel::new(theirs);
            let (text, fds): (String, _) = channel.receive().unwrap().unwrap();
            assert_eq!((text.len(), fds.len()), (100_000, 2));
            let (text, fds): (String, _) = channel.receive().unwrap().unwrap();
            assert_eq!((text.as_str(), fds.len()), ("second", 0));
            channel.send(&"one", &[]).unwrap();
            channel.send(&"two", &[fds_of_stdin().as_fd()]).unwrap();
        });
        ours.set_nonblocking(true).unwrap();
        let mut channel = AsyncChannel::new(tokio::net::UnixStream::from_std(ours).unwrap());
        let fd = fds_of_stdin();
        let fds = [fd.as_fd(), fd.as_fd()];
        channel.send(&"x".repeat(100_000), &fds).await.unwrap();
        channel.send(&"second", &[]).await.unwrap();
        let (one, fds): (String, _) = channel.receive().await.unwrap().unwrap();
        assert_eq!((one.as_str(), fds.len()), ("one", 0));
        let (two, fds): (String, _) = channel.receive().await.unwrap().unwrap();
        assert_eq!((two.as_str(), fds.len()), ("two", 1));
        assert!(channel.receive::<String>().await.unwrap().is_none());
        helper.join().unwrap();
    }

    fn fds_of_stdin() -> OwnedFd {
        std::fs::File::open("/dev/null").unwrap().into()
    }

    #[test]
    fn frames_of_nonsense_lengths_are_refused() {
        assert!(length_of(u32::MAX.to_le_bytes()).is_err());
        assert_eq!(length_of(7u32.to_le_bytes()).unwrap(), 7);
    }
}
