//! JSON Web Tokens, as WireMock's JWT extension makes them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

use super::json_text::written;
use crate::env::JwtAlgorithm;
use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse};
use crate::value::JsonStyle;
use crate::{Map, Value};

/// Claims that have an argument of their own.
const REGISTERED: [&str; 5] = ["exp", "iss", "aud", "sub", "nbf"];
/// Arguments that are no claims.
const SETTINGS: [&str; 2] = ["alg", "maxAge"];
/// How long a token lasts by default: a hundred years.
const DEFAULT_AGE_DAYS: i64 = 36_500;

/// `{{jwt alg='RS256' maxAge='12 days' iss= aud= sub= nbf= exp= scope='read' …}}`: any other argument is a
/// claim.
pub(super) fn jwt(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let now = call.renderer.env.now().timestamp();
    let expires = match instant(call, "exp")? {
        Some(expires) => expires,
        None => match age(call)? {
            Ok(age) => match now.checked_add(age) {
                Ok(expires) => expires,
                Err(_) => return refuse("the token would expire beyond all dates"),
            },
            Err(message) => return Ok(printed_error(message)),
        },
    };
    let algorithm = match call.hash_text("alg")?.as_deref() {
        None | Some("HS256") => JwtAlgorithm::Hs256,
        Some("RS256") => JwtAlgorithm::Rs256,
        Some("none") => return signed(call, None, now, expires),
        Some(other) => {
            return Ok(printed_error(format!(
                "alg must be HS256, RS256 or none, but is {other}"
            )));
        }
    };
    signed(call, Some(algorithm), now, expires)
}

fn signed(
    call: &mut Call<'_, '_>,
    algorithm: Option<JwtAlgorithm>,
    now: Timestamp,
    expires: Timestamp,
) -> Result<Outcome, Failure> {
    let claims = match token_claims(call, now, expires)? {
        Ok(claims) => claims,
        Err(message) => return Ok(printed_error(message)),
    };
    let mut header: Vec<(Arc<str>, Value)> = vec![
        (
            "alg".into(),
            algorithm.map_or("none", JwtAlgorithm::name).into(),
        ),
        ("typ".into(), "JWT".into()),
    ];
    if let Some(key_id) = algorithm.and_then(|a| call.renderer.env.jwt_key_id(a)) {
        header.push(("kid".into(), key_id.into()));
    }
    let header = written(call, &Map::new(header)?.into(), JsonStyle::Compact)?;
    let claims = written(call, &claims, JsonStyle::Compact)?;
    call.renderer.reserve((header.len() + claims.len()) * 2)?;
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = match algorithm {
        None => Vec::new(),
        Some(algorithm) => match call.renderer.env.sign_jwt(algorithm, token.as_bytes()) {
            Some(signature) => signature,
            None => {
                return refuse(format!(
                    "there is no key to sign {} tokens",
                    algorithm.name()
                ));
            }
        },
    };
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token.into())
}

/// The claims, or the message that is printed instead of a token.
fn token_claims(
    call: &mut Call<'_, '_>,
    now: Timestamp,
    expires: Timestamp,
) -> Result<Result<Value, String>, Failure> {
    let mut claims: Vec<(Arc<str>, Value)> = vec![
        ("exp".into(), expires.as_second().into()),
        ("iat".into(), now.as_second().into()),
    ];
    for (name, default) in [
        ("iss", "wiremock"),
        ("aud", "wiremock.io"),
        ("sub", "user-123"),
    ] {
        let value = call.hash_text(name)?.unwrap_or_else(|| default.into());
        claims.push((name.into(), Value::Text(value)));
    }
    if let Some(not_before) = instant(call, "nbf")? {
        claims.push(("nbf".into(), not_before.as_second().into()));
    }
    let own: Vec<_> = call
        .hash
        .iter()
        .filter(|(name, _)| !REGISTERED.contains(name) && !SETTINGS.contains(name))
        .map(|(name, value)| (Arc::<str>::from(*name), value.clone()))
        .collect();
    for (name, value) in own {
        let value = match value {
            Value::Null => continue,
            Value::Date(date) => Value::Int(date.timestamp().as_second()),
            Value::List(list) => {
                if let Err(message) = uniform(&name, list.items()) {
                    return Ok(Err(message));
                }
                Value::List(list)
            }
            other => other,
        };
        claims.push((name, value));
    }
    Ok(Ok(Map::new(claims)?.into()))
}

/// The items of an array claim are all texts or all whole numbers.
fn uniform(name: &str, items: &[Value]) -> Result<(), String> {
    let texts = items.iter().filter(|i| matches!(i, Value::Text(_))).count();
    let ints = items.iter().filter(|i| matches!(i, Value::Int(_))).count();
    if texts == items.len() || ints == items.len() {
        return Ok(());
    }
    Err(if texts + ints == items.len() {
        format!("items for array claim {name} are not all the same type")
    } else {
        format!("items for array claim {name} are not of type string or integer")
    })
}

fn instant(call: &Call<'_, '_>, name: &str) -> Result<Option<Timestamp>, Failure> {
    match call.hash(name) {
        None => Ok(None),
        Some(Value::Date(date)) => Ok(Some(date.timestamp())),
        Some(other) => refuse(format!(
            "`{name}` must be a date, such as parseDate gives, but is {}",
            kind(other)
        )),
    }
}

/// `maxAge='12 days'`, or the message that is printed instead of a token.
fn age(call: &mut Call<'_, '_>) -> Result<Result<SignedDuration, &'static str>, Failure> {
    let Some(text) = call.hash_text("maxAge")? else {
        return Ok(Ok(SignedDuration::from_hours(DEFAULT_AGE_DAYS * 24)));
    };
    let Some((amount, unit)) = text.split_once(' ').filter(|(_, unit)| !unit.contains(' ')) else {
        return Ok(Err(
            "maxAge must consist of two parts - amount and unit e.g. 12 days",
        ));
    };
    let Ok(amount) = amount.parse::<i64>() else {
        return Ok(Err("maxAge amount must be a whole number"));
    };
    let seconds = match unit.to_ascii_lowercase().as_str() {
        "seconds" => 1,
        "minutes" => 60,
        "hours" => 3_600,
        "half_days" => 43_200,
        "days" => 86_400,
        _ => {
            return Ok(Err(
                "maxAge unit must be one of: seconds, minutes, hours, days",
            ));
        }
    };
    Ok(amount
        .checked_mul(seconds)
        .map(SignedDuration::from_secs)
        .ok_or("maxAge amount is too large"))
}

/// `{{{jwks}}}`: the public keys that verify RS256 tokens.
pub(super) fn jwks(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    match call.renderer.env.jwks() {
        Some(keys) => Ok(keys.into()),
        None => refuse("there is no key set to show"),
    }
}

/// `(claims 'a' 'b')`: the items of an array claim.
pub(super) fn claims(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let mut items = vec![call.context.clone()];
    items.append(&mut call.params);
    Ok(Outcome::Value(Value::list(items)?))
}

/// `(claimsObject key='value')`: the entries of an object claim.
pub(super) fn claims_object(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let entries = call
        .hash
        .iter()
        .map(|(key, value)| (Arc::from(*key), value.clone()));
    Ok(Value::from(Map::new(entries)?).into())
}
