//! Peers that speak what this stack does not: each is told so in its own protocol.

use std::time::Duration;

use efsm_core::Note;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::Stack;

/// For what a refused peer may still send.
const PATIENCE: Duration = Duration::from_secs(2);

/// A fatal TLS alert, `protocol_version` (RFC 8446 section 6), for a stack without TLS.
pub(crate) async fn tls(mut io: impl AsyncRead + AsyncWrite + Unpin, stack: &Stack) {
    const ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 70];
    note(
        stack,
        "a TLS connection was refused: this port speaks plain HTTP, use http://",
    );
    say(&mut io, &ALERT).await;
}

pub(crate) async fn unknown(mut io: impl AsyncRead + AsyncWrite + Unpin, stack: &Stack) {
    note(
        stack,
        "a connection was refused: its first bytes are neither HTTP, TLS nor PostgreSQL",
    );
    let text = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
                {\"error\":\"this is not HTTP\",\"hint\":\"the port speaks HTTP/1.1 and HTTP/2\"}";
    say(&mut io, text.as_bytes()).await;
}

/// Declines encryption until the start-up message comes, then answers it with a FATAL
/// ErrorResponse (PostgreSQL's message formats, protocol 3.0).
pub(crate) async fn postgres(mut io: impl AsyncRead + AsyncWrite + Unpin, stack: &Stack) {
    const SSL_REQUEST: u32 = 80_877_103;
    const GSSENC_REQUEST: u32 = 80_877_104;
    const LONGEST: u32 = 10_000;
    note(
        stack,
        "a PostgreSQL connection was refused: the stack's database is SQLite, use its libSQL URL",
    );
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

fn note(stack: &Stack, summary: &str) {
    stack
        .context
        .record("stack", "connection-refused", Note::new(summary));
}

async fn say(io: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) {
    let _ = io.write_all(bytes).await;
    let _ = io.shutdown().await;
    let mut scratch = [0; 1024];
    // What is unread at the close would turn it into a reset, and the message could be lost.
    let drain = async { while io.read(&mut scratch).await.is_ok_and(|n| n > 0) {} };
    let _ = tokio::time::timeout(PATIENCE, drain).await;
}
