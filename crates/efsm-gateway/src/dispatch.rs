//! Which service a request is for: one pure function, and the whole of the routing.
//!
//! Paths are looked at raw, as they came: a signature covers the raw path, and `%2F` is not a slash.
//! A prefix counts only at a segment's boundary, and only while its service is enabled.

use std::net::SocketAddr;

use efsm_core::http::{Face, Route};
use http::uri::Scheme;
use http::{Method, Uri, request::Parts};

use crate::{aws, guard};

/// What the port answers a request with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The control API's own calls; the path below `/_efsm`.
    Control {
        mount: usize,
    },
    /// `/mcp`.
    Mcp,
    /// `/health`, unless the service of bare paths claims it.
    Health,
    Service {
        name: &'static str,
        route: Route,
    },
    /// A service whose protocol has so plain a path, or only a refusal, that a stub of that very path goes first.
    Unclaimed {
        name: &'static str,
        route: Route,
    },
    /// CONNECT: the client wants to go through the stack to another host, or back to the stack itself.
    Tunnel {
        is_own: bool,
    },
    /// Nobody: bare paths without the http service.
    Nobody,
}

/// A stack, as the dispatch needs it.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Names and prefixes of its services.
    pub services: Vec<(&'static str, &'static str)>,
    /// The address that it is bound to; nothing is the stack's own without one.
    pub own: Option<SocketAddr>,
}

impl Directory {
    fn has(&self, name: &str) -> bool {
        self.services.iter().any(|(n, _)| *n == name)
    }

    fn prefix_of(&self, name: &str) -> Option<&'static str> {
        let mut services = self.services.iter();
        services.find(|(n, _)| *n == name).map(|(_, p)| *p)
    }

    /// Whether an absolute target or that of a CONNECT is the stack itself, at its own port, rather than a host
    /// for which the stack is the proxy.
    fn is_own(&self, uri: &Uri) -> bool {
        let (Some(own), Some(host)) = (self.own, uri.host()) else {
            return false;
        };
        let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let is_on_loopback = own.ip().is_loopback() || own.ip().is_unspecified();
        port == own.port()
            && ((is_on_loopback && guard::is_loopback_name(host))
                || guard::is_address(host, own.ip()))
    }
}

/// Whether the dispatch must see the body of this form before it can decide: AWS Query requests
/// without a signature name themselves only there.
pub fn needs_form(head: &Parts) -> bool {
    head.method == Method::POST
        && head
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|v| {
                v.as_bytes()
                    .starts_with(b"application/x-www-form-urlencoded")
            })
}

/// Finds the target of a request; `form` is the body where [`needs_form`] says so.
pub fn dispatch(head: &Parts, form: Option<&[u8]>, directory: &Directory) -> Target {
    let path = head.uri.path();
    let to = |name: &'static str, face: Face, mount: usize| Target::Service {
        name,
        route: Route { face, mount },
    };

    // 1. The stack as a forward proxy. HTTP/2 requests carry an authority for their own server, too, and
    // RFC 9112 (section 3.2.2) allows the absolute form to any server.
    if head.method == Method::CONNECT {
        let is_own = directory.is_own(&head.uri);
        return if is_own || directory.has("http") {
            Target::Tunnel { is_own }
        } else {
            Target::Nobody
        };
    }
    let absolute = head.uri.authority().is_some() && head.version < http::Version::HTTP_2;
    if absolute && !directory.is_own(&head.uri) {
        return forwarded(directory);
    }

    // 2. Reserved paths.
    if let Some(rest) = below(path, "/_efsm") {
        let mount = "/_efsm".len();
        for (name, prefix) in &directory.services {
            if below(rest, prefix).is_some() {
                return to(name, Face::Control, mount + prefix.len());
            }
        }
        return Target::Control { mount };
    }
    if below(path, "/__admin").is_some() && directory.has("http") {
        return to("http", Face::Admin, "/__admin".len());
    }
    if below(path, "/mcp").is_some() {
        return Target::Mcp;
    }
    if path == "/health" {
        return Target::Health;
    }

    // 3. AWS, at the service's prefix or at the root.
    if let Some(scope) = aws::scope(head, form) {
        let (name, is_emulated) = match &*scope.service {
            "s3" => ("storage", true),
            "sqs" | "sns" | "query" => ("queue", true),
            // The queue has the word for what nobody emulates; whoever stubs it is heard first.
            _ => ("queue", false),
        };
        if let Some(prefix) = directory.prefix_of(name) {
            let mount = below(path, prefix).map_or(0, |_| prefix.len());
            let face = Face::Aws(scope);
            return if is_emulated {
                to(name, face, mount)
            } else {
                let route = Route { face, mount };
                Target::Unclaimed { name, route }
            };
        }
    }

    // 4. Hrana, at any prefix.
    if directory.has("database") {
        if is_hrana(head, path) {
            return to("database", Face::Hrana, 0);
        }
        if is_plain_hrana(head, path) {
            let (face, mount) = (Face::Hrana, 0);
            return Target::Unclaimed {
                name: "database",
                route: Route { face, mount },
            };
        }
    }

    // 5. Prefixes of services.
    for (name, prefix) in &directory.services {
        if below(path, prefix).is_some() {
            return to(name, Face::Rest, prefix.len());
        }
    }

    // 6. Everything else is a stub's.
    if directory.has("http") {
        return to("http", Face::Rest, 0);
    }
    Target::Nobody
}

/// A request to another host, for which the stack is the forward proxy: never the control API's.
pub fn forwarded(directory: &Directory) -> Target {
    if !directory.has("http") {
        return Target::Nobody;
    }
    Target::Service {
        name: "http",
        route: Route {
            face: Face::ForwardProxy,
            mount: 0,
        },
    }
}

/// What follows `prefix` where it ends at a segment's boundary.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    // Of all the prefixes that a request is compared with, few begin alike.
    if path.as_bytes().get(1) != prefix.as_bytes().get(1) {
        return None;
    }
    let rest = path.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// The calls of libSQL's Hrana over HTTP, and its WebSocket.
fn is_hrana(head: &Parts, path: &str) -> bool {
    const CALLS: [&str; 5] = [
        "/v2/pipeline",
        "/v3/pipeline",
        "/v3/cursor",
        "/v3-protobuf/pipeline",
        "/v3-protobuf/cursor",
    ];
    if head.method == Method::POST {
        return CALLS.iter().any(|call| path.ends_with(call));
    }
    head.method == Method::GET
        && efsm_wire::websocket::is_upgrade(&head.headers)
        && efsm_wire::websocket::offered_protocols(&head.headers)
            .any(|protocol| protocol.starts_with("hrana"))
}

/// Hrana's probes of a version, and the calls of its first version over HTTP. Below a service's prefix they are
/// that service's own; elsewhere only these very paths are meant, so that `/api/v2` stays a stub's.
fn is_plain_hrana(head: &Parts, path: &str) -> bool {
    match head.method {
        Method::GET => ["/v2", "/v3", "/v3-protobuf"].contains(&path),
        Method::POST => ["/v1/execute", "/v1/batch"].contains(&path),
        _ => false,
    }
}

#[cfg(test)]
#[path = "dispatch_tests.rs"]
mod tests;
