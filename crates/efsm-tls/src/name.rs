//! What a certificate is for: a DNS name or an address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A DNS name in lower case without a dot at the end, or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    Dns(String),
    Ip(IpAddr),
}

impl Name {
    /// Reads the host of a URI or of a ClientHello: `api.example.com`, `10.0.0.1`, `[::1]`.
    pub fn of_host(host: &str) -> Self {
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(ip) => Self::Ip(ip),
            Err(_) => Self::Dns(host.trim_end_matches('.').to_ascii_lowercase()),
        }
    }

    /// The names by which a stack itself is reached: the one that the client asked for, the loopback
    /// ones, and the address at which the connection came in. Each stands once.
    pub fn of_stack(asked: Option<Self>, local: IpAddr) -> Vec<Self> {
        let always = [
            Self::Dns("localhost".to_owned()),
            Self::Ip(Ipv4Addr::LOCALHOST.into()),
            Self::Ip(Ipv6Addr::LOCALHOST.into()),
            Self::Ip(local.to_canonical()),
        ];
        let mut names: Vec<Self> = Vec::with_capacity(5);
        for name in asked.into_iter().chain(always) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(ip) => write!(f, "{ip}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_form_are_read() {
        for (host, name) in [
            ("API.Example.com.", Name::Dns("api.example.com".into())),
            ("10.0.0.1", Name::Ip([10, 0, 0, 1].into())),
            ("[::1]", Name::Ip(Ipv6Addr::LOCALHOST.into())),
            ("::1", Name::Ip(Ipv6Addr::LOCALHOST.into())),
            ("1.2.3", Name::Dns("1.2.3".into())),
        ] {
            assert_eq!(Name::of_host(host), name, "{host}");
        }
    }

    #[test]
    fn names_of_a_stack_stand_once_and_begin_with_the_asked_one() {
        let local = IpAddr::from([127, 0, 0, 1]);
        let names = Name::of_stack(Some(Name::of_host("LOCALHOST")), local);
        let texts: Vec<String> = names.iter().map(Name::to_string).collect();
        assert_eq!(texts, ["localhost", "127.0.0.1", "::1"]);
        let asked = Name::of_stack(Some(Name::of_host("shop.test")), [10, 0, 0, 7].into());
        assert_eq!(asked[0].to_string(), "shop.test");
        assert_eq!(asked.last().unwrap().to_string(), "10.0.0.7");
    }
}
