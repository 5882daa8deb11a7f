//! TLS, on the port itself or inside of a tunnel: answered with a certificate of the stack's own authority for
//! the host that the client means, and then looked into as if it were a connection of its own.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use efsm_tls::{Name, ServerConfig, TlsError};
use tokio_rustls::rustls::AlertDescription;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use super::registry::Registered;
use super::rewind::Rewind;
use super::socket::AnyTransport;
use super::{Caller, first_bytes, http2, refuse, speak};

/// What a finished handshake gives.
struct Accepted {
    stream: TlsStream<AnyTransport>,
    asked_name: Option<String>,
}

/// Why a handshake failed, and the connection where the peer may still be told.
pub(super) struct Failure {
    pub(super) asked_name: Option<String>,
    pub(super) cause: Cause,
    /// What rustls has not told the peer itself (RFC 8446 section 6).
    pub(super) alert: Option<AlertDescription>,
    pub(super) io: Option<AnyTransport>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error(transparent)]
    Handshake(#[from] io::Error),
    #[error(transparent)]
    Certificate(#[from] TlsError),
    #[error("the handshake was not complete after {seconds} seconds")]
    TimedOut { seconds: u64 },
}

pub(super) async fn serve(mut caller: Caller, io: AnyTransport, registered: Registered) {
    let patience = caller.stack.context.limits().header_timeout;
    // As in a tunnel: patience is counted here, so that its end can be told.
    let shaking_hands = registered.entry().begin_request();
    let shaken = registered
        .unless_told_to_close(tokio::time::timeout(patience, accept(&caller, io)))
        .await;
    drop(shaking_hands);
    let Accepted { stream, asked_name } = match shaken {
        None => return,
        Some(Ok(Ok(accepted))) => accepted,
        Some(Ok(Err(failure))) => return refuse::handshake(failure, &caller).await,
        Some(Err(_elapsed)) => {
            let failure = Failure {
                asked_name: None,
                cause: Cause::TimedOut {
                    seconds: patience.as_secs(),
                },
                alert: None,
                io: None,
            };
            return refuse::handshake(failure, &caller).await;
        }
    };
    caller.peer.tls = true;
    if let (Some(tunnel), Some(name)) = (&caller.tunnel, &asked_name)
        && let Some(named) = tunnel.under_name(name)
    {
        caller.tunnel = Some(Arc::new(named));
    }
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let mut io: AnyTransport = Box::new(stream);
    if is_http2 {
        return http2::serve(caller, Rewind::new(io, Bytes::new()), registered).await;
    }
    // Clients that negotiate nothing may still mean either.
    let limits = caller.stack.context.limits();
    let first = registered
        .unless_told_to_close(first_bytes(&mut io, limits))
        .await;
    if let Some(Ok((protocol, prefix))) = first {
        speak(caller, Rewind::new(io, prefix), protocol, registered).await;
    }
}

async fn accept(caller: &Caller, io: AnyTransport) -> Result<Accepted, Failure> {
    let mut acceptor = pin!(LazyConfigAcceptor::new(Acceptor::default(), io));
    let start = match acceptor.as_mut().await {
        Ok(start) => start,
        Err(error) => {
            return Err(Failure {
                asked_name: None,
                cause: error.into(),
                alert: Some(AlertDescription::DecodeError),
                io: acceptor.take_io(),
            });
        }
    };
    let asked_name = start.client_hello().server_name().map(str::to_owned);
    let config = match config_for(caller, &start) {
        Ok(config) => config,
        Err(error) => {
            return Err(Failure {
                asked_name,
                cause: error.into(),
                alert: Some(AlertDescription::InternalError),
                io: Some(start.io),
            });
        }
    };
    match start.into_stream(config).into_fallible().await {
        Ok(stream) => Ok(Accepted { stream, asked_name }),
        Err((error, io)) => Err(Failure {
            asked_name,
            cause: error.into(),
            alert: None,
            io: Some(io),
        }),
    }
}

/// The name that the client sends by SNI counts first, then where its tunnel leads; without either the client came to
/// the stack itself, by a loopback name or an address.
fn config_for(
    caller: &Caller,
    start: &StartHandshake<AnyTransport>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let asked = start.client_hello().server_name().map(Name::of_host);
    let names = match &caller.tunnel {
        Some(tunnel) if !tunnel.is_own => {
            vec![asked.unwrap_or_else(|| Name::of_host(tunnel.host()))]
        }
        _ => Name::of_stack(asked, caller.peer.local.ip()),
    };
    let stack = &caller.stack;
    stack.authority.server_config(names, stack.context.now())
}
