//! The WebSocket handshake (RFC 6455 section 4) and the socket behind it.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_core::{Body, Io, Request, Response, Upgrade};
use http::header::{
    CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderValue, StatusCode};
use tokio_tungstenite::WebSocketStream;
pub use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
pub use tokio_tungstenite::tungstenite::{self, Message};

use crate::answer;

pub type Socket = WebSocketStream<Box<dyn Io>>;

/// A handshake that was answered; the socket is there once the answer was sent.
#[derive(Debug)]
pub struct Handshake {
    upgrade: Upgrade,
    /// The subprotocol that was chosen, of those offered.
    pub protocol: Option<&'static str>,
}

/// Whether the request asks for a WebSocket.
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    // Asked of every request that is dispatched: most have no such header.
    headers.keys().any(|name| name == UPGRADE)
        && has_token(headers, UPGRADE, "websocket")
        && has_token(headers, CONNECTION, "upgrade")
}

/// The subprotocols that the client offers, in its order of preference.
pub fn offered_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Answers the handshake: the `101` to return, and the handshake to await in a task of its own.
///
/// `protocols` are the subprotocols that the service speaks, best first; with none, the client's are
/// ignored. On refusal the error is the response to return.
pub fn accept(
    request: &mut Request,
    protocols: &[&'static str],
) -> Result<(Response, Handshake), Response> {
    let headers = &request.head.headers;
    if !is_upgrade(headers) {
        let mut refusal = answer::error_with_hint(
            StatusCode::UPGRADE_REQUIRED,
            "this call is a WebSocket",
            "connect with ws:// and an HTTP/1.1 upgrade",
        );
        refusal
            .headers_mut()
            .insert(UPGRADE, HeaderValue::from_static("websocket"));
        return Err(refusal);
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|v| v != "13") {
        let mut refusal = answer::error(
            StatusCode::UPGRADE_REQUIRED,
            "only version 13 of the WebSocket protocol is spoken here",
        );
        refusal
            .headers_mut()
            .insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(refusal);
    }
    let bad = |message: &str| answer::error(StatusCode::BAD_REQUEST, message);
    let accept = headers
        .get(SEC_WEBSOCKET_KEY)
        .filter(|key| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16))
        .map(|key| accept_key(key.as_bytes()))
        .ok_or_else(|| bad("Sec-WebSocket-Key must be 16 bytes in base64"))?;
    let protocol = protocols
        .iter()
        .find(|ours| offered_protocols(headers).any(|theirs| theirs == **ours))
        .copied();
    let upgrade = request
        .upgrade
        .take()
        .ok_or_else(|| bad("a WebSocket needs an HTTP/1.1 connection that can be upgraded"))?;

    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    Ok((response, Handshake { upgrade, protocol }))
}

impl Handshake {
    /// The socket; frames and messages are bounded by `config`.
    pub async fn socket(self, config: WebSocketConfig) -> std::io::Result<Socket> {
        let io = self.upgrade.io().await?;
        let role = tungstenite::protocol::Role::Server;
        Ok(WebSocketStream::from_raw_socket(io, role, Some(config)).await)
    }
}

fn accept_key(key: &[u8]) -> HeaderValue {
    // RFC 6455 section 1.3 fixes SHA-1 and this GUID.
    let mut sha1 = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    sha1.update(key);
    sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    HeaderValue::from_str(&STANDARD.encode(sha1.finish())).expect("base64 is visible ASCII")
}

fn has_token(headers: &HeaderMap, name: http::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(headers: &[(&str, &str)], ours: &[&'static str]) -> Result<Response, StatusCode> {
        let mut request = http::Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = Request::new(request.body(()).unwrap());
        request.upgrade = Some(Upgrade::new(std::future::pending()));
        accept(&mut request, ours)
            .map(|(response, _)| response)
            .map_err(|refusal| refusal.status())
    }

    const GOOD: [(&str, &str); 5] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "hrana1, hrana2"),
    ];

    #[test]
    fn handshake_of_the_rfc_is_accepted() {
        let response = handshake(&GOOD, &["hrana3", "hrana2", "hrana1"]).unwrap();
        assert_eq!(response.status(), 101);
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(
            header("sec-websocket-accept"),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        assert_eq!(header("sec-websocket-protocol"), "hrana2");
    }

    #[test]
    fn handshake_with_a_part_missing_or_wrong_is_refused() {
        for (missing, status) in [(0, 426), (1, 426), (2, 426), (3, 400)] {
            let mut headers = GOOD.to_vec();
            headers.remove(missing);
            assert_eq!(
                handshake(&headers, &[]).unwrap_err(),
                status,
                "without {:?}",
                GOOD[missing]
            );
        }
        let mut headers = GOOD;
        headers[3].1 = "c2hvcnQ=";
        assert_eq!(handshake(&headers, &[]).unwrap_err(), 400);
    }
}
