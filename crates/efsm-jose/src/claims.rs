//! Claims sets and JWTs (RFC 7519).

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::json::{self, quoted};
use crate::{Header, JoseError, SigningKey, VerifyingKey, jws};

/// A claims set: its members in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a claim, replacing one of that name.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim that is text; `None` when it is missing or something else.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// The claim as nanoseconds since 1970. A NumericDate may have a fraction (RFC 7519 section 2).
    fn date_ns(&self, claim: &'static str) -> Result<Option<i128>, JoseError> {
        const SECOND_NS: i128 = 1_000_000_000;
        let wrong = JoseError::ClaimType {
            claim,
            expected: "a number of seconds since 1970",
        };
        match self.get(claim) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let whole = number
                    .as_i64()
                    .map(i128::from)
                    .or_else(|| number.as_u64().map(i128::from));
                Ok(Some(match whole {
                    Some(seconds) => seconds * SECOND_NS,
                    // The cast saturates: a date past all clocks stays past them.
                    None => (number.as_f64().ok_or(wrong)? * SECOND_NS as f64) as i128,
                }))
            }
            Some(_) => Err(wrong),
        }
    }

    fn optional_text(&self, claim: &'static str) -> Result<Option<&str>, JoseError> {
        match self.get(claim) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JoseError::ClaimType {
                claim,
                expected: "a string",
            }),
        }
    }

    /// `aud` as a list; RFC 7519 section 4.1.3 lets one audience stand alone.
    fn audiences(&self) -> Result<Option<Vec<&str>>, JoseError> {
        let wrong = JoseError::ClaimType {
            claim: "aud",
            expected: "a string or a list of strings",
        };
        match self.get("aud") {
            None => Ok(None),
            Some(Value::String(one)) => Ok(Some(vec![one])),
            Some(Value::Array(all)) => all
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()
                .map(Some)
                .ok_or(wrong),
            Some(_) => Err(wrong),
        }
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

/// What a token's claims must be to be accepted at `now`.
///
/// The registered claims that are present must have the right types whatever is asked for. `iat` is not
/// compared with `now`: RFC 7519 gives it no such meaning.
#[derive(Clone, Debug)]
pub struct Validation<'v> {
    pub now: Timestamp,
    /// How far the issuer's clock may be off, for `exp` and `nbf`.
    pub leeway: Duration,
    /// The `iss` that is trusted; any when `None`.
    pub issuer: Option<&'v str>,
    /// Who must be among `aud`; any when `None`.
    pub audience: Option<&'v str>,
    /// Claims without which a token is refused.
    pub required: &'v [&'v str],
}

impl<'v> Validation<'v> {
    /// No leeway, any issuer and audience, `exp` required.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            leeway: Duration::ZERO,
            issuer: None,
            audience: None,
            required: &["exp"],
        }
    }

    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    pub fn with_issuer(mut self, issuer: &'v str) -> Self {
        self.issuer = Some(issuer);
        self
    }

    pub fn with_audience(mut self, audience: &'v str) -> Self {
        self.audience = Some(audience);
        self
    }

    pub fn requiring(mut self, claims: &'v [&'v str]) -> Self {
        self.required = claims;
        self
    }

    /// Checks a claims set whose signature was verified.
    pub fn check(&self, claims: &Claims) -> Result<(), JoseError> {
        for claim in ["iss", "sub", "jti"] {
            claims.optional_text(claim)?;
        }
        let (exp, nbf) = (claims.date_ns("exp")?, claims.date_ns("nbf")?);
        claims.date_ns("iat")?;
        let audiences = claims.audiences()?;

        if let Some(missing) = self.required.iter().find(|c| claims.get(c).is_none()) {
            return Err(JoseError::MissingClaim {
                claim: (*missing).to_owned(),
            });
        }
        let now_ns = self.now.as_nanosecond();
        let leeway_ns = i128::try_from(self.leeway.as_nanos()).unwrap_or(i128::MAX);
        // "On or after" the expiry a token is dead, and before `nbf` it is not yet born (sections 4.1.4, 4.1.5).
        if let Some(exp) = exp.filter(|exp| now_ns >= exp.saturating_add(leeway_ns)) {
            return Err(JoseError::Expired {
                exp: shown(exp),
                now: self.now,
            });
        }
        if let Some(nbf) = nbf.filter(|nbf| now_ns.saturating_add(leeway_ns) < *nbf) {
            return Err(JoseError::NotYetValid {
                nbf: shown(nbf),
                now: self.now,
            });
        }
        if let Some(expected) = self.issuer {
            let found = claims.optional_text("iss")?;
            if found != Some(expected) {
                return Err(JoseError::Issuer {
                    found: found.map_or_else(|| "nobody".to_owned(), quoted),
                    expected: quoted(expected),
                });
            }
        }
        if let Some(expected) = self.audience {
            let found = audiences.unwrap_or_default();
            if !found.contains(&expected) {
                return Err(JoseError::Audience {
                    found: match found.as_slice() {
                        [] => "nobody".to_owned(),
                        found => quoted(&found.join(", ")),
                    },
                    expected: quoted(expected),
                });
            }
        }
        Ok(())
    }
}

/// Signs a claims set as a JWT.
pub fn encode(header: &Header, claims: &Claims, key: &SigningKey) -> Result<String, JoseError> {
    let payload = serde_json::to_vec(claims).map_err(|e| JoseError::Claims {
        problem: e.to_string(),
    })?;
    jws::sign(header, &payload, key)
}

/// Verifies a JWT's signature, then its claims.
pub fn decode(
    token: &str,
    key: &VerifyingKey,
    validation: &Validation<'_>,
) -> Result<Claims, JoseError> {
    let verified = jws::verify(token, key)?;
    let claims = json::object(&verified.payload)
        .map(Claims)
        .map_err(|problem| JoseError::Claims { problem })?;
    validation.check(&claims)?;
    Ok(claims)
}

fn shown(ns: i128) -> String {
    Timestamp::from_nanosecond(ns).map_or_else(
        |_| format!("{} seconds since 1970", ns / 1_000_000_000),
        |at| at.to_string(),
    )
}
