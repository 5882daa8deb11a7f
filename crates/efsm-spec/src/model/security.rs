//! Security requirements: one of several, each of one or more schemes.

use serde_json::{Map, Value};

use super::Kind;
use crate::schema::Tree;

/// A security scheme as far as a request can show that it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    ApiKey {
        place: Place,
        name: String,
    },
    Basic,
    Digest,
    Bearer,
    OAuth2,
    OpenIdConnect,
    /// Not checked; its name in a warning.
    Unsupported(String),
}

/// Where an API key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Header,
    Query,
    Cookie,
}

/// What an operation asks for, or else the document.
pub(super) fn required(kind: Kind, tree: Tree<'_>, operation: Option<&Value>) -> Vec<Vec<Scheme>> {
    let pointer = match kind {
        Kind::Swagger2 => "/securityDefinitions",
        _ => "/components/securitySchemes",
    };
    let Some(schemes) = tree.0.pointer(pointer).and_then(Value::as_object) else {
        return Vec::new();
    };
    let requirements = operation
        .filter(|own| own.is_array())
        .or_else(|| tree.0.get("security"))
        .and_then(Value::as_array);
    let Some(requirements) = requirements else {
        return Vec::new();
    };
    let mut all: Vec<Vec<Scheme>> = requirements
        .iter()
        .filter_map(Value::as_object)
        .map(|requirement| {
            requirement
                .keys()
                .filter_map(|name| scheme(tree, schemes, name))
                .collect()
        })
        .collect();
    if kind == Kind::Swagger2 {
        // A requirement that asks for nothing makes the others optional, and alone it asks for nothing.
        let is_optional = requirements.len() > 1 && all.iter().any(Vec::is_empty);
        all.retain(|schemes| !schemes.is_empty());
        if is_optional {
            all.push(Vec::new());
        }
    }
    all
}

fn scheme(tree: Tree<'_>, schemes: &Map<String, Value>, name: &str) -> Option<Scheme> {
    let definition = tree.follow(schemes.get(name)?)?;
    let text = |field: &str| definition.get(field).and_then(Value::as_str);
    Some(match text("type")? {
        "apiKey" => {
            let place = match text("in") {
                Some("query") => Place::Query,
                Some("header") => Place::Header,
                Some("cookie") => Place::Cookie,
                other => {
                    return Some(Scheme::Unsupported(format!(
                        "apiKey/{}",
                        other.unwrap_or_default()
                    )));
                }
            };
            Scheme::ApiKey {
                place,
                name: text("name").unwrap_or_default().to_owned(),
            }
        }
        "basic" => Scheme::Basic,
        "http" => match text("scheme").map(str::to_ascii_lowercase).as_deref() {
            Some("basic") => Scheme::Basic,
            Some("digest") => Scheme::Digest,
            Some("bearer") => Scheme::Bearer,
            other => Scheme::Unsupported(format!("http/{}", other.unwrap_or_default())),
        },
        "oauth2" => Scheme::OAuth2,
        "openIdConnect" => Scheme::OpenIdConnect,
        other => Scheme::Unsupported(other.to_owned()),
    })
}
