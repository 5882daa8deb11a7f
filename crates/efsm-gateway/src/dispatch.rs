//! Which service a request is for: one pure function, and the whole of the routing.
//!
//! Paths are looked at raw, as they came: a signature covers the raw path, and `%2F` is not a slash.
//! A prefix counts only at a segment's boundary, and only while its service is enabled.

use efsm_core::http::{Face, Route};
use http::{Method, request::Parts};

use crate::aws;

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
    /// Nobody: bare paths without the http service.
    Nobody,
}

/// The services of a stack, as the dispatch needs them: name and prefix.
#[derive(Clone, Debug, Default)]
pub struct Directory(pub Vec<(&'static str, &'static str)>);

impl Directory {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| *n == name)
    }

    fn prefix_of(&self, name: &str) -> Option<&'static str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, p)| *p)
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

    // 1. The stack as a forward proxy. HTTP/2 requests carry an authority for their own server, too.
    let absolute = head.uri.authority().is_some() && head.version < http::Version::HTTP_2;
    if (absolute && !names_this_server(head)) || head.method == Method::CONNECT {
        return if directory.has("http") {
            to("http", Face::ForwardProxy, 0)
        } else {
            Target::Nobody
        };
    }

    // 2. Reserved paths.
    if let Some(rest) = below(path, "/_efsm") {
        let mount = "/_efsm".len();
        for (name, prefix) in &directory.0 {
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
        let name = if scope.service == "s3" {
            "storage"
        } else {
            "queue"
        };
        if let Some(prefix) = directory.prefix_of(name) {
            let mount = below(path, prefix).map_or(0, |_| prefix.len());
            return to(name, Face::Aws(scope), mount);
        }
    }

    // 4. Hrana, at any prefix.
    if directory.has("database") && is_hrana(head, path) {
        return to("database", Face::Hrana, 0);
    }

    // 5. Prefixes of services.
    for (name, prefix) in &directory.0 {
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

/// What follows `prefix` where it ends at a segment's boundary.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Whether an absolute-form request names the server that it was sent to (RFC 9112 section 3.2.2
/// allows that form to any server): its authority is then a loopback name, and its path an ordinary one.
fn names_this_server(head: &Parts) -> bool {
    head.uri.host().is_some_and(crate::guard::is_loopback_name)
}

/// The calls of libSQL's Hrana over HTTP, the version probes below a path, and its WebSocket.
fn is_hrana(head: &Parts, path: &str) -> bool {
    const CALLS: [&str; 5] = [
        "/v2/pipeline",
        "/v3/pipeline",
        "/v3/cursor",
        "/v3-protobuf/pipeline",
        "/v3-protobuf/cursor",
    ];
    const PROBES: [&str; 3] = ["/v2", "/v3", "/v3-protobuf"];
    if head.method == Method::POST {
        return CALLS.iter().any(|call| path.ends_with(call));
    }
    if head.method != Method::GET {
        return false;
    }
    if efsm_wire::websocket::is_upgrade(&head.headers) {
        return efsm_wire::websocket::offered_protocols(&head.headers)
            .any(|protocol| protocol.starts_with("hrana"));
    }
    // A probe below a service's prefix is that service's own; at the root only these very paths are,
    // so that a stub at `/api/v2` stays reachable.
    PROBES.contains(&path)
}

#[cfg(test)]
#[path = "dispatch_tests.rs"]
mod tests;
