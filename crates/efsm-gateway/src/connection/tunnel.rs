//! Tunnels: what a client sends through a CONNECT is looked at again and answered here, in the place
//! of the host to which the tunnel leads. Nothing is passed on unseen.

use efsm_core::BoxFuture;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Uri};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::registry::{InFlight, Registered};
use super::rewind::Rewind;
use super::socket::AnyTransport;
use super::{Caller, Silence, first_bytes, refuse, speak};
use crate::dispatch::{self, Directory, Target};

/// Where a CONNECT leads.
#[derive(Clone, Debug)]
pub(crate) struct Tunnel {
    host: String,
    port: Option<u16>,
    /// Back to the stack itself: requests inside are as if there were no tunnel.
    pub(crate) is_own: bool,
    /// How the URL of a request inside names the host: without the scheme's own port.
    plain: Authority,
    secure: Authority,
}

impl Tunnel {
    /// Reads the target of a CONNECT; `None` when it names no host.
    pub(crate) fn to(uri: &Uri, is_own: bool) -> Option<Self> {
        let host = uri.host().filter(|host| !host.is_empty())?;
        Self::new(host.to_owned(), uri.port_u16(), is_own)
    }

    fn new(host: String, port: Option<u16>, is_own: bool) -> Option<Self> {
        let authority = |default: u16| match port {
            Some(port) if port != default => format!("{host}:{port}").parse().ok(),
            _ => host.parse().ok(),
        };
        Some(Self {
            plain: authority(80)?,
            secure: authority(443)?,
            host,
            port,
            is_own,
        })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The tunnel under the name that the client asks for by SNI, where the client has looked the host up itself and
    /// gave an address to CONNECT; stubs are written for names.
    pub(crate) fn under_name(&self, name: &str) -> Option<Self> {
        let is_address = matches!(efsm_tls::Name::of_host(&self.host), efsm_tls::Name::Ip(_));
        if !is_address || self.is_own {
            return None;
        }
        Self::new(name.to_ascii_lowercase(), self.port, false)
    }

    /// Where a request inside goes. Unless the tunnel leads back to the stack, that is http as for any proxied
    /// request, whatever the path says, and the head gets the absolute form of its target.
    pub(crate) fn target(&self, head: &mut Parts, is_tls: bool, directory: &Directory) -> Target {
        if self.is_own || head.method == Method::CONNECT {
            return dispatch::dispatch(head, None, directory);
        }
        if let Some(uri) = self.absolute(head.uri.path_and_query(), is_tls) {
            head.uri = uri;
        }
        dispatch::forwarded(directory)
    }

    /// `None` for `OPTIONS *`, which has no absolute form.
    fn absolute(&self, path: Option<&PathAndQuery>, is_tls: bool) -> Option<Uri> {
        let path = path.filter(|path| path.as_str() != "*")?;
        let (scheme, authority) = if is_tls {
            (Scheme::HTTPS, &self.secure)
        } else {
            (Scheme::HTTP, &self.plain)
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority.clone());
        parts.path_and_query = Some(path.clone());
        Uri::from_parts(parts).ok()
    }
}

impl std::fmt::Display for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// Looks at what comes through the caller's tunnel. Boxed: a connection without a tunnel pays nothing for it.
pub(crate) fn serve(
    caller: Caller,
    mut io: AnyTransport,
    registered: Registered,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let limits = caller.stack.context.limits();
        // Patience is counted here and not by the registry, so that its end can be told.
        let waiting = registered.entry().begin_request();
        let first = registered
            .unless_told_to_close(first_bytes(&mut io, limits))
            .await;
        drop(waiting);
        match first {
            Some(Ok((protocol, prefix))) => {
                speak(caller, Rewind::new(io, prefix), protocol, registered).await;
            }
            Some(Err(Silence::TimedOut)) => refuse::silent_tunnel(&caller),
            Some(Err(Silence::Gone)) | None => {}
        }
    })
}

/// The same on a stream of an HTTP/2 connection, whose own patience is held off by `_under_way`.
pub(crate) async fn serve_stream(caller: Caller, stream: OnUpgrade, _under_way: InFlight) {
    // It fails only when the client gave the stream up.
    if let Ok(stream) = stream.await {
        let stack = &caller.stack;
        let registered = stack.connections.enter(stack.context.limits());
        serve(caller, Box::new(TokioIo::new(stream)), registered).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory {
            services: vec![("http", "/http"), ("database", "/db")],
            own: Some(([127, 0, 0, 1], 8888).into()),
        }
    }

    /// What becomes of a request line inside of a tunnel: its URI, and the face or the service.
    fn inside(connect: &str, is_own: bool, is_tls: bool, line: &str) -> (String, String) {
        let tunnel = Tunnel::to(&connect.parse().unwrap(), is_own).unwrap();
        let (method, uri) = line.split_once(' ').unwrap();
        let request = http::Request::builder().method(method).uri(uri);
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let target = match tunnel.target(&mut head, is_tls, &directory()) {
            Target::Service { name, route } | Target::Unclaimed { name, route } => {
                format!("{name} {:?}", route.face)
            }
            target => format!("{target:?}"),
        };
        (head.uri.to_string(), target)
    }

    #[test]
    fn request_inside_is_a_proxied_one_with_the_tunnels_host() {
        for (connect, is_tls, line, uri) in [
            (
                "api.example.com:443",
                true,
                "GET /db/x?y=1",
                "https://api.example.com/db/x?y=1",
            ),
            (
                "api.example.com:8443",
                true,
                "GET /",
                "https://api.example.com:8443/",
            ),
            (
                "api.example.com:80",
                false,
                "GET /_efsm/status",
                "http://api.example.com/_efsm/status",
            ),
            (
                "api.example.com:443",
                false,
                "GET /health",
                "http://api.example.com:443/health",
            ),
            ("[::1]:443", true, "GET /x", "https://[::1]/x"),
            (
                "api.example.com:443",
                true,
                "GET http://127.0.0.1:8888/_efsm/status",
                "https://api.example.com/_efsm/status",
            ),
            ("api.example.com:443", true, "OPTIONS *", "*"),
        ] {
            let expected = (uri.to_owned(), "http ForwardProxy".to_owned());
            assert_eq!(
                inside(connect, false, is_tls, line),
                expected,
                "{connect} {line}"
            );
        }
    }

    #[test]
    fn tunnel_to_the_stack_itself_changes_nothing() {
        let (uri, target) = inside("127.0.0.1:8888", true, true, "GET /db/x");
        assert_eq!((uri.as_str(), target.as_str()), ("/db/x", "database Rest"));
        let (_, target) = inside("127.0.0.1:8888", true, true, "GET /_efsm/status");
        assert_eq!(target, "Control { mount: 6 }");
    }

    #[test]
    fn name_of_the_handshake_stands_for_an_address_alone() {
        let tunnel = |connect: &str| Tunnel::to(&connect.parse().unwrap(), false).unwrap();
        let named = tunnel("93.184.216.34:8443").under_name("API.example.com");
        assert_eq!(named.unwrap().to_string(), "api.example.com:8443");
        let kept = tunnel("api.example.com:443").under_name("other.example.com");
        assert!(kept.is_none());
    }
}
