//! Where a description comes from: a file, or a server on this machine.

use efsm::SpecLoader;

use crate::failure::Failure;

/// What a server may send.
const MAX_BYTES: u64 = 256 << 20;

#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(String),
    Url(String),
}

impl Source {
    pub(crate) fn of(spec: &str) -> Result<Self, Failure> {
        if !spec.contains("://") {
            return Ok(Self::File(spec.to_owned()));
        }
        if is_local(spec) {
            return Ok(Self::Url(spec.to_owned()));
        }
        Err(Failure::Spec {
            what: format!("{spec} is not on this machine"),
            hint: "efsm fetches nothing from the network: download it, and give the file's path"
                .to_owned(),
        })
    }

    pub(crate) fn location(&self) -> &str {
        match self {
            Self::File(location) | Self::Url(location) => location,
        }
    }

    pub(crate) fn text(&self) -> Result<String, Failure> {
        let location = self.location();
        let failed = |why: String| Failure::Spec {
            what: format!("{location} cannot be read: {why}"),
            hint: "check the path or URL; a path is relative to the current folder".to_owned(),
        };
        let bytes = self.read(location).map_err(failed)?;
        String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))
    }
}

impl SpecLoader for Source {
    fn read(&self, location: &str) -> Result<Vec<u8>, String> {
        if !location.contains("://") {
            return std::fs::read(location).map_err(|error| error.to_string());
        }
        if !is_local(location) {
            return Err(
                "it is not on this machine, and nothing is fetched from the network".to_owned(),
            );
        }
        let mut response = ureq::get(location)
            .call()
            .map_err(|error| error.to_string())?;
        response
            .body_mut()
            .with_config()
            .limit(MAX_BYTES)
            .read_to_vec()
            .map_err(|error| error.to_string())
    }
}

/// Whether a URL is of this machine's own.
fn is_local(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    let is_loopback = host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    matches!(scheme, "http" | "https") && is_loopback
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_this_machine_is_asked() {
        for url in [
            "http://localhost:3000/a",
            "http://127.0.0.1/x",
            "https://[::1]:8/x",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "http://example.com",
            "file://localhost/x",
            "http://localhost@evil.com/",
            "http://127.0.0.1.evil.com",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
