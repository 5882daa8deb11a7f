//! The variables that clients of a stack need, by service.

use std::collections::BTreeMap;

use efsm_config::{Config, ConfigErrors, ServiceName};

use crate::api::{self, Api};
use crate::prepare::unplaced;

/// Credentials that every AWS client accepts; the stack does not check them.
const AWS_KEY: &str = "test";
const AWS_REGION: &str = "us-east-1";
/// A client for configurations that name none; every client is accepted then.
const CLIENT_ID: &str = "efsm";
const CLIENT_SECRET: &str = "secret";

/// Variables of a run alone: they name a file of the run, or its proxy.
pub const OF_RUNS: [&str; 17] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "NODE_USE_ENV_PROXY",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "DENO_CERT",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "DATABASE_FILE",
];

/// What the variables of a stack depend on, besides its address.
#[derive(Clone, Debug)]
pub struct Surroundings {
    services: Vec<ServiceName>,
    apis: Vec<Api>,
    issuer: Option<String>,
    client_id: String,
    /// `None` for a public client.
    client_secret: Option<String>,
    own: BTreeMap<String, String>,
}

impl Surroundings {
    /// Those of a configuration; refuses APIs and own variables that cannot be.
    pub fn of(config: &Config) -> Result<Self, ConfigErrors> {
        let client = config.auth.clients.iter().next();
        let surroundings = Self {
            services: config.services.clone(),
            apis: api::of_config(config)?,
            issuer: config.auth.issuer.clone(),
            client_id: client.map_or(CLIENT_ID, |(id, _)| id).to_owned(),
            client_secret: client.map_or_else(
                || Some(CLIENT_SECRET.to_owned()),
                |(_, client)| client.secret.clone(),
            ),
            own: config.env.clone(),
        };
        surroundings.check()?;
        Ok(surroundings)
    }

    pub fn apis(&self) -> &[Api] {
        &self.apis
    }

    /// The variables for a stack at `url`, own names included, in the order in which they are printed.
    pub fn variables(&self, url: &str) -> Vec<(String, String)> {
        let mut variables = self.without_own(url);
        self.add_own(&mut variables);
        variables
    }

    /// As [`Surroundings::variables`], for those who have more to add before own names are given.
    pub fn without_own(&self, url: &str) -> Vec<(String, String)> {
        let has = |service| self.services.contains(&service);
        let authority = url
            .split_once("://")
            .map_or(url, |(_, authority)| authority);
        let mut variables: Vec<(String, String)> = Vec::new();
        let mut set = |name: &str, value: String| variables.push((name.to_owned(), value));
        set("EFSM_URL", url.to_owned());
        if has(ServiceName::Http) {
            for api in &self.apis {
                set(&api.variable(), api.base_url(url));
            }
        }
        if has(ServiceName::Database) {
            // The slash at the end matters: without it clients drop the path.
            set("DATABASE_URL", format!("{url}/db/"));
            set("LIBSQL_URL", format!("{url}/db/"));
            set(
                "SQLALCHEMY_DATABASE_URL",
                format!("sqlite+libsql://{authority}/db/?secure=false"),
            );
        }
        if has(ServiceName::Storage) || has(ServiceName::Queue) {
            set("AWS_ENDPOINT_URL", url.to_owned());
            set("AWS_ACCESS_KEY_ID", AWS_KEY.to_owned());
            set("AWS_SECRET_ACCESS_KEY", AWS_KEY.to_owned());
            set("AWS_REGION", AWS_REGION.to_owned());
            set("AWS_DEFAULT_REGION", AWS_REGION.to_owned());
        }
        if has(ServiceName::Auth) {
            // The `iss` of tokens, which clients compare with it.
            let own = || format!("{url}/auth");
            set("OIDC_ISSUER", self.issuer.clone().unwrap_or_else(own));
            set("OIDC_CLIENT_ID", self.client_id.clone());
            if let Some(secret) = &self.client_secret {
                set("OIDC_CLIENT_SECRET", secret.clone());
            }
        }
        variables
    }

    /// Adds the variables that an application calls by names of its own: `DB_URI` as `DATABASE_URL`, or as a text in
    /// which `${DATABASE_URL}` stands. One whose source is not among `variables` is left out.
    pub fn add_own(&self, variables: &mut Vec<(String, String)>) {
        for (name, source) in &self.own {
            if let Ok(value) = expand(source, variables) {
                variables.retain(|(known, _)| known != name);
                variables.push((name.clone(), value));
            }
        }
    }

    /// Whether every own variable asks for one that there is.
    fn check(&self) -> Result<(), ConfigErrors> {
        let mut known = self.without_own("");
        let asked: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
        known.extend(OF_RUNS.map(|name| (name.to_owned(), String::new())));
        let errors = self.own.iter().filter_map(|(name, source)| {
            let unknown = expand(source, &known).err()?;
            let message = format!("no variable `{unknown}`: efsm sets {}", asked.join(", "));
            Some(unplaced(&format!("env.{name}"), message))
        });
        ConfigErrors::check(errors.collect())
    }
}

/// Those that send a process's web requests through the stack, and make it trust the certificates that it
/// meets there. `ca` is the file that holds the stack's.
pub fn interception(url: &str, ca: &str) -> Vec<(String, String)> {
    // The stack itself is reached without a detour.
    let direct = "localhost,127.0.0.1,::1,.localhost";
    OF_RUNS
        .into_iter()
        .filter_map(|name| {
            let value = match name {
                "HTTP_PROXY" | "HTTPS_PROXY" | "http_proxy" | "https_proxy" => url,
                "NO_PROXY" | "no_proxy" => direct,
                "NODE_USE_ENV_PROXY" => "1",
                "DATABASE_FILE" => return None,
                _ => ca,
            };
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// The value of an own variable, or the name of what it asks for in vain.
pub fn expand(source: &str, variables: &[(String, String)]) -> Result<String, String> {
    let value_of = |name: &str| {
        let mut all = variables.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| name.to_owned())
    };
    if !source.contains("${") {
        return value_of(source).map(str::to_owned);
    }
    let mut value = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("${") {
        value.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            return Err(rest[at..].to_owned());
        };
        value.push_str(value_of(&rest[at + 2..at + end])?);
        rest = &rest[at + end + 1..];
    }
    value.push_str(rest);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use efsm_config::Client;

    fn variables(config: &Config) -> BTreeMap<String, String> {
        let surroundings = Surroundings::of(config).unwrap();
        let variables = surroundings.variables("http://127.0.0.1:1");
        variables.into_iter().collect()
    }

    #[test]
    fn variables_follow_the_services() {
        let of = |services: &[ServiceName]| {
            variables(&Config {
                services: services.to_vec(),
                ..Config::default()
            })
        };
        assert_eq!(of(&[ServiceName::Http]).len(), 1);
        assert!(of(&[ServiceName::Queue]).contains_key("AWS_ENDPOINT_URL"));
        assert_eq!(of(&[ServiceName::Database]).len(), 4);
    }

    #[test]
    fn issuer_and_client_are_those_of_the_configuration() {
        let mut config = Config::default();
        let before = variables(&config);
        assert_eq!(before["OIDC_ISSUER"], "http://127.0.0.1:1/auth");
        assert_eq!(before["OIDC_CLIENT_ID"], "efsm");
        config.auth.issuer = Some("https://id.example".to_owned());
        config.auth.clients = [("web".to_owned(), Client::default())].into();
        let after = variables(&config);
        assert_eq!(after["OIDC_ISSUER"], "https://id.example");
        assert_eq!(after["OIDC_CLIENT_ID"], "web");
        assert!(!after.contains_key("OIDC_CLIENT_SECRET"));
    }

    #[test]
    fn own_variables_are_renamed_or_composed() {
        let config = Config {
            env: [
                ("DB_URI", "DATABASE_URL"),
                ("DB_URL", "${DATABASE_URL}"),
                ("BOTH", "a=${EFSM_URL}&b=${LIBSQL_URL}!"),
                ("CA", "SSL_CERT_FILE"),
            ]
            .map(|(name, source)| (name.to_owned(), source.to_owned()))
            .into(),
            ..Config::default()
        };
        let all = variables(&config);
        assert_eq!(all["DB_URI"], "http://127.0.0.1:1/db/");
        assert_eq!(all["DB_URL"], "http://127.0.0.1:1/db/");
        assert_eq!(
            all["BOTH"],
            "a=http://127.0.0.1:1&b=http://127.0.0.1:1/db/!"
        );
        // There is one in runs alone.
        assert!(!all.contains_key("CA"));
    }

    #[test]
    fn misspelt_source_is_an_error_with_what_there_is() {
        let config = Config {
            env: [("DB_URI".to_owned(), "${DATABSE_URL}".to_owned())].into(),
            ..Config::default()
        };
        let told = Surroundings::of(&config).unwrap_err().to_string();
        assert!(
            told.contains("DATABSE_URL") && told.contains(" DATABASE_URL"),
            "{told}"
        );
    }
}
