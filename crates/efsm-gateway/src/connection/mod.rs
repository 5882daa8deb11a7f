//! Accepting connections and speaking the protocol that each turns out to speak.

mod body;
mod http1;
mod http2;
mod refuse;
mod registry;
mod request;
mod rewind;
mod socket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use efsm_core::{Connection, Peer};
use tokio::net::{TcpListener, TcpStream};

use crate::detect::{self, Protocol};
use crate::{Host, Stack};

pub(crate) use registry::Connections;
use rewind::Rewind;

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

/// Looks at the first bytes and hands the connection over.
async fn serve(host: Arc<Host>, stack: Arc<Stack>, mut tcp: TcpStream, remote: SocketAddr) {
    // Answers are written whole; waiting for more would only delay them.
    let _ = tcp.set_nodelay(true);
    let local = tcp.local_addr().unwrap_or(stack.address);
    let peer = Peer {
        remote,
        local,
        tls: false,
    };
    let entry = stack.connections.enter(stack.context.limits());
    let Some((protocol, prefix)) = entry
        .unless_told_to_close(first_bytes(&mut tcp, &stack))
        .await
        .flatten()
    else {
        return;
    };
    let io = Rewind::new(tcp, prefix);
    match protocol {
        Protocol::Http1 => http1::serve(host, stack, io, peer, entry).await,
        Protocol::Http2 => http2::serve(host, stack, io, peer, entry).await,
        Protocol::Postgres => {
            let connection = Connection {
                io: Box::new(io),
                peer,
            };
            let refused = match stack
                .service("database")
                .map(|database| database.stream(connection))
            {
                Some(Ok(wire)) => {
                    entry.unless_told_to_close(wire).await;
                    return;
                }
                Some(Err(connection)) => connection,
                None => return,
            };
            refuse::postgres(refused.io, &stack).await;
        }
        Protocol::Tls => refuse::tls(io, &stack).await,
        Protocol::Unknown => refuse::unknown(io, &stack).await,
    }
}

/// Reads until the protocol is clear. `None` when the peer went away or took too long.
async fn first_bytes(tcp: &mut TcpStream, stack: &Stack) -> Option<(Protocol, bytes::Bytes)> {
    let limits = stack.context.limits();
    let mut prefix = BytesMut::new();
    loop {
        let patience = if prefix.is_empty() {
            limits.idle_timeout
        } else {
            limits.header_timeout
        };
        // The buffer is taken only once there is something to read: thousands of silent connections cost nothing.
        tokio::time::timeout(patience, tcp.readable())
            .await
            .ok()?
            .ok()?;
        prefix.reserve(1024);
        match tcp.try_read_buf(&mut prefix) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return None,
        }
        if let Some(protocol) = detect::detect(&prefix) {
            return Some((protocol, prefix.freeze()));
        }
    }
}
