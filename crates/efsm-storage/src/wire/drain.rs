//! Reading away what a client still sends after its request is decided.

use efsm_core::{Body, Limits};
use http_body::Body as _;

/// Reads and drops the rest of a body of an ordinary size.
///
/// A client that is still sending while the connection closes under it may lose the answer (RFC 9112
/// section 9.6); one that announces more than an ordinary body, or goes on past it, is cut off all the same.
pub(super) async fn rest(body: &mut Body, limits: &Limits) {
    if body.size_hint().lower() > limits.body_bytes {
        return;
    }
    let mut read = 0;
    while let Ok(Some(piece)) = body.next_piece().await {
        read += piece.len() as u64;
        if read > limits.body_bytes {
            return;
        }
    }
}
