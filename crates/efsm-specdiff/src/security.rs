//! Who may ask.

use std::collections::BTreeMap;

use efsm_spec::Description;
use serde_json::Value;

use crate::Comparison;
use crate::change::{Severity, Side};
use crate::operations::Pair;
use crate::pointer::below;

/// Schemes that must be met together: how each works, and the scopes that it asks for.
type Requirement = BTreeMap<String, Vec<String>>;

pub(crate) fn compare(comparison: &mut Comparison<'_>, pair: &Pair) {
    let old = requirements(comparison.old, &pair.old_pointer);
    let new = requirements(comparison.new, &pair.new_pointer);
    if old == new {
        return;
    }
    let own = below(&pair.new_pointer, "security");
    let has_own = comparison.new.root.value.pointer(&own).is_some();
    let place = if has_own { own } else { "/security".to_owned() };
    let refused: Vec<String> = old
        .iter()
        .filter(|before| !new.iter().any(|after| is_met(after, before)))
        .map(in_words)
        .collect();
    let here = (Side::New, &*place);
    if refused.is_empty() {
        let message = format!("{} asks for less", pair.name);
        comparison.add(pair, "security-loosened", Severity::Safe, here, message);
    } else {
        let wanted: Vec<String> = new.iter().map(in_words).collect();
        let message = format!(
            "{} is no longer enough: {} is asked for",
            refused.join(" or "),
            wanted.join(" or ")
        );
        comparison.add(
            pair,
            "security-tightened",
            Severity::Breaking,
            here,
            message,
        );
    }
}

/// Whether a client that meets `has` meets `wanted`.
fn is_met(wanted: &Requirement, has: &Requirement) -> bool {
    wanted.iter().all(|(scheme, scopes)| {
        has.get(scheme)
            .is_some_and(|own| scopes.iter().all(|scope| own.contains(scope)))
    })
}

fn in_words(requirement: &Requirement) -> String {
    if requirement.is_empty() {
        return "nothing".to_owned();
    }
    let schemes: Vec<String> = requirement
        .iter()
        .map(|(scheme, scopes)| {
            if scopes.is_empty() {
                scheme.clone()
            } else {
                format!("{scheme} ({})", scopes.join(", "))
            }
        })
        .collect();
    schemes.join(" with ")
}

/// What an operation asks for: one of these. Nothing at all is one requirement without schemes.
fn requirements(description: &Description, operation: &str) -> Vec<Requirement> {
    let root = &description.root.value;
    let own = root
        .pointer(operation)
        .and_then(|operation| operation.get("security"));
    let listed = own
        .or_else(|| root.get("security"))
        .and_then(Value::as_array);
    let all: Vec<Requirement> = listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|requirement| {
            requirement
                .iter()
                .map(|(name, scopes)| {
                    let scopes = scopes.as_array().into_iter().flatten();
                    let scopes = scopes
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect();
                    (scheme(root, name), scopes)
                })
                .collect()
        })
        .collect();
    if all.is_empty() {
        vec![Requirement::new()]
    } else {
        all
    }
}

/// How a scheme works: what a client sees of it. Its name is nobody's business.
fn scheme(root: &Value, name: &str) -> String {
    let found = ["/components/securitySchemes", "/securityDefinitions"]
        .iter()
        .find_map(|place| root.pointer(place)?.get(name));
    let text = |key: &str| {
        found
            .and_then(|scheme| scheme.get(key)?.as_str())
            .unwrap_or_default()
    };
    match text("type") {
        "apiKey" => format!("the API key `{}` in the {}", text("name"), text("in")),
        "http" => format!("{} credentials", text("scheme").to_lowercase()),
        "basic" => "basic credentials".to_owned(),
        "oauth2" => "OAuth 2".to_owned(),
        "openIdConnect" => "OpenID Connect".to_owned(),
        "mutualTLS" => "a client certificate".to_owned(),
        _ => format!("the scheme `{name}`"),
    }
}
