//! Who may use the control API, `/__admin` and `/mcp`.
//!
//! A page in the developer's browser can send requests to a port on the same machine. It cannot
//! forge `Host` or `Origin`, so both are checked: this also stops DNS rebinding. Bound to an address that other
//! machines reach, a token is asked for instead.

use std::net::{IpAddr, SocketAddr};

use efsm_core::Response;
use http::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use http::{HeaderValue, StatusCode, Uri};

/// The rules of one stack.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The address that the stack was told to bind; its name is a good `Host`.
    pub bound: SocketAddr,
    /// Asked for when the bound address is not loopback.
    pub token: Option<String>,
    /// Lifts every check: for a container network whose clients cannot send a token.
    pub trust_network: bool,
}

impl Guard {
    /// Lets the request pass, or gives the answer that refuses it.
    pub fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Response> {
        if self.trust_network || self.has_token(headers) {
            return Ok(());
        }
        if self.token.is_some() {
            let mut refusal = efsm_wire::error_with_hint(
                StatusCode::UNAUTHORIZED,
                "this stack is reachable from other machines, so its control API asks for the token",
                "send `Authorization: Bearer TOKEN` with the token printed at start, or start with --trust-network",
            );
            refusal.headers_mut().insert(
                http::header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"efsm\""),
            );
            return Err(refusal);
        }
        let host = authority(headers, uri);
        if !host.is_some_and(|host| self.is_own_name(host)) {
            return Err(efsm_wire::error_with_hint(
                StatusCode::FORBIDDEN,
                format!(
                    "the control API does not answer to the host `{}`",
                    host.unwrap_or("")
                ),
                "use 127.0.0.1, [::1], localhost or *.localhost, or start with --trust-network",
            ));
        }
        if let Some(origin) = headers.get(ORIGIN) {
            let own = origin.to_str().ok().and_then(|origin| {
                let (_scheme, authority) = origin.split_once("://")?;
                Some(host.is_some_and(|host| authority.eq_ignore_ascii_case(host)))
            });
            if own != Some(true) {
                return Err(efsm_wire::error_with_hint(
                    StatusCode::FORBIDDEN,
                    "the control API does not answer to pages of another origin",
                    "call it from the test itself, or start with --trust-network",
                ));
            }
        }
        Ok(())
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let sent = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        match (&self.token, sent) {
            (Some(token), Some(sent)) => same_bytes(token.as_bytes(), sent.trim().as_bytes()),
            _ => false,
        }
    }

    fn is_own_name(&self, authority: &str) -> bool {
        let host = host_of(authority);
        is_loopback_name(host) || is_address(host, self.bound.ip())
    }
}

/// The authority that the request names: its URI's (HTTP/2), else `Host`.
fn authority<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(HOST)?.to_str().ok(),
    }
}

/// 127.0.0.0/8, `[::1]`, `localhost` or a name below it; without a port.
pub fn is_loopback_name(host: &str) -> bool {
    let host = strip_brackets(host);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return ip.is_loopback();
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a host without a port is this address, written out.
pub fn is_address(host: &str, ip: IpAddr) -> bool {
    strip_brackets(host)
        .parse::<IpAddr>()
        .is_ok_and(|written| written == ip)
}

/// The host of `host:port`, brackets of IPv6 kept.
fn host_of(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(at) if !authority[at..].contains(']') => &authority[..at],
        _ => authority,
    }
}

fn strip_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// Compares in a time that depends on the length alone.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, headers: &[(&'static str, &str)]) -> u16 {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect();
        match guard.check(&headers, &Uri::from_static("/_efsm/status")) {
            Ok(()) => 200,
            Err(refusal) => refusal.status().as_u16(),
        }
    }

    fn guard(bound: &str, token: Option<&str>) -> Guard {
        Guard {
            bound: bound.parse().unwrap(),
            token: token.map(str::to_owned),
            trust_network: false,
        }
    }

    #[test]
    fn only_loopback_hosts_reach_the_control_api() {
        let guard = guard("127.0.0.1:8888", None);
        for (host, status) in [
            ("127.0.0.1:8888", 200),
            ("127.9.9.9", 200),
            ("localhost:8888", 200),
            ("LOCALHOST", 200),
            ("shop.localhost:1", 200),
            ("[::1]:8888", 200),
            ("evil.example:8888", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example", 403),
            ("10.0.0.1", 403),
            ("", 403),
        ] {
            assert_eq!(check(&guard, &[("host", host)]), status, "{host}");
        }
        assert_eq!(check(&guard, &[]), 403);
    }

    #[test]
    fn origin_must_be_the_stacks_own() {
        let guard = guard("127.0.0.1:8888", None);
        for (origin, status) in [
            ("http://localhost:8888", 200),
            ("http://localhost:3000", 403),
            ("https://evil.example", 403),
            ("null", 403),
        ] {
            let headers = [("host", "localhost:8888"), ("origin", origin)];
            assert_eq!(check(&guard, &headers), status, "{origin}");
        }
    }

    #[test]
    fn stack_on_the_network_asks_for_its_token() {
        let guard = guard("0.0.0.0:8888", Some("secret"));
        assert_eq!(check(&guard, &[("host", "127.0.0.1")]), 401);
        assert_eq!(check(&guard, &[("authorization", "Bearer wrong!")]), 401);
        assert_eq!(check(&guard, &[("authorization", "Bearer secret")]), 200);
        let open = Guard {
            trust_network: true,
            ..guard
        };
        assert_eq!(check(&open, &[("host", "efsm.test")]), 200);
    }
}
