//! What a request's authorisation asks for: a security scheme, or parameters.

use serde_json::{Value, json};

use super::{default_example, text, written};
use crate::model::{Operation, Parameter, Place, Scheme, Style};

pub(super) fn add(auth: &Value, operation: &mut Operation) {
    let Some(kind) = text(auth, "type") else {
        return;
    };
    let setting = |name: &str| setting(auth, kind, name);
    let is_set = |name: &str| setting(name).is_some_and(|value| value == "true");
    let in_query = |names: &[&str], is_required: bool| -> Vec<Parameter> {
        names
            .iter()
            .map(|name| Parameter {
                is_required,
                ..written(name, "", Style::Form)
            })
            .collect()
    };
    let scheme = match kind {
        "basic" => Scheme::Basic,
        "digest" => Scheme::Digest,
        "apikey" => Scheme::ApiKey {
            place: match setting("in").as_deref() {
                Some("query") => Place::Query,
                _ => Place::Header,
            },
            name: setting("key").unwrap_or_default(),
        },
        "oauth2" if setting("addTokenTo").as_deref() == Some("queryParams") => {
            operation.query.extend(in_query(&["access_token"], true));
            return;
        }
        "bearer" | "oauth2" => Scheme::Bearer,
        "oauth1" if is_set("addParamsToHeader") => {
            operation.headers.push(Parameter {
                examples: vec![default_example("OAuth realm=\"a_realm\"".into())],
                ..written("authorization", "", Style::Simple)
            });
            return;
        }
        "oauth1" => {
            let names = [
                "oauth_consumer_key",
                "oauth_token",
                "oauth_signature_method",
                "oauth_timestamp",
                "oauth_nonce",
                "oauth_version",
                "oauth_signature",
            ];
            operation
                .query
                .extend(in_query(&names, !is_set("addEmptyParamsToSign")));
            return;
        }
        "hawk" => return by_pattern("^Hawk .+$", operation),
        "ntlm" => return by_pattern("^NTLM .+$", operation),
        "awsv4" => {
            for name in ["x-amz-security-token", "x-amz-date", "authorization"] {
                operation.headers.push(written(name, "", Style::Simple));
            }
            return;
        }
        "edgegrid" => {
            operation
                .headers
                .push(written("authorization", "", Style::Simple));
            return;
        }
        _ => return,
    };
    operation.security.push(vec![scheme]);
}

fn by_pattern(pattern: &str, operation: &mut Operation) {
    operation.headers.push(Parameter {
        schema: Some(json!({"type": "string", "pattern": pattern})),
        ..written("authorization", "", Style::Simple)
    });
}

/// A setting of the kind: of a list in collections 2.1, of a map in 2.0.
fn setting(auth: &Value, kind: &str, name: &str) -> Option<String> {
    let value = match auth.get(kind)? {
        Value::Array(list) => list
            .iter()
            .find(|entry| text(entry, "key") == Some(name))?
            .get("value")?,
        settings => settings.get(name)?,
    };
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
