//! Whether a request shows what a security requirement asks for. Only the form is looked at: any key is a key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::request::Input;
use super::violation::{Severity, Side, Violation};
use crate::model::{Operation, Place, Scheme};

const BASIC: &str = "Basic realm=\"*\"";
const DIGEST: &str = "Digest realm=\"*\", nonce=\"abc123\"";

/// What the request fails of every requirement; `None` when it meets one of them.
pub(super) fn check(operation: &Operation, input: &Input<'_>) -> Option<Violation> {
    let mut failed: Vec<Violation> = Vec::new();
    for requirement in &operation.security {
        let mut of_requirement: Vec<Violation> = if requirement.is_empty() {
            no_scheme(input).err().into_iter().collect()
        } else {
            requirement
                .iter()
                .filter_map(|scheme| of_scheme(scheme, input).err())
                .collect()
        };
        if of_requirement.is_empty() {
            return None;
        }
        failed.append(&mut of_requirement);
    }
    // One violation speaks for all, with what each of them asks for.
    let tags: Vec<String> = failed.iter().flat_map(|one| one.tags.clone()).collect();
    let mut first = failed.into_iter().next()?;
    first.tags = tags;
    Some(first)
}

fn of_scheme(scheme: &Scheme, input: &Input<'_>) -> Result<(), Violation> {
    let authorization = input.header("authorization").unwrap_or_default();
    match scheme {
        Scheme::ApiKey { place, name } => {
            let is_there = match place {
                Place::Header => input
                    .header(&name.to_ascii_lowercase())
                    .is_some_and(|v| !v.is_empty()),
                Place::Query => input
                    .query_value(name)
                    .is_some_and(|value| !value.is_empty()),
                Place::Cookie => input.header("cookie").is_some_and(|cookies| {
                    let start = format!("{name}=");
                    cookies.split(';').any(|cookie| {
                        cookie
                            .trim()
                            .strip_prefix(&start)
                            .is_some_and(|v| !v.is_empty())
                    })
                }),
            };
            when(is_there, None)
        }
        Scheme::Basic => {
            let (name, token) = authorization
                .split_once(' ')
                .unwrap_or((&authorization, ""));
            when(name.eq_ignore_ascii_case("basic"), Some(BASIC))?;
            let token = token.split(' ').next().unwrap_or("");
            when(is_basic_token(token), None)
        }
        Scheme::Digest => {
            let (name, rest) = authorization
                .split_once(' ')
                .unwrap_or((&authorization, ""));
            when(name.eq_ignore_ascii_case("digest"), Some(DIGEST))?;
            when(is_digest(rest), None)
        }
        Scheme::Bearer => when(is_bearer(&authorization), Some("Bearer")),
        Scheme::OAuth2 => when(is_bearer(&authorization), Some("OAuth2")),
        Scheme::OpenIdConnect => when(is_bearer(&authorization), Some("OpenID")),
        Scheme::Unsupported(name) => Err(Violation::new(
            Side::Request,
            Severity::Warning,
            format!("We currently do not support this type of security scheme: {name}"),
        )),
    }
}

fn no_scheme(input: &Input<'_>) -> Result<(), Violation> {
    when(input.header("authorization").is_none(), Some("None"))
}

fn when(holds: bool, tag: Option<&str>) -> Result<(), Violation> {
    if holds {
        return Ok(());
    }
    let mut violation = Violation::error("Invalid security scheme used").status(401);
    violation.tags.extend(tag.map(str::to_owned));
    Err(violation)
}

fn is_bearer(authorization: &str) -> bool {
    authorization.strip_prefix("Bearer").is_some_and(|rest| {
        let mut rest = rest.chars();
        rest.next().is_some_and(char::is_whitespace) && rest.next().is_some()
    })
}

fn is_basic_token(token: &str) -> bool {
    let token = token.trim_end_matches('=');
    let decoded = STANDARD_NO_PAD
        .decode(token)
        .or_else(|_| STANDARD.decode(token));
    decoded.is_ok_and(|bytes| bytes.split(|byte| *byte == b':').count() == 2)
}

fn is_digest(info: &str) -> bool {
    let joined: String = info.split(' ').collect();
    let has_all = ["username=", "realm=", "nonce=", "uri=", "response="]
        .iter()
        .all(|part| joined.contains(part));
    has_all && info.split(' ').all(has_quoted_word)
}

/// Whether letters and digits, or nothing, stand between quotes.
fn has_quoted_word(text: &str) -> bool {
    let mut open = false;
    for c in text.chars() {
        match c {
            '"' | '\'' if open => return true,
            '"' | '\'' => open = true,
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => {}
            _ => open = false,
        }
    }
    false
}
