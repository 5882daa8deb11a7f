//! Grants: how a request for a token becomes a subject and a scope. One file a grant.

mod client_credentials;
mod password;

use std::sync::Arc;

use imbl::OrdMap;

use crate::GrantError;
use crate::engine::User;

pub(crate) type Users = OrdMap<Arc<str>, Arc<User>>;

/// A request for a token, as it came. Empty parameters are those that were not sent (RFC 6749 section 3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantRequest {
    pub grant_type: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    /// Space-separated scopes.
    pub scope: Option<String>,
}

/// By which way a token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// RFC 6749 section 4.3.
    Password,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// In process, by no grant.
    Direct,
}

impl GrantKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientCredentials => "client_credentials",
            Self::Direct => "direct",
        }
    }
}

/// What was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub kind: GrantKind,
    pub subject: String,
    pub client_id: Option<String>,
    /// Space-separated; empty when none was asked for.
    pub scope: String,
}

impl GrantRequest {
    /// Grants or refuses; the same request gets the same answer as long as the users are the same.
    pub(crate) fn decide(&self, users: &Users) -> Result<Grant, GrantError> {
        let grant_type = present(self.grant_type.as_ref()).ok_or(GrantError::NoGrantType)?;
        let kind = match grant_type {
            "password" => GrantKind::Password,
            "client_credentials" => GrantKind::ClientCredentials,
            other => {
                return Err(GrantError::UnsupportedGrantType {
                    grant_type: other.to_owned(),
                });
            }
        };
        let scope = self.checked_scope()?;
        let subject = match kind {
            GrantKind::Password => password::subject(self, users)?,
            _ => client_credentials::subject(self, users)?,
        };
        Ok(Grant {
            kind,
            subject,
            client_id: present(self.client_id.as_ref()).map(str::to_owned),
            scope,
        })
    }

    /// The name and the secret of whom the request calls a user.
    fn user(&self) -> Option<(&str, Option<&str>)> {
        let name = present(self.username.as_ref())?;
        Some((name, self.password.as_deref()))
    }

    /// The name and the secret of whom the request calls a client.
    fn client(&self) -> Option<(&str, Option<&str>)> {
        let name = present(self.client_id.as_ref())?;
        Some((name, self.client_secret.as_deref()))
    }

    /// The scope with single spaces; the characters are those of RFC 6749 section 3.3.
    fn checked_scope(&self) -> Result<String, GrantError> {
        let scope = self.scope.as_deref().unwrap_or("");
        let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        if let Some(bad) = scope.chars().find(|c| !allowed(*c)) {
            return Err(GrantError::BadScope { bad });
        }
        Ok(scope
            .split(' ')
            .filter(|s| !s.is_empty())
            .collect::<Vec<_>>()
            .join(" "))
    }
}

/// Whether the registered user of that name, if there is one, accepts the secret.
fn opens(users: &Users, name: &str, secret: Option<&str>) -> bool {
    users.get(name).is_none_or(|user| user.accepts(secret))
}

fn present(parameter: Option<&String>) -> Option<&str> {
    parameter
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}
