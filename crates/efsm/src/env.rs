//! The variables that clients of a stack need, by service.

use efsm_config::{Config, ConfigErrors, ServiceName};

use crate::api::Api;
use crate::prepare::unplaced;

/// Credentials that every AWS client accepts; the stack does not check them.
const AWS_KEY: &str = "test";
const AWS_REGION: &str = "us-east-1";

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

/// The variables for a stack at `url` with these services and APIs, in the order in which they are printed.
pub fn variables(url: &str, services: &[ServiceName], apis: &[Api]) -> Vec<(String, String)> {
    let has = |service| services.contains(&service);
    let authority = url.strip_prefix("http://").unwrap_or(url);
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: String| variables.push((name.to_owned(), value));
    set("EFSM_URL", url.to_owned());
    if has(ServiceName::Http) {
        for api in apis {
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
        // Also the `iss` of tokens, unless the configuration names another.
        set("OIDC_ISSUER", format!("{url}/auth"));
        set("OIDC_CLIENT_ID", "efsm".to_owned());
        set("OIDC_CLIENT_SECRET", "secret".to_owned());
    }
    variables
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

/// Adds the variables that an application calls by names of its own: `DB_URI` as `DATABASE_URL`, or as a text in
/// which `${DATABASE_URL}` stands. One whose source is not among `variables` is left out.
pub fn add_own<'m>(
    variables: &mut Vec<(String, String)>,
    own: impl IntoIterator<Item = (&'m String, &'m String)>,
) {
    for (name, source) in own {
        if let Ok(value) = expand(source, variables) {
            variables.retain(|(known, _)| known != name);
            variables.push((name.clone(), value));
        }
    }
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

/// Whether every own variable of a configuration asks for one that there is.
pub(crate) fn check(config: &Config, apis: &[Api]) -> Result<(), ConfigErrors> {
    let mut known = variables("", &config.services, apis);
    let asked: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
    known.extend(OF_RUNS.map(|name| (name.to_owned(), String::new())));
    let errors = config.env.iter().filter_map(|(name, source)| {
        let unknown = expand(source, &known).err()?;
        let message = format!("no variable `{unknown}`: efsm sets {}", asked.join(", "));
        Some(unplaced(&format!("env.{name}"), message))
    });
    ConfigErrors::check(errors.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_follow_the_services() {
        let names = |services: &[ServiceName]| -> Vec<String> {
            variables("http://127.0.0.1:1", services, &[])
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        assert_eq!(names(&[ServiceName::Http]), ["EFSM_URL"]);
        assert!(names(&[ServiceName::Queue]).contains(&"AWS_ENDPOINT_URL".to_owned()));
        assert_eq!(names(&[ServiceName::Database]).len(), 4);
    }

    #[test]
    fn own_variables_are_renamed_or_composed() {
        let mut all = variables("http://127.0.0.1:1", &[ServiceName::Database], &[]);
        let own = [
            ("DB_URI", "DATABASE_URL"),
            ("DB_URL", "${DATABASE_URL}"),
            ("BOTH", "a=${EFSM_URL}&b=${LIBSQL_URL}!"),
            ("NONE", "${STRIPE_BASE_URL}"),
        ]
        .map(|(name, source)| (name.to_owned(), source.to_owned()));
        add_own(&mut all, own.iter().map(|(a, b)| (a, b)));
        let all: std::collections::BTreeMap<String, String> = all.into_iter().collect();
        assert_eq!(all["DB_URI"], "http://127.0.0.1:1/db/");
        assert_eq!(all["DB_URL"], "http://127.0.0.1:1/db/");
        assert_eq!(
            all["BOTH"],
            "a=http://127.0.0.1:1&b=http://127.0.0.1:1/db/!"
        );
        assert!(!all.contains_key("NONE"));
    }

    #[test]
    fn misspelt_source_is_an_error_with_what_there_is() {
        let config = Config {
            env: [("DB_URI".to_owned(), "${DATABSE_URL}".to_owned())].into(),
            ..Config::default()
        };
        let told = check(&config, &[]).unwrap_err().to_string();
        assert!(
            told.contains("DATABSE_URL") && told.contains(" DATABASE_URL"),
            "{told}"
        );
        let config = Config {
            env: [("CA".to_owned(), "SSL_CERT_FILE".to_owned())].into(),
            ..Config::default()
        };
        assert!(check(&config, &[]).is_ok());
    }
}
