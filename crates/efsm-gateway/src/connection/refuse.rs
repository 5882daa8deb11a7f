//! Peers that speak what this stack does not: each is told so in its own protocol.

use std::time::Duration;

use efsm_core::Note;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::rustls::{self, AlertDescription};

use super::Caller;
use super::socket::AnyTransport;
use super::tls::{Cause, Failure};
use crate::Stack;

/// The kind of the journal's entries.
const KIND: &str = "connection-refused";

/// For what a refused peer may still send.
const PATIENCE: Duration = Duration::from_secs(2);

/// What most failed handshakes come from.
const INSTALL: &str = "let the client trust the certificate of GET /_efsm/ca.pem: SSL_CERT_FILE, REQUESTS_CA_BUNDLE, \
                       NODE_EXTRA_CA_CERTS, CURL_CA_BUNDLE or AWS_CA_BUNDLE name a file with it";

/// A TLS handshake that failed.
pub(super) async fn handshake(failure: Failure, caller: &Caller) {
    let (error, hint) = diagnosis(&failure.cause);
    let tunnel = caller.tunnel.as_ref();
    let host = failure
        .asked_name
        .or_else(|| tunnel.map(|tunnel| tunnel.host().to_owned()))
        .unwrap_or_else(|| "this stack".to_owned());
    let summary = format!("a TLS connection to {host} was refused: {error}; {hint}");
    let note = Note::new(summary)
        .with("host", host)
        .with("error", error)
        .with("hint", hint);
    caller.stack.context.record("stack", KIND, note);
    if let Some(mut io) = failure.io {
        let alert = failure
            .alert
            .map(|alert| [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, u8::from(alert)]);
        let bytes = alert.as_ref().map_or(&[][..], |record| &record[..]);
        say(&mut io, bytes).await;
    }
}

/// What happened to a handshake, and what to try.
fn diagnosis(cause: &Cause) -> (String, &'static str) {
    let error = match cause {
        Cause::Handshake(error) => error,
        Cause::Certificate(error) => return (error.to_string(), "use http://"),
        Cause::TimedOut { .. } => {
            return (cause.to_string(), "send the whole handshake in time");
        }
    };
    let tls = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(alert)) => match alert {
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate => (
                format!("the client does not trust the stack's certificate ({alert:?})"),
                INSTALL,
            ),
            AlertDescription::CertificateExpired => (
                "the client takes the certificate for expired".to_owned(),
                "it holds on the system's clock and on the stack's: check the client's",
            ),
            alert => (format!("the client gave up ({alert:?})"), INSTALL),
        },
        Some(rustls::Error::NoApplicationProtocol) => (
            "the client offers neither HTTP/2 nor HTTP/1.1".to_owned(),
            "offer `h2` or `http/1.1` by ALPN, or nothing",
        ),
        Some(error @ rustls::Error::PeerIncompatible(_)) => {
            (error.to_string(), "use a client with TLS 1.2 or 1.3")
        }
        Some(error) => (error.to_string(), "send a well-formed TLS handshake"),
        None => (format!("the client went away ({error})"), INSTALL),
    }
}

/// A tunnel through which the client sends nothing: it waits for a server that speaks first.
pub(super) fn silent_tunnel(caller: &Caller) {
    let Some(tunnel) = &caller.tunnel else {
        return;
    };
    let summary = format!(
        "the tunnel to {tunnel} was closed: the client sent nothing through it; only HTTP and HTTPS are answered"
    );
    let note = Note::new(summary).with("host", tunnel.host());
    caller.stack.context.record("stack", KIND, note);
}

pub(super) async fn unknown(mut io: AnyTransport, caller: &Caller) {
    let tunnel = caller.tunnel.as_ref().filter(|tunnel| !tunnel.is_own);
    let summary = match tunnel {
        Some(tunnel) => format!(
            "the tunnel to {tunnel} was refused: what came through it is neither HTTP nor TLS with HTTP inside"
        ),
        None if caller.peer.tls => {
            "a TLS connection was refused: inside of it is neither HTTP nor PostgreSQL".to_owned()
        }
        None => "a connection was refused: its first bytes are neither HTTP, TLS nor PostgreSQL"
            .to_owned(),
    };
    let mut note = Note::new(summary);
    if let Some(tunnel) = tunnel {
        note = note.with("host", tunnel.host());
    }
    caller.stack.context.record("stack", KIND, note);
    let text = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
                {\"error\":\"this is not HTTP\",\"hint\":\"the port speaks HTTP/1.1 and HTTP/2, plain or in TLS\"}";
    say(&mut io, text.as_bytes()).await;
}

/// Declines encryption until the start-up message comes, then answers it with a FATAL
/// ErrorResponse (PostgreSQL's message formats, protocol 3.0).
pub(crate) async fn postgres(mut io: impl AsyncRead + AsyncWrite + Unpin, stack: &Stack) {
    const SSL_REQUEST: u32 = 80_877_103;
    const GSSENC_REQUEST: u32 = 80_877_104;
    const LONGEST: u32 = 10_000;
    let summary =
        "a PostgreSQL connection was refused: the stack's database is SQLite, use its libSQL URL";
    stack.context.record("stack", KIND, Note::new(summary));
    // At most both requests for encryption come before the start-up message.
    for _ in 0..3 {
        let mut head = [0; 8];
        let read = tokio::time::timeout(PATIENCE, io.read_exact(&mut head)).await;
        if !matches!(read, Ok(Ok(_))) {
            return;
        }
        let [length, code] = [&head[..4], &head[4..]]
            .map(|four| four.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)));
        if code == SSL_REQUEST || code == GSSENC_REQUEST {
            if io.write_all(b"N").await.is_err() {
                return;
            }
            continue;
        }
        if (8..=LONGEST).contains(&length) {
            let mut rest = vec![0; length as usize - 8];
            let _ = tokio::time::timeout(PATIENCE, io.read_exact(&mut rest)).await;
        }
        break;
    }
    let mut fields = Vec::new();
    for (tag, text) in [
        (b'S', "FATAL"),
        (b'V', "FATAL"),
        (b'C', "0A000"),
        (
            b'M',
            "this stack's database does not speak PostgreSQL's protocol",
        ),
        (
            b'H',
            "Use its libSQL URL: GET /_efsm/env prints DATABASE_URL.",
        ),
    ] {
        fields.push(tag);
        fields.extend_from_slice(text.as_bytes());
        fields.push(0);
    }
    fields.push(0);
    let mut message = vec![b'E'];
    message.extend_from_slice(&(fields.len() as u32 + 4).to_be_bytes());
    message.extend_from_slice(&fields);
    say(&mut io, &message).await;
}

async fn say(io: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) {
    let _ = io.write_all(bytes).await;
    let _ = io.shutdown().await;
    let mut scratch = [0; 1024];
    // What is unread at the close would turn it into a reset, and the message could be lost.
    let drain = async { while io.read(&mut scratch).await.is_ok_and(|n| n > 0) {} };
    let _ = tokio::time::timeout(PATIENCE, drain).await;
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio_rustls::rustls::{Error, PeerIncompatible};

    use super::*;

    #[test]
    fn each_failed_handshake_is_told_with_what_to_try() {
        let tls = |error: Error| io::Error::new(io::ErrorKind::InvalidData, error);
        let alert = |alert| tls(Error::AlertReceived(alert));
        for (error, what, hint) in [
            (
                alert(AlertDescription::UnknownCA),
                "does not trust",
                "ca.pem",
            ),
            (
                alert(AlertDescription::BadCertificate),
                "does not trust",
                "ca.pem",
            ),
            (
                alert(AlertDescription::CertificateExpired),
                "expired",
                "clock",
            ),
            (
                alert(AlertDescription::UserCanceled),
                "UserCanceled",
                "ca.pem",
            ),
            (
                io::ErrorKind::UnexpectedEof.into(),
                "client went away",
                "ca.pem",
            ),
            (
                io::ErrorKind::ConnectionReset.into(),
                "client went away",
                "ca.pem",
            ),
            (
                tls(PeerIncompatible::Tls12NotOffered.into()),
                "incompatible",
                "TLS 1.2",
            ),
            (tls(Error::NoApplicationProtocol), "HTTP/2", "ALPN"),
            (tls(Error::DecryptError), "decrypt", "well-formed"),
        ] {
            let (told, advice) = diagnosis(&Cause::Handshake(error));
            assert!(told.contains(what), "{told}");
            assert!(advice.contains(hint), "{told}: {advice}");
        }
    }
}
