//! Paths and operations.

use std::sync::Arc;

use efsm_spec::model::Route;
use efsm_spec::{Description, Operation};

use crate::change::{Severity, Side};
use crate::pointer::down;
use crate::{Comparison, bodies, parameters, responses, security};

/// An operation on both sides.
pub(crate) struct Pair {
    pub(crate) old: Arc<Operation>,
    pub(crate) new: Arc<Operation>,
    /// `GET /pets/{id}`, as the new description has it.
    pub(crate) name: String,
    /// Where the operation stands, on each side.
    pub(crate) old_pointer: String,
    pub(crate) new_pointer: String,
}

pub(crate) fn compare(comparison: &mut Comparison<'_>) {
    let (old, new) = (comparison.old, comparison.new);
    let mut gone: Vec<&str> = Vec::new();
    for route in &old.routes {
        let found = new
            .routes
            .iter()
            .find(|other| other.method == route.method && is_same_path(&other.path, &route.path));
        if let Some(found) = found {
            pair(comparison, route, found);
        } else if !new
            .routes
            .iter()
            .any(|other| is_same_path(&other.path, &route.path))
        {
            if !gone.contains(&route.path.as_str()) {
                gone.push(&route.path);
                let place = down("", &["paths", &route.path]);
                let message = format!("the path {} is gone", route.path);
                let report = &mut comparison.report;
                report.add(
                    "path-removed",
                    Severity::Breaking,
                    None,
                    (Side::Old, &place),
                    message,
                );
            }
        } else {
            let name = name(route);
            let message = format!("{name} is gone");
            let place = (Side::Old, &*pointer(route));
            comparison.report.add(
                "operation-removed",
                Severity::Breaking,
                Some(&name),
                place,
                message,
            );
        }
    }
    added(comparison, old, new);
}

fn added(comparison: &mut Comparison<'_>, old: &Description, new: &Description) {
    for route in &new.routes {
        let name = name(route);
        let has_path = old
            .routes
            .iter()
            .any(|other| is_same_path(&other.path, &route.path));
        let has_operation = old
            .routes
            .iter()
            .any(|other| other.method == route.method && is_same_path(&other.path, &route.path));
        let report = &mut comparison.report;
        if !has_path {
            let place = down("", &["paths", &route.path]);
            let message = format!("the path {} is new", route.path);
            report.add(
                "path-added",
                Severity::Safe,
                Some(&name),
                (Side::New, &place),
                message,
            );
        } else if !has_operation {
            let place = (Side::New, &*pointer(route));
            let message = format!("{name} is new");
            report.add(
                "operation-added",
                Severity::Safe,
                Some(&name),
                place,
                message,
            );
        }
    }
}

fn pair(comparison: &mut Comparison<'_>, old: &Route, new: &Route) {
    let pair = Pair {
        old: comparison.old.operation(old),
        new: comparison.new.operation(new),
        name: name(new),
        old_pointer: pointer(old),
        new_pointer: pointer(new),
    };
    if pair.new.is_deprecated && !pair.old.is_deprecated {
        comparison.add(
            &pair,
            "operation-deprecated",
            Severity::Warning,
            (Side::New, &pair.new_pointer),
            format!("{} is deprecated", pair.name),
        );
    }
    if let (Some(before), Some(after)) = (&pair.old.id, &pair.new.id)
        && before != after
    {
        comparison.add(
            &pair,
            "operation-renamed",
            Severity::Warning,
            (Side::New, &down(&pair.new_pointer, &["operationId"])),
            format!(
                "the operation `{before}` is now called `{after}`, which generated clients notice"
            ),
        );
    }
    security::compare(comparison, &pair);
    parameters::compare(comparison, &pair);
    bodies::compare(comparison, &pair);
    responses::compare(comparison, &pair);
}

impl Comparison<'_> {
    /// Notes a change of an operation.
    pub(crate) fn add(
        &mut self,
        pair: &Pair,
        code: &'static str,
        severity: Severity,
        place: (Side, &str),
        message: String,
    ) {
        self.report
            .add(code, severity, Some(&pair.name), place, message);
    }
}

fn name(route: &Route) -> String {
    format!("{} {}", route.method.to_uppercase(), route.path)
}

fn pointer(route: &Route) -> String {
    down("", &["paths", &route.path, &route.method])
}

/// Whether two templates are the same but for the names in braces.
fn is_same_path(a: &str, b: &str) -> bool {
    nameless(a) == nameless(b)
}

fn nameless(path: &str) -> String {
    let mut rest = String::with_capacity(path.len());
    let mut in_braces = false;
    for letter in path.chars() {
        match letter {
            '{' => {
                in_braces = true;
                rest.push('{');
            }
            '}' => {
                in_braces = false;
                rest.push('}');
            }
            _ if in_braces => {}
            _ => rest.push(letter),
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_do_not_matter() {
        assert!(is_same_path("/pets/{id}", "/pets/{petId}"));
        assert!(!is_same_path("/pets/{id}", "/pets/id"));
    }
}
