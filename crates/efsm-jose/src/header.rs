//! The JOSE header (RFC 7515 section 4).

use serde_json::{Map, Value};

use crate::json::{self, quoted};
use crate::{Algorithm, JoseError, SigningKey, VerifyingKey};

/// A header. Keys that a token brings along (`jwk`, `jku`, `x5c`, `x5u`) are kept in `other` and never used.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub algorithm: Algorithm,
    /// `JWT` for most tokens, `at+jwt` for access tokens of RFC 9068.
    pub typ: Option<String>,
    pub kid: Option<String>,
    /// Every other member.
    pub other: Map<String, Value>,
}

impl Header {
    /// The header of a JWT that `key` signs: `alg` and `"typ":"JWT"`.
    pub fn jwt(key: &SigningKey) -> Self {
        Self {
            algorithm: key.algorithm(),
            typ: Some("JWT".to_owned()),
            kid: None,
            other: Map::new(),
        }
    }

    pub fn with_typ(mut self, typ: impl Into<String>) -> Self {
        self.typ = Some(typ.into());
        self
    }

    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// As JSON: `alg`, `typ`, `kid`, then the others.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("alg".to_owned(), self.algorithm.name().into());
        for (name, value) in [("typ", &self.typ), ("kid", &self.kid)] {
            if let Some(value) = value {
                object.insert(name.to_owned(), value.clone().into());
            }
        }
        for (name, value) in &self.other {
            object.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Value::Object(object)
    }

    /// Parses a header of a token that `key` is to verify, and refuses what `key` is not for.
    pub(crate) fn parse(bytes: &[u8], key: &VerifyingKey) -> Result<Self, JoseError> {
        let mut other = json::object(bytes).map_err(problem)?;
        let text = |other: &mut Map<String, Value>, name: &str| match other.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(problem(format!("`{name}` is not a string"))),
        };
        let alg = text(&mut other, "alg")?.ok_or_else(|| problem("it has no `alg`"))?;
        if Algorithm::from_name(&alg) != Some(key.algorithm()) {
            return Err(JoseError::Algorithm {
                alg: quoted(&alg),
                key: key.algorithm(),
            });
        }
        // No extension is understood here, so whatever is critical ends it (RFC 7515 section 4.1.11).
        if let Some(critical) = other.get("crit") {
            return Err(JoseError::Critical {
                names: quoted(&critical.to_string()),
            });
        }
        Ok(Self {
            algorithm: key.algorithm(),
            typ: text(&mut other, "typ")?,
            kid: text(&mut other, "kid")?,
            other,
        })
    }
}

fn problem(problem: impl Into<String>) -> JoseError {
    JoseError::Header {
        problem: problem.into(),
    }
}
