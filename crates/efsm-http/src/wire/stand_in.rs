//! Paths that stand for other hosts: for clients that can be given a base URL but no proxy.

use efsm_core::http::Route;
use efsm_core::{Face, Request};
use http::header::HOST;
use http::{HeaderValue, Uri};

use crate::service::StandIn;

/// Makes the request what the host would have got, when its path stands for one.
pub(crate) fn to_real_host(request: &mut Request, stand_ins: &[StandIn]) {
    if stand_ins.is_empty() || request.route.face != Face::Rest {
        return;
    }
    let Some((uri, host)) = real(request, stand_ins) else {
        return;
    };
    request.head.uri = uri;
    request.head.headers.insert(HOST, host);
    request.route = Route {
        face: Face::ForwardProxy,
        mount: 0,
    };
}

fn real(request: &Request, stand_ins: &[StandIn]) -> Option<(Uri, HeaderValue)> {
    let below = request.path().strip_prefix('/')?;
    let (segment, rest) = match below.find('/') {
        Some(at) => below.split_at(at),
        None => (below, "/"),
    };
    let stand_in = stand_ins
        .iter()
        .find(|stand_in| stand_in.authority.as_str().eq_ignore_ascii_case(segment))?;
    let path_and_query = match request.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let uri = Uri::builder()
        .scheme(stand_in.scheme.clone())
        .authority(stand_in.authority.clone())
        .path_and_query(path_and_query)
        .build()
        .ok()?;
    let host = HeaderValue::from_str(stand_in.authority.as_str()).ok()?;
    Some((uri, host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, mount: usize) -> String {
        let stand_ins = [StandIn {
            scheme: http::uri::Scheme::HTTPS,
            authority: "api.example.com".parse().unwrap(),
        }];
        let mut request = Request::new(http::Request::get(path).body(()).unwrap());
        request.route.mount = mount;
        to_real_host(&mut request, &stand_ins);
        request.head.uri.to_string()
    }

    #[test]
    fn path_of_a_known_host_is_a_request_to_it() {
        for (path, mount, uri) in [
            (
                "/http/api.example.com/v1/a%2Fb?x=1",
                5,
                "https://api.example.com/v1/a%2Fb?x=1",
            ),
            ("/api.example.com", 0, "https://api.example.com/"),
            ("/API.example.com/", 0, "https://api.example.com/"),
            ("/api.example.com.evil/x", 0, "/api.example.com.evil/x"),
            ("/other/api.example.com", 0, "/other/api.example.com"),
            ("/", 0, "/"),
        ] {
            assert_eq!(check(path, mount), uri, "{path}");
        }
    }
}
