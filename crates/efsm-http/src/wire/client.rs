//! The outgoing side: proxied requests and webhooks.
//!
//! One HTTP/1.1 connection a request: what is proxied to is a test's upstream, and a pool would keep
//! connections of a stack alive after it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::Body;
use http::header::HOST;
use http::{HeaderValue, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

mod through;
mod trust;

use self::through::Proxy;

/// For connecting, and then for the whole exchange.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const EXCHANGE_TIMEOUT: Duration = Duration::from_mins(5);

/// Sends requests; the TLS configurations are made when the first https URL is met.
#[derive(Debug, Default)]
pub(crate) struct Client {
    verifying: OnceLock<Result<Arc<ClientConfig>, String>>,
    trusting: OnceLock<Result<Arc<ClientConfig>, String>>,
}

/// Whose certificates are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Any: targets that a stub names are the test's own, and often sign for themselves.
    Any,
    /// Those that the system's authorities vouch for.
    System,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("{url} is not a URL that can be fetched: use http:// or https:// and a host")]
    Url { url: String },
    #[error("{url} is not the URL of an HTTP proxy: use http:// and a host")]
    Proxy { url: String },
    #[error("{url} could not be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url} took longer than {seconds} seconds")]
    TimedOut { url: String, seconds: u64 },
    #[error("{url} broke off its answer: {reason}")]
    Broken { url: String, reason: String },
}

impl Client {
    /// Sends one request with an absolute URL, and reads the answer whole, up to `limit_bytes`.
    pub(crate) async fn send(
        &self,
        request: http::Request<Bytes>,
        trust: Trust,
        limit_bytes: u64,
    ) -> Result<http::Response<Bytes>, ClientError> {
        self.send_through(None, request, trust, limit_bytes).await
    }

    /// The same through an HTTP proxy, given by its URL, when there is one.
    pub(crate) async fn send_through(
        &self,
        proxy: Option<&str>,
        request: http::Request<Bytes>,
        trust: Trust,
        limit_bytes: u64,
    ) -> Result<http::Response<Bytes>, ClientError> {
        let url = request.uri().to_string();
        let exchange = self.exchange(proxy, request, trust, limit_bytes);
        match tokio::time::timeout(EXCHANGE_TIMEOUT, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(ClientError::TimedOut {
                url,
                seconds: EXCHANGE_TIMEOUT.as_secs(),
            }),
        }
    }

    async fn exchange(
        &self,
        proxy: Option<&str>,
        request: http::Request<Bytes>,
        trust: Trust,
        limit_bytes: u64,
    ) -> Result<http::Response<Bytes>, ClientError> {
        let url = request.uri().to_string();
        let (mut head, body) = request.into_parts();
        let bad_url = || ClientError::Url { url: url.clone() };
        let https = match head.uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(bad_url()),
        };
        let authority = head.uri.authority().cloned().ok_or_else(bad_url)?;
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = authority.port_u16().unwrap_or(if https { 443 } else { 80 });
        if !head.headers.contains_key(HOST) {
            let value = HeaderValue::from_str(authority.as_str()).map_err(|_| bad_url())?;
            head.headers.insert(HOST, value);
        }
        let proxy = proxy.map(Proxy::parse).transpose()?;
        match &proxy {
            // A proxy is told the whole URL of what it is to fetch, and only the host of what it is to connect to.
            Some(proxy) if !https => proxy.authorise(&mut head.headers),
            _ => {
                let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
                head.uri = path.parse::<Uri>().map_err(|_| bad_url())?;
            }
        }
        head.version = http::Version::HTTP_11;
        let unreachable = |reason: String| ClientError::Unreachable {
            url: url.clone(),
            reason,
        };
        let (to_host, to_port) = match &proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (host.as_str(), port),
        };
        let connect = TcpStream::connect((to_host, to_port));
        let mut tcp = tokio::time::timeout(CONNECT_TIMEOUT, connect)
            .await
            .map_err(|_| unreachable("no connection within 30 seconds".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        // Small requests are not held back to be joined with later ones.
        let _ = tcp.set_nodelay(true);
        let request = http::Request::from_parts(head, Body::from(body));
        let response = if https {
            if let Some(proxy) = &proxy {
                proxy
                    .tunnel(&mut tcp, &host, port)
                    .await
                    .map_err(unreachable)?;
            }
            let name = ServerName::try_from(host).map_err(|_| bad_url())?;
            let config = self.tls(trust).map_err(unreachable)?;
            let tls = TlsConnector::from(config)
                .connect(name, tcp)
                .await
                .map_err(|error| unreachable(error.to_string()))?;
            over(TokioIo::new(tls), request).await
        } else {
            over(TokioIo::new(tcp), request).await
        };
        let response = response.map_err(|error| unreachable(error.to_string()))?;
        let (head, body) = response.into_parts();
        let body = http_body_util::Limited::new(body, limit_bytes as usize);
        let body = http_body_util::BodyExt::collect(body)
            .await
            .map_err(|error| ClientError::Broken {
                url: url.clone(),
                reason: error.to_string(),
            })?;
        Ok(http::Response::from_parts(head, body.to_bytes()))
    }

    fn tls(&self, trust: Trust) -> Result<Arc<ClientConfig>, String> {
        match trust {
            Trust::Any => self.trusting.get_or_init(trust::any),
            Trust::System => self.verifying.get_or_init(trust::system),
        }
        .clone()
    }
}

async fn over<I>(
    io: I,
    request: http::Request<Body>,
) -> Result<http::Response<hyper::body::Incoming>, hyper::Error>
where
    I: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .handshake::<I, Body>(io)
        .await?;
    // Ends by itself when the answer was read and the sender is gone.
    tokio::spawn(connection);
    sender.send_request(request).await
}
