//! Plain requests, which are nearly all of a test's: whole in what one read brings, with nothing that concerns the
//! connection, and answered at once by a small body at hand. They are read and answered here, at half of what hyper
//! costs for one.
//!
//! All else is hyper's, and from then on the connection is, too: it is given what was read, and the answer when the
//! request was already asked. So nothing is decided here that hyper could decide otherwise: chunks, upgrades,
//! `Expect`, requests in a row, closing, HTTP/1.0, answers that wait or come in pieces, and every refusal.

mod response;

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::exchange::{self, Answer};
use super::registry::{InFlight, Listener, Signal};
use super::request::{Answered, Answering};
use super::socket::{Socket, Transport};
use crate::plain_request::{self, Reading};
use response::Date;

/// As much as hyper reads at first. It lies on the stack of the moment: connections that are silent hold no buffer.
const READ_BYTES: usize = 8192;

/// What a connection holds on to between two answers, at most.
const KEPT_BYTES: usize = 1024;
const KEPT_LINES: usize = 32;

/// What plain requests left of a connection.
#[expect(clippy::large_enum_variant, reason = "a connection has one, once")]
pub(super) enum Rest<'a> {
    /// The peer sends no more, or the stack drains: nothing is owed to anybody.
    Ended,
    /// Told to close, or broken.
    Closed,
    /// hyper goes on, with these bytes first; `answer` is the answer to the request that they begin with.
    ForHyper {
        read: Bytes,
        answer: Option<Answer<'a>>,
    },
}

impl Rest<'_> {
    fn for_hyper(read: &[u8]) -> Self {
        Self::ForHyper {
            read: Bytes::copy_from_slice(read),
            answer: None,
        }
    }
}

/// Answers the plain requests of a connection, up to the first other one.
pub(super) async fn serve<'a, T: Transport>(
    answering: &'a Answering,
    socket: &mut Socket<T>,
    listener: &mut Listener,
) -> Rest<'a> {
    let mut plain = Plain {
        answering,
        socket,
        unsent: Vec::new(),
        sent: 0,
        in_flight: None,
        date: Date::default(),
        spare: HeaderMap::new(),
        has_served: false,
    };
    poll_fn(|cx| plain.poll(listener, cx)).await
}

struct Plain<'a, 's, T> {
    answering: &'a Answering,
    socket: &'s mut Socket<T>,
    /// The answer on its way, and how much of it has gone.
    unsent: Vec<u8>,
    sent: usize,
    /// Until the answer is sent whole.
    in_flight: Option<InFlight>,
    date: Date,
    /// The map of the last answer's headers, for those of the next request.
    spare: HeaderMap,
    has_served: bool,
}

impl<'a, T: Transport> Plain<'a, '_, T> {
    fn poll(&mut self, listener: &mut Listener, cx: &mut Context<'_>) -> Poll<Rest<'a>> {
        let signal = listener.poll(&self.answering.entry, cx);
        if signal == Signal::Close {
            return Poll::Ready(Rest::Closed);
        }
        loop {
            if self.in_flight.is_some() && ready!(self.poll_send(cx)).is_err() {
                return Poll::Ready(Rest::Closed);
            }
            match signal {
                Signal::GoOn => {}
                Signal::Drain if self.has_served => return Poll::Ready(Rest::Ended),
                _ => return Poll::Ready(Rest::for_hyper(&[])),
            }
            let mut scratch = [MaybeUninit::uninit(); READ_BYTES];
            let mut read = ReadBuf::uninit(&mut scratch);
            let Ok(reading) = ready!(self.poll_request(&mut read, cx)) else {
                return Poll::Ready(Rest::Closed);
            };
            let answer = match reading {
                Reading::Plain(head, body) => {
                    let mut answer = exchange::answer_of_parts(self.answering, head, body, None);
                    if self.take_fixed(&mut answer) {
                        continue;
                    }
                    match Pin::new(&mut answer).poll(cx) {
                        Poll::Pending => answer,
                        Poll::Ready(answered) => match self.take(answered) {
                            Ok(()) => continue,
                            Err(answered) => Answer::Ready(Some(answered)),
                        },
                    }
                }
                Reading::Incomplete | Reading::Other if read.filled().is_empty() => {
                    return Poll::Ready(Rest::Ended);
                }
                Reading::Incomplete | Reading::Other => {
                    return Poll::Ready(Rest::for_hyper(read.filled()));
                }
            };
            return Poll::Ready(Rest::ForHyper {
                read: Bytes::copy_from_slice(read.filled()),
                answer: Some(answer),
            });
        }
    }

    /// A request out of what is at hand. Its beginning may have been read when the protocol was not yet clear, and
    /// then the rest is still in the socket.
    fn poll_request(
        &mut self,
        read: &mut ReadBuf<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Reading>> {
        ready!(Pin::new(&mut *self.socket).poll_read(cx, read))?;
        loop {
            let reading = plain_request::read(read.filled(), &mut self.spare);
            if !matches!(reading, Reading::Incomplete) || read.remaining() == 0 {
                return Poll::Ready(Ok(reading));
            }
            let before = read.filled().len();
            let polled = Pin::new(&mut *self.socket).poll_read(cx, read);
            if !matches!(polled, Poll::Ready(Ok(()))) || read.filled().len() == before {
                return Poll::Ready(Ok(reading));
            }
        }
    }

    /// Takes an answer to be sent that was made, and written, in advance.
    fn take_fixed(&mut self, answer: &mut Answer<'_>) -> bool {
        let Answer::Fixed(answer) = answer else {
            return false;
        };
        let is_written = answer.as_ref().is_some_and(|(_, fixed)| {
            response::write_fixed(fixed, &mut self.date, &mut self.unsent)
        });
        if is_written {
            self.in_flight = answer.take().map(|(exchange, _)| exchange.into_in_flight());
            self.has_served = true;
        }
        is_written
    }

    /// Takes an answer to be sent; gives one back that is not plain.
    fn take(&mut self, answered: Answered) -> Result<(), Answered> {
        let Ok(answer) = answered else {
            return Err(answered);
        };
        if !response::write(&answer, &mut self.date, &mut self.unsent) {
            return Err(Ok(answer));
        }
        let (head, body) = answer.into_parts();
        if head.headers.capacity() <= KEPT_LINES {
            self.spare = head.headers;
            self.spare.clear();
        }
        self.in_flight = Some(body.into_in_flight());
        self.has_served = true;
        Ok(())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.unsent.len() {
            let polled = Pin::new(&mut *self.socket).poll_write(cx, &self.unsent[self.sent..]);
            match ready!(polled)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.sent += written,
            }
        }
        ready!(Pin::new(&mut *self.socket).poll_flush(cx))?;
        self.unsent.clear();
        self.unsent.shrink_to(KEPT_BYTES);
        self.sent = 0;
        self.in_flight = None;
        Poll::Ready(Ok(()))
    }
}
