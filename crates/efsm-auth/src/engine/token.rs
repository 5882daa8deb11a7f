//! An issued token, as the log and the journal keep it.

use efsm_core::{Detail, Timestamp};
use efsm_jose::Claims;
use serde_json::{Map, Value};

use crate::engine::GrantKind;

/// One token that was issued.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuedToken {
    /// The token itself: `header.payload.signature`.
    pub token: String,
    pub subject: String,
    pub grant: GrantKind,
    /// Space-separated; empty when none was asked for.
    pub scope: String,
    pub issued_at: Timestamp,
    /// The claim `exp`; `None` when the caller took it away or put something else in its place.
    pub expires_at: Option<Timestamp>,
    pub claims: Claims,
}

impl IssuedToken {
    /// Seconds from `iat` to `exp`, as they were when the token was issued; 0 without an expiry.
    pub fn lifetime_seconds(&self) -> i64 {
        self.expires_at
            .map_or(0, |at| at.as_second() - self.issued_at.as_second())
    }

    /// As the API shows it.
    pub fn to_json(&self) -> Value {
        let mut object = self.fields();
        object.insert("issued_at".to_owned(), self.issued_at.to_string().into());
        object.insert("token".to_owned(), self.token.clone().into());
        object.insert("claims".to_owned(), self.claims.as_map().clone().into());
        Value::Object(object)
    }
}

impl Detail for IssuedToken {
    fn summary(&self) -> String {
        let mut summary = format!("token for {} by {}", self.subject, self.grant.name());
        if !self.scope.is_empty() {
            summary.push_str(", scope ");
            summary.push_str(&self.scope);
        }
        summary
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("sub".to_owned(), self.subject.clone().into());
        fields.insert("grant".to_owned(), self.grant.name().into());
        fields.insert("scope".to_owned(), self.scope.clone().into());
        if let Some(jti) = self.claims.get("jti") {
            fields.insert("jti".to_owned(), jti.clone());
        }
        if let Some(expires_at) = self.expires_at {
            fields.insert("expires_at".to_owned(), expires_at.to_string().into());
        }
        fields
    }

    fn size_bytes(&self) -> usize {
        // The token's text, and its claims parsed.
        512 + 4 * self.token.len()
    }
}
