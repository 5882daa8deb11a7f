//! Servers: where the described API really is.

use serde_json::Value;

use super::Kind;

/// A server's URL, with the variables that stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub url: String,
    pub variables: Vec<Variable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub default: String,
    pub allowed: Vec<String>,
}

impl Server {
    /// The URL with each variable's default in its place.
    pub fn resolved(&self) -> String {
        let mut url = self.url.clone();
        for variable in &self.variables {
            url = url.replace(&format!("{{{}}}", variable.name), &variable.default);
        }
        url
    }

    /// The path of the URL, without a slash at the end.
    pub fn base_path(&self) -> String {
        let url = self.resolved();
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => &url,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        if path.is_empty() || path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        }
    }

    /// The host of the URL, without its port.
    pub fn host(&self) -> Option<String> {
        let url = self.resolved();
        let (_, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let host = host.rsplit_once(':').map_or(host, |(host, port)| {
            if port.bytes().all(|c| c.is_ascii_digit()) {
                host
            } else {
                authority
            }
        });
        (!host.is_empty()).then(|| host.to_ascii_lowercase())
    }

    /// How a base URL that a client names fits: as it stands, or by its variables.
    pub(crate) fn fits(&self, url: &str) -> Option<bool> {
        if self.variables.is_empty() && !self.url.contains('{') {
            return (self.url == url).then_some(true);
        }
        self.variables_fit(url).then_some(false)
    }

    /// Whether the template stands for the URL. Each piece of it is tried at all places at once where it may begin:
    /// a try at each in turn would take for ever with many variables.
    fn variables_fit(&self, url: &str) -> bool {
        let mut begins = vec![false; url.len() + 1];
        begins[0] = true;
        let mut rest = self.url.as_str();
        while let Some((literal, variable)) = rest.split_once('{') {
            begins = after(&begins, url, [literal]);
            let Some((name, behind)) = variable.split_once('}') else {
                return false;
            };
            let known = self
                .variables
                .iter()
                .find(|variable| variable.name == name)
                .map_or(&[][..], |variable| &variable.allowed);
            if known.is_empty() {
                let first = begins.iter().position(|begins| *begins);
                let first = first.unwrap_or(begins.len());
                begins[first..].fill(true);
            } else {
                begins = after(&begins, url, known.iter().map(String::as_str));
            }
            rest = behind;
        }
        after(&begins, url, [rest])[url.len()]
    }
}

/// Where one of `texts` ends in `url` that begins at one of the places.
fn after<'a>(begins: &[bool], url: &str, texts: impl IntoIterator<Item = &'a str>) -> Vec<bool> {
    let mut ends = vec![false; begins.len()];
    for text in texts {
        for at in 0..begins.len() {
            if begins[at] && url.as_bytes()[at..].starts_with(text.as_bytes()) {
                ends[at + text.len()] = true;
            }
        }
    }
    ends
}

/// The servers of the whole document.
pub(super) fn of_document(kind: Kind, root: &Value) -> Vec<Server> {
    match kind {
        Kind::Swagger2 => of_swagger(root, None),
        _ => listed(root.get("servers")).unwrap_or_default(),
    }
}

/// The servers of a list; `None` when it is none.
pub(super) fn listed(list: Option<&Value>) -> Option<Vec<Server>> {
    let list = list?.as_array()?;
    Some(list.iter().filter_map(server).collect())
}

fn server(value: &Value) -> Option<Server> {
    let variables = value.get("variables").and_then(Value::as_object);
    Some(Server {
        url: value.get("url")?.as_str()?.to_owned(),
        variables: variables
            .into_iter()
            .flatten()
            .filter_map(|(name, variable)| {
                let allowed = variable.get("enum").and_then(Value::as_array);
                Some(Variable {
                    name: name.clone(),
                    default: text(variable.get("default")?)?,
                    allowed: allowed.into_iter().flatten().filter_map(text).collect(),
                })
            })
            .collect(),
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// `schemes`, `host` and `basePath` of Swagger 2; without a host, the base path alone.
pub(super) fn of_swagger(root: &Value, operation: Option<&Value>) -> Vec<Server> {
    let base = root.get("basePath").and_then(Value::as_str).unwrap_or("");
    let base = base.trim_end_matches('/');
    let base = if base.is_empty() || base.starts_with('/') {
        base.to_owned()
    } else {
        format!("/{base}")
    };
    let schemes = operation
        .and_then(|operation| operation.get("schemes"))
        .or_else(|| root.get("schemes"))
        .and_then(Value::as_array);
    let host = root.get("host").and_then(Value::as_str).unwrap_or("");
    let of_url = |url: String| Server {
        url,
        variables: Vec::new(),
    };
    let servers: Vec<Server> = schemes
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|scheme| !host.is_empty() && matches!(*scheme, "http" | "https" | "ws" | "wss"))
        .map(|scheme| of_url(format!("{scheme}://{host}{base}")))
        .collect();
    if servers.is_empty() && !base.is_empty() && operation.is_none() {
        return vec![of_url(base)];
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, variables: &[(&str, &str, &[&str])]) -> Server {
        Server {
            url: url.to_owned(),
            variables: variables
                .iter()
                .map(|(name, default, allowed)| Variable {
                    name: (*name).to_owned(),
                    default: (*default).to_owned(),
                    allowed: allowed.iter().map(|value| (*value).to_owned()).collect(),
                })
                .collect(),
        }
    }

    #[test]
    fn servers_have_a_host_and_a_base_path() {
        for (url, host, base) in [
            (
                "https://api.example.com/v1/",
                Some("api.example.com"),
                "/v1",
            ),
            ("http://Localhost:3000", Some("localhost"), ""),
            ("/v2", None, "/v2"),
            ("/", None, ""),
        ] {
            let server = of(url, &[]);
            assert_eq!(server.host().as_deref(), host, "{url}");
            assert_eq!(server.base_path(), base, "{url}");
        }
    }

    #[test]
    fn server_of_many_variables_is_compared_in_bounded_time() {
        let server = of(&"{any}".repeat(200), &[]);
        assert_eq!(server.fits(&"é".repeat(200)), Some(false));
        let server = of(&format!("{}!", "{any}a".repeat(40)), &[]);
        assert_eq!(server.fits(&"a".repeat(200)), None);
        assert_eq!(server.fits(&format!("{}!", "a".repeat(200))), Some(false));
        let server = of("{one}{one}{one}x", &[("one", "a", &["a", "aa"])]);
        assert_eq!(server.fits("aaaax"), Some(false));
        assert_eq!(server.fits("aax"), None);
    }

    #[test]
    fn variables_of_a_server_stand_for_what_they_allow() {
        let server = of(
            "{scheme}://x/{base}",
            &[("scheme", "http", &["http", "https"]), ("base", "v1", &[])],
        );
        assert_eq!(server.resolved(), "http://x/v1");
        assert_eq!(server.fits("https://x/anything"), Some(false));
        assert_eq!(server.fits("ftp://x/v1"), None);
        assert_eq!(of("http://x", &[]).fits("http://x"), Some(true));
    }
}
