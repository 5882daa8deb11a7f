//! Accepting connections and speaking the protocol that each turns out to speak.

mod body;
mod exchange;
mod http1;
mod http2;
mod plain;
mod refuse;
mod registry;
mod request;
mod rewind;
mod socket;
mod tls;
mod tunnel;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use efsm_core::{BoxFuture, Connection, Limits, Peer};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::detect::{self, Protocol};
use crate::lent::{Accepted, LentListener};
use crate::{Host, Stack};

pub(crate) use registry::Connections;
use registry::Registered;
use rewind::Rewind;
use socket::{AnyTransport, Transport};
use tunnel::Tunnel;

/// Accepts until the stack stops; each connection is a task of its own.
pub(crate) async fn accept(host: Arc<Host>, stack: Arc<Stack>, listener: TcpListener) {
    let mut stopping = stack.stopping.subscribe();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, remote)) => {
                if stack.connections.len() >= stack.context.limits().connections {
                    // Closed without a word: an answer would need the very resources that are short.
                    drop(tcp);
                    continue;
                }
                tokio::spawn(serve(host.clone(), stack.clone(), tcp, remote));
            }
            // Out of file descriptors, or a peer that was gone before it was accepted. Waiting gives
            // connections the time to end; ending the loop would end the stack.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    stack.listening.send_replace(false);
}

/// Accepts on a listener that a stack was lent, until the stack stops or `lent` ends.
pub(crate) async fn accept_on_lent(
    host: Arc<Host>,
    stack: Arc<Stack>,
    listener: LentListener,
    mut lent: oneshot::Receiver<()>,
) {
    let mut stopping = stack.stopping.subscribe();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => return,
            _ = &mut lent => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(_) if stack.connections.len() >= stack.context.limits().connections => {}
            Ok(Accepted::Tcp(tcp, remote)) => {
                tokio::spawn(serve(host.clone(), stack.clone(), tcp, remote));
            }
            #[cfg(unix)]
            Ok(Accepted::Unix(unix)) => {
                // A Unix socket's peer has no address of the kind that requests are told.
                let peer = Peer {
                    local: stack.address,
                    ..Peer::default()
                };
                let io: AnyTransport = Box::new(unix);
                tokio::spawn(serve_from(host.clone(), stack.clone(), io, peer));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Whom a connection's requests come from, by what, and to which stack.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) host: Arc<Host>,
    pub(crate) stack: Arc<Stack>,
    pub(crate) peer: Peer,
    /// Present inside of a tunnel.
    pub(crate) tunnel: Option<Arc<Tunnel>>,
}

impl Caller {
    /// The caller of what comes through `tunnel`, whatever the connection around it is.
    fn through(&self, tunnel: Tunnel) -> Self {
        let mut caller = self.clone();
        caller.peer.tls = false;
        caller.tunnel = Some(Arc::new(tunnel));
        caller
    }
}

async fn serve(host: Arc<Host>, stack: Arc<Stack>, tcp: TcpStream, remote: SocketAddr) {
    // Answers are written whole; waiting for more would only delay them.
    let _ = tcp.set_nodelay(true);
    let peer = Peer {
        remote,
        local: tcp.local_addr().unwrap_or(stack.address),
        tls: false,
    };
    serve_from(host, stack, tcp, peer).await;
}

/// Looks at the first bytes and hands the connection over.
async fn serve_from(host: Arc<Host>, stack: Arc<Stack>, mut io: impl Transport, peer: Peer) {
    let entry = stack.connections.enter(stack.context.limits());
    let Some(Ok((protocol, prefix))) = entry
        .unless_told_to_close(first_bytes(&mut io, stack.context.limits()))
        .await
    else {
        return;
    };
    let caller = Caller {
        host,
        stack,
        peer,
        tunnel: None,
    };
    match protocol {
        Protocol::Http1 => http1::serve(caller, Rewind::new(io, prefix), entry).await,
        Protocol::Http2 => http2::serve(caller, Rewind::new(io, prefix), entry).await,
        Protocol::Postgres => postgres(caller, Rewind::new(io, prefix), entry).await,
        Protocol::Tls | Protocol::Unknown => {
            let io: AnyTransport = Box::new(io);
            speak(caller, Rewind::new(io, prefix), protocol, entry).await;
        }
    }
}

/// The same for what comes through TLS or a tunnel. Boxed, because each may hold the other, and so that plain
/// connections, of which there may be thousands, are not as large as these.
fn speak(
    caller: Caller,
    io: Rewind<AnyTransport>,
    protocol: Protocol,
    registered: Registered,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let leads_elsewhere = caller.tunnel.as_ref().is_some_and(|tunnel| !tunnel.is_own);
        match protocol {
            Protocol::Http1 => http1::serve(caller, io, registered).await,
            Protocol::Http2 => http2::serve(caller, io, registered).await,
            Protocol::Tls if !caller.peer.tls => {
                tls::serve(caller, Box::new(io), registered).await;
            }
            Protocol::Postgres if !leads_elsewhere => postgres(caller, io, registered).await,
            Protocol::Tls | Protocol::Postgres | Protocol::Unknown => {
                refuse::unknown(Box::new(io), &caller).await;
            }
        }
    })
}

async fn postgres(caller: Caller, io: impl Transport, registered: Registered) {
    let stack = caller.stack;
    let Some(database) = stack.service("database") else {
        return;
    };
    let connection = Connection {
        io: Box::new(io),
        peer: caller.peer,
    };
    match database.stream(connection) {
        Ok(wire) => {
            registered.unless_told_to_close(wire).await;
        }
        Err(connection) => refuse::postgres(connection.io, &stack).await,
    }
}

/// Why no protocol was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    Gone,
    TimedOut,
}

/// Reads until the protocol is clear.
async fn first_bytes(
    io: &mut (impl AsyncRead + Unpin),
    limits: &Limits,
) -> Result<(Protocol, Bytes), Silence> {
    let mut prefix = BytesMut::new();
    loop {
        let patience = if prefix.is_empty() {
            limits.idle_timeout
        } else {
            limits.header_timeout
        };
        let read = poll_fn(|cx| {
            // On the stack of the moment: thousands of silent connections hold no buffer.
            let mut scratch = [0; 1024];
            let mut buf = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut *io).poll_read(cx, &mut buf))?;
            prefix.extend_from_slice(buf.filled());
            Poll::Ready(io::Result::Ok(buf.filled().len()))
        });
        match tokio::time::timeout(patience, read).await {
            Err(_elapsed) => return Err(Silence::TimedOut),
            Ok(Ok(0) | Err(_)) => return Err(Silence::Gone),
            Ok(Ok(_)) => {}
        }
        if let Some(protocol) = detect::detect(&prefix) {
            return Ok((protocol, prefix.freeze()));
        }
    }
}
