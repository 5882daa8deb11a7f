//! Faults at the socket.

use bytes::{BufMut as _, BytesMut};
use efsm_core::{Entropy, Response, SocketFault};

use crate::engine::response::Fault;

/// The answer that makes the gateway break the connection.
pub(super) fn answer(fault: Fault, entropy: &Entropy) -> Response {
    let socket = match fault {
        Fault::EmptyResponse => SocketFault::Close,
        Fault::ConnectionResetByPeer => SocketFault::Reset,
        Fault::MalformedResponseChunk => {
            let mut bytes =
                BytesMut::from(&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..]);
            bytes.put(&garbage(entropy)[..]);
            SocketFault::Raw(bytes.freeze())
        }
        Fault::RandomDataThenClose => {
            let mut bytes = BytesMut::new();
            bytes.put(&garbage(entropy)[..]);
            SocketFault::Raw(bytes.freeze())
        }
    };
    let mut response = Response::new(efsm_core::Body::Empty);
    response.extensions_mut().insert(socket);
    response
}

/// Bytes that are no status line, no chunk size and no UTF-8.
fn garbage(entropy: &Entropy) -> [u8; 48] {
    let mut bytes = [0; 48];
    entropy.fill(&mut bytes);
    for byte in &mut bytes {
        *byte |= 0x80;
    }
    bytes
}
