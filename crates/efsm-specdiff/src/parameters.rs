//! Parameters of paths, queries, headers and cookies.

use efsm_spec::Description;
use efsm_spec::model::Parameter;
use serde_json::Value;

use crate::Comparison;
use crate::change::{Severity, Side};
use crate::operations::Pair;
use crate::pointer::{below, down};
use crate::schema::{Schemas, Way};

pub(crate) fn compare(comparison: &mut Comparison<'_>, pair: &Pair) {
    for (kind, old, new) in [
        ("path", &pair.old.path_parameters, &pair.new.path_parameters),
        ("query", &pair.old.query, &pair.new.query),
        ("header", &pair.old.headers, &pair.new.headers),
        ("cookie", &pair.old.cookies, &pair.new.cookies),
    ] {
        let same = |a: &Parameter, b: &Parameter| match kind {
            // A path's parameter is known by its place, not by its name.
            "path" => position(&pair.old.path, &a.name) == position(&pair.new.path, &b.name),
            "header" => a.name.eq_ignore_ascii_case(&b.name),
            _ => a.name == b.name,
        };
        for before in old {
            match new.iter().find(|after| same(before, after)) {
                Some(after) => both(comparison, pair, kind, before, after),
                None if kind == "path" => {}
                None => {
                    let place = place(comparison.old, &pair.old_pointer, kind, &before.name);
                    comparison.add(
                        pair,
                        "parameter-removed",
                        Severity::Warning,
                        (Side::Old, &place),
                        format!("the {kind} parameter `{}` is gone", before.name),
                    );
                }
            }
        }
        for after in new {
            if kind == "path" || old.iter().any(|before| same(before, after)) {
                continue;
            }
            let place = place(comparison.new, &pair.new_pointer, kind, &after.name);
            let (code, severity, how) = if after.is_required {
                (
                    "parameter-added-required",
                    Severity::Breaking,
                    "new and required",
                )
            } else {
                ("parameter-added", Severity::Safe, "new")
            };
            let message = format!("the {kind} parameter `{}` is {how}", after.name);
            comparison.add(pair, code, severity, (Side::New, &place), message);
        }
    }
}

fn both(
    comparison: &mut Comparison<'_>,
    pair: &Pair,
    kind: &str,
    old: &Parameter,
    new: &Parameter,
) {
    let what = format!("the {kind} parameter `{}`", new.name);
    let old_place = place(comparison.old, &pair.old_pointer, kind, &old.name);
    let new_place = place(comparison.new, &pair.new_pointer, kind, &new.name);
    let here = (Side::New, &*new_place);
    if new.is_required && !old.is_required {
        let message = format!("{what} is required now");
        comparison.add(
            pair,
            "parameter-became-required",
            Severity::Breaking,
            here,
            message,
        );
    }
    if old.is_required && !new.is_required {
        let message = format!("{what} is optional now");
        comparison.add(
            pair,
            "parameter-became-optional",
            Severity::Safe,
            here,
            message,
        );
    }
    if old.style != new.style
        || (old.explode.is_some() && new.explode.is_some() && old.explode != new.explode)
    {
        let message = format!("{what} is written in another style");
        comparison.add(
            pair,
            "parameter-style-changed",
            Severity::Breaking,
            here,
            message,
        );
    }
    let schema = |parameter: &Parameter| parameter.schema.clone().unwrap_or(Value::Bool(true));
    let (before, after) = (schema(old), schema(new));
    let (before, after) = (
        Schemas::of(&before, below(&old_place, "schema")),
        Schemas::of(&after, below(&new_place, "schema")),
    );
    comparison.schemas(pair, &before, &after, Way::In, &what);
}

/// The place of a parameter in its template: names may change.
fn position(path: &str, name: &str) -> Option<usize> {
    path.split('{')
        .skip(1)
        .position(|rest| rest.split('}').next() == Some(name))
}

/// Where a parameter is written: with its operation, or with the path.
fn place(description: &Description, operation: &str, kind: &str, name: &str) -> String {
    let root = &description.root;
    let path = operation.rsplit_once('/').map_or("", |(path, _)| path);
    for owner in [operation, path] {
        let list = root
            .value
            .pointer(owner)
            .and_then(|owner| owner.get("parameters"));
        let found = list
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .position(|one| {
                root.follow(one).is_some_and(|one| {
                    one.get("name").and_then(Value::as_str) == Some(name)
                        && one.get("in").and_then(Value::as_str) == Some(kind)
                })
            });
        if let Some(number) = found {
            return down(owner, &["parameters", &number.to_string()]);
        }
    }
    below(operation, "parameters")
}
