//! Through an HTTP proxy: `http` URLs are asked of it whole, `https` ones through a tunnel (RFC 9110, section 9.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::PROXY_AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Uri};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ClientError;

/// How long a proxy's answer to CONNECT may be.
const LONGEST_ANSWER: usize = 16 << 10;

pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// `user:password`, as a header has it.
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads `http://user:password@host:port`.
    pub(super) fn parse(url: &str) -> Result<Self, ClientError> {
        let bad_url = || ClientError::Proxy {
            url: url.to_owned(),
        };
        let uri: Uri = url.parse().map_err(|_| bad_url())?;
        let authority = uri
            .authority()
            .filter(|_| uri.scheme_str() == Some("http"))
            .ok_or_else(bad_url)?;
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        let authorization = user.and_then(|user| {
            let user = percent_encoding::percent_decode_str(user).collect::<Vec<u8>>();
            HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(user))).ok()
        });
        Ok(Self {
            host: authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authorization,
        })
    }

    pub(super) fn authorise(&self, headers: &mut HeaderMap) {
        if let Some(authorization) = &self.authorization {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
    }

    /// Asks the proxy to connect to a host, after which the connection is that host's.
    pub(super) async fn tunnel(
        &self,
        tcp: &mut TcpStream,
        host: &str,
        port: u16,
    ) -> Result<(), String> {
        let brackets = if host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        let target = format!("{}{host}{}:{port}", brackets.0, brackets.1);
        let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            head.extend_from_slice(b"Proxy-Authorization: ");
            head.extend_from_slice(authorization.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        let failed = |error: std::io::Error| format!("the proxy broke off: {error}");
        tcp.write_all(&head).await.map_err(failed)?;
        let mut answer = Vec::new();
        // Byte by byte: what follows the answer is the host's.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= LONGEST_ANSWER {
                return Err("the proxy's answer has no end".to_owned());
            }
            answer.push(tcp.read_u8().await.map_err(failed)?);
        }
        let text = String::from_utf8_lossy(&answer);
        let line = text.lines().next().unwrap_or_default();
        let status = line.split(' ').nth(1).unwrap_or_default();
        if status.starts_with('2') {
            Ok(())
        } else {
            Err(format!("the proxy refuses to connect: {line}"))
        }
    }
}
