//! The variables that clients of a stack need, by service.

use efsm_config::ServiceName;

/// Credentials that every AWS client accepts; the stack does not check them.
const AWS_KEY: &str = "test";
const AWS_REGION: &str = "us-east-1";

/// The variables for a stack at `url` with these services, in the order in which they are printed.
pub fn variables(url: &str, services: &[ServiceName]) -> Vec<(String, String)> {
    let has = |service| services.contains(&service);
    let authority = url.strip_prefix("http://").unwrap_or(url);
    let mut variables: Vec<(&str, String)> = vec![("EFSM_URL", url.to_owned())];
    if has(ServiceName::Database) {
        // The slash at the end matters: without it clients drop the path.
        variables.push(("DATABASE_URL", format!("{url}/db/")));
        variables.push(("LIBSQL_URL", format!("{url}/db/")));
        variables.push((
            "SQLALCHEMY_DATABASE_URL",
            format!("sqlite+libsql://{authority}/db/?secure=false"),
        ));
    }
    if has(ServiceName::Storage) || has(ServiceName::Queue) {
        variables.push(("AWS_ENDPOINT_URL", url.to_owned()));
        variables.push(("AWS_ACCESS_KEY_ID", AWS_KEY.to_owned()));
        variables.push(("AWS_SECRET_ACCESS_KEY", AWS_KEY.to_owned()));
        variables.push(("AWS_REGION", AWS_REGION.to_owned()));
        variables.push(("AWS_DEFAULT_REGION", AWS_REGION.to_owned()));
    }
    if has(ServiceName::Auth) {
        variables.push(("OIDC_ISSUER", format!("{url}/auth")));
        variables.push(("OIDC_CLIENT_ID", "efsm".to_owned()));
        variables.push(("OIDC_CLIENT_SECRET", "secret".to_owned()));
    }
    variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// `variables` and the names that a configuration maps them to; `(name, source)` pairs whose source is
/// no variable are given back.
pub fn renamed<'m>(
    mut variables: Vec<(String, String)>,
    map: impl IntoIterator<Item = (&'m String, &'m String)>,
) -> Vec<(String, String)> {
    for (name, source) in map {
        let value = variables
            .iter()
            .find(|(known, _)| known == source)
            .map(|(_, value)| value.clone());
        if let Some(value) = value {
            variables.push((name.clone(), value));
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_follow_the_services() {
        let names = |services: &[ServiceName]| -> Vec<String> {
            variables("http://127.0.0.1:1", services)
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        assert_eq!(names(&[ServiceName::Http]), ["EFSM_URL"]);
        assert!(names(&[ServiceName::Queue]).contains(&"AWS_ENDPOINT_URL".to_owned()));
        assert_eq!(names(&[ServiceName::Database]).len(), 4);
    }

    #[test]
    fn renamed_variable_has_the_value_of_its_source() {
        let map = [("DB_URI".to_owned(), "DATABASE_URL".to_owned())];
        let variables = variables("http://127.0.0.1:1", &[ServiceName::Database]);
        let renamed = renamed(variables, map.iter().map(|(a, b)| (a, b)));
        assert!(renamed.contains(&("DB_URI".to_owned(), "http://127.0.0.1:1/db/".to_owned())));
    }
}
