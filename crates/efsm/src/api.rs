//! The APIs that an application calls, and what stands in for them.
//!
//! | given as | its variable | what answers there |
//! | --- | --- | --- |
//! | a name, `stripe` | `STRIPE_BASE_URL`, `{stack}/http/stripe` | a mock with state: every path is a collection to which one can add |
//! | a URL, `https://api.example.com/v1` | `API_EXAMPLE_COM_BASE_URL`, `{stack}/http/api.example.com/v1` | the stubs for that host, as if the stack had been the proxy |

use std::str::FromStr;

use efsm_config::{Config, ConfigErrors};
use efsm_http::StandIn;
use http::Uri;
use serde_json::{Value, json};

use crate::prepare::unplaced;

/// One API that an application calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// The name, or the host with its port.
    segment: String,
    /// `None` for a name.
    url: Option<Uri>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadApi {
    #[error(
        "`{0}` is no API: give a name of letters, digits, `-`, `_` and `.` (stripe), or a URL (https://api.example.com)"
    )]
    Name(String),
    #[error("`{0}` is no URL of an API: it needs http or https and a host, and no query")]
    Url(String),
    #[error("two APIs would both get the variable {0}: leave one of them out")]
    SameVariable(String),
}

impl FromStr for Api {
    type Err = BadApi;

    fn from_str(text: &str) -> Result<Self, BadApi> {
        if !text.contains("://") {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let is_name =
                text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_plain);
            return if is_name {
                Ok(Self {
                    segment: text.to_owned(),
                    url: None,
                })
            } else {
                Err(BadApi::Name(text.to_owned()))
            };
        }
        let bad = || BadApi::Url(text.to_owned());
        let url: Uri = text.parse().map_err(|_| bad())?;
        let authority = url.authority().ok_or_else(bad)?;
        let is_web = matches!(url.scheme_str(), Some("http" | "https"));
        if !is_web || url.query().is_some() || authority.as_str().contains('@') {
            return Err(bad());
        }
        Ok(Self {
            segment: authority.as_str().to_ascii_lowercase(),
            url: Some(url),
        })
    }
}

impl Api {
    /// `STRIPE_BASE_URL`: the name or host in capitals, everything else than letters and digits an underscore.
    pub fn variable(&self) -> String {
        let mut name: String = self
            .segment
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        name + "_BASE_URL"
    }

    /// Its address at a stack, without a slash at the end.
    pub fn base_url(&self, stack: &str) -> String {
        let path = self.url.as_ref().map_or("", |url| url.path());
        format!(
            "{stack}/http/{}{}",
            self.segment,
            path.trim_end_matches('/')
        )
    }

    /// Whether it is a host whose requests can be intercepted.
    pub fn is_host(&self) -> bool {
        self.url.is_some()
    }

    /// The stub of a named API.
    pub(crate) fn mock(&self) -> Option<Value> {
        self.url.is_none().then(|| {
            json!({
                "name": self.segment,
                // After the stubs of a test, which have 5 unless they say otherwise.
                "priority": 10,
                "resource": { "path": format!("/{}/**", self.segment) },
            })
        })
    }

    pub(crate) fn stand_in(&self) -> Option<StandIn> {
        let url = self.url.as_ref()?;
        Some(StandIn {
            scheme: url.scheme()?.clone(),
            authority: self.segment.parse().ok()?,
        })
    }
}

/// The APIs that a configuration names, each once.
pub fn of_config(config: &Config) -> Result<Vec<Api>, ConfigErrors> {
    let mut apis: Vec<Api> = Vec::new();
    let mut errors = Vec::new();
    for text in &config.api {
        match text.parse::<Api>() {
            Ok(api) if apis.contains(&api) => {}
            Ok(api) => {
                let variable = api.variable();
                if apis.iter().any(|known| known.variable() == variable) {
                    errors.push(unplaced("api", BadApi::SameVariable(variable)));
                } else {
                    apis.push(api);
                }
            }
            Err(e) => errors.push(unplaced("api", e)),
        }
    }
    ConfigErrors::check(errors)?;
    Ok(apis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_addresses_follow_the_name() {
        for (api, variable, base_url) in [
            ("stripe", "STRIPE_BASE_URL", "/http/stripe"),
            ("my-api.v2", "MY_API_V2_BASE_URL", "/http/my-api.v2"),
            ("3scale", "_3SCALE_BASE_URL", "/http/3scale"),
            (
                "https://api.example.com",
                "API_EXAMPLE_COM_BASE_URL",
                "/http/api.example.com",
            ),
            (
                "https://API.example.com/v1/",
                "API_EXAMPLE_COM_BASE_URL",
                "/http/api.example.com/v1",
            ),
            (
                "http://10.0.0.1:8080",
                "10_0_0_1_8080_BASE_URL",
                "/http/10.0.0.1:8080",
            ),
        ] {
            let api: Api = api.parse().unwrap();
            assert_eq!(
                api.variable().trim_start_matches('_'),
                variable.trim_start_matches('_')
            );
            assert_eq!(api.base_url("http://s"), format!("http://s{base_url}"));
        }
    }

    #[test]
    fn what_is_neither_name_nor_url_is_refused() {
        for bad in [
            "",
            "a b",
            "-x",
            "a/b",
            "ftp://x",
            "https://",
            "https://h?q=1",
            "https://u@h",
            "://x",
        ] {
            assert!(bad.parse::<Api>().is_err(), "{bad}");
        }
    }

    #[test]
    fn two_apis_cannot_share_a_variable() {
        let config = Config {
            api: ["stripe", "stripe", "Stripe"].map(str::to_owned).to_vec(),
            ..Config::default()
        };
        let told = of_config(&config).unwrap_err().to_string();
        assert!(told.contains("STRIPE_BASE_URL"), "{told}");
    }
}
