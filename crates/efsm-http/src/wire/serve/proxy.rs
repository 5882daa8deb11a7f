//! Answers fetched from elsewhere.

use bytes::Bytes;
use efsm_core::{ResponseFuture, Stopwatch};
use http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use super::{body, event};
use crate::engine::request::{KeptContent, LoggedRequest, unpacked};
use crate::engine::response::{Proxy, append_header};
use crate::engine::serve_event::Built;
use crate::service::HttpService;
use crate::wire::client::{ClientError, Trust};

/// Headers of one connection (RFC 9110 section 7.6.1), and those of a proxy's own.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What came back.
pub(super) struct Fetched {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Why nothing came back.
    pub(super) error: Option<String>,
}

impl HttpService {
    /// Sends the request on to where the stub says.
    pub(super) async fn fetch(
        &self,
        request: &LoggedRequest,
        proxy: &Proxy,
        extra_headers: &HeaderMap,
    ) -> Fetched {
        let url = request.url();
        let url = match &proxy.prefix_to_remove {
            Some(prefix) => url.strip_prefix(prefix.as_str()).unwrap_or(url),
            None => url,
        };
        let target = format!("{}{url}", proxy.base_url.trim_end_matches('/'));
        let mut headers = forwarded(request.headers());
        headers.remove(HOST);
        for name in &proxy.remove_headers {
            headers.remove(name.as_str());
        }
        for (name, values) in &proxy.add_headers {
            headers.remove(name.as_str());
            for value in values {
                append_header(&mut headers, name, value);
            }
        }
        headers.extend(extra_headers.clone());
        let through = proxy.through.as_deref();
        self.send_on(request, &target, headers, Trust::Any, through)
            .await
    }

    /// Sends a request on to the host that it names, when that host has no stubs.
    pub(in crate::wire) fn pass_on(
        &self,
        request: LoggedRequest,
        watch: Stopwatch,
    ) -> ResponseFuture<'_> {
        ResponseFuture::new(async move {
            let target = request.absolute_url();
            let headers = forwarded(request.headers());
            let fetched = self
                .send_on(&request, &target, headers, Trust::System, None)
                .await;
            let Fetched {
                status,
                headers,
                body,
                error: _,
            } = fetched;
            let limit = self.context().limits().body_bytes;
            let answer = Built {
                status,
                content: KeptContent::new(&headers, &unpacked(&headers, body.clone(), limit)),
                fault: None,
                proxied: true,
            };
            let response = body::answer(&request, status, headers, body);
            let event = event(self.new_id(), &request, None, 0, answer.into());
            self.log(event, &watch, std::time::Duration::ZERO);
            response
        })
    }

    async fn send_on(
        &self,
        request: &LoggedRequest,
        target: &str,
        headers: HeaderMap,
        trust: Trust,
        through: Option<&str>,
    ) -> Fetched {
        let Ok(uri) = target.parse::<Uri>() else {
            let error = ClientError::Url {
                url: target.to_owned(),
            };
            return failure(target, &error);
        };
        let mut outgoing = http::Request::new(body_as_received(request));
        *outgoing.method_mut() = request.method().clone();
        *outgoing.uri_mut() = uri;
        *outgoing.headers_mut() = headers;
        let limit = self.context().limits().body_bytes;
        let client = self.client();
        match client.send_through(through, outgoing, trust, limit).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                Fetched {
                    status: head.status,
                    headers: without_hops(&head.headers),
                    body,
                    error: None,
                }
            }
            Err(error) => failure(target, &error),
        }
    }
}

/// The headers of a request that go on. A client that accepts gzip gets gzip, and any other gets plain bytes: what
/// the journal and a recording hold must be readable.
fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut kept = without_hops(headers);
    kept.remove(CONTENT_LENGTH);
    let gzip = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .any(|value| value.to_str().is_ok_and(|text| text.contains("gzip")));
    kept.remove(ACCEPT_ENCODING);
    if gzip {
        kept.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    kept
}

fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(&name.as_str()) && !named.contains(name) {
            kept.append(name, value.clone());
        }
    }
    kept
}

/// The body, packed again when it was unpacked on its way in.
fn body_as_received(request: &LoggedRequest) -> Bytes {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    let body = request.body();
    let was_unpacked = request
        .headers()
        .get(http::header::CONTENT_ENCODING)
        .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"))
        && !body.is_empty()
        && !body.starts_with(GZIP);
    if was_unpacked {
        body::pack(body).unwrap_or_else(|| body.clone())
    } else {
        body.clone()
    }
}

fn failure(target: &str, error: &ClientError) -> Fetched {
    let mut headers = HeaderMap::new();
    headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain"),
    );
    Fetched {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        headers,
        body: format!(
            "Network failure trying to make a proxied request from WireMock to {target}\n{error}"
        )
        .into(),
        error: Some(error.to_string()),
    }
}
