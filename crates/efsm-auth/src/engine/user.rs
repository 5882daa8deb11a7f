//! Users: who a token can be for, and what it then says of them.

use serde_json::{Map, Value};

use crate::AuthError;

/// Claims that a token's own making decides.
const RESERVED: [&str; 8] = [
    "iss",
    "sub",
    "iat",
    "exp",
    "nbf",
    "jti",
    "scope",
    "client_id",
];

const LONGEST_NAME: usize = 256;

/// A registered user or client. Nobody must be registered: an unknown name gets a token without claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// What a request calls `username` or `client_id`, and tokens `sub`.
    pub name: String,
    /// Asked for as `password` or `client_secret`; without one, any will do.
    pub password: Option<String>,
    /// Copied into the user's tokens and answered by userinfo.
    pub claims: Map<String, Value>,
}

impl User {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    pub fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims = claims;
        self
    }

    /// Whether `given` opens the account; compared in constant time.
    pub(crate) fn accepts(&self, given: Option<&str>) -> bool {
        use aws_lc_rs::constant_time::verify_slices_are_equal;
        self.password.as_ref().is_none_or(|password| {
            given.is_some_and(|given| {
                verify_slices_are_equal(given.as_bytes(), password.as_bytes()).is_ok()
            })
        })
    }

    /// Refuses what could only be ignored later. `sub` may repeat the name, and is dropped then.
    pub(crate) fn checked(mut self) -> Result<Self, AuthError> {
        if self.name.is_empty() {
            return Err(AuthError::UnnamedUser);
        }
        if self.name.chars().count() > LONGEST_NAME {
            return Err(AuthError::LongName {
                limit: LONGEST_NAME,
            });
        }
        if self.claims.get("sub").and_then(Value::as_str) == Some(&self.name) {
            self.claims.shift_remove("sub");
        }
        match RESERVED.iter().find(|c| self.claims.contains_key(**c)) {
            Some(claim) => Err(AuthError::ReservedClaim {
                user: self.name,
                claim,
            }),
            None => Ok(self),
        }
    }

    /// About how many bytes the user holds in memory.
    pub(crate) fn size_bytes(&self) -> u64 {
        let claims = Value::Object(self.claims.clone()).to_string().len();
        let password = self.password.as_ref().map_or(0, String::len);
        // A parsed claim takes about three times its text.
        (256 + self.name.len() + password + 3 * claims) as u64
    }
}
