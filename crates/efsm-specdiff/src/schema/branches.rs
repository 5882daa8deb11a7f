//! `oneOf`, `anyOf` and `not`.

use serde_json::Value;

use super::flat::Flat;
use super::{Schemas, Walk};
use crate::change::{Severity, Side};
use crate::pointer::down;

impl Walk<'_, '_> {
    pub(super) fn branches(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str, depth: usize) {
        for keyword in ["oneOf", "anyOf"] {
            self.alternatives(old, new, keyword, what, depth);
        }
        let not = |flat: &Flat<'_>| flat.each("not").cloned().collect::<Vec<Value>>();
        if not(old) != not(new) {
            let message = format!("what {what} must not be has changed");
            let place = new.place_of("not");
            self.add(
                "not-changed",
                Severity::Warning,
                (Side::New, &place),
                message,
            );
        }
    }

    fn alternatives(
        &mut self,
        old: &Flat<'_>,
        new: &Flat<'_>,
        keyword: &str,
        what: &str,
        depth: usize,
    ) {
        let (before, after) = (listed(old, keyword), listed(new, keyword));
        if before.is_empty() && after.is_empty() {
            return;
        }
        let place = new.place_of(keyword);
        let place = (Side::New, &*place);
        if before.is_empty() {
            let message = format!("{what} must be one of several alternatives now");
            return self.add("branch-removed", self.way.narrowed(), place, message);
        }
        if after.is_empty() {
            let message = format!("{what} has no alternatives any more");
            return self.add("branch-added", self.way.widened(), place, message);
        }
        // What is the same goes together first, then what has the same name, then what stands in the same place.
        let mut partner: Vec<Option<usize>> = vec![None; before.len()];
        let mut is_taken = vec![false; after.len()];
        let fits: [fn(&Value, &Value) -> bool; 3] = [
            |a, b| a == b,
            |a, b| label(a).is_some() && label(a) == label(b),
            |a, b| label(a).is_none() && label(b).is_none(),
        ];
        for fits in fits {
            for (at, (schema, _)) in before.iter().enumerate() {
                if partner[at].is_some() {
                    continue;
                }
                let found = (0..after.len())
                    .find(|other| !is_taken[*other] && fits(schema, after[*other].0));
                if let Some(other) = found {
                    is_taken[other] = true;
                    partner[at] = Some(other);
                }
            }
        }
        for (at, (schema, place)) in before.iter().enumerate() {
            if let Some(other) = partner[at] {
                let pair = (
                    Schemas::of(schema, place.clone()),
                    Schemas::of(after[other].0, after[other].1.clone()),
                );
                self.compare(&pair.0, &pair.1, what, depth);
            } else {
                let message = format!("{what} can no longer be {}", shown(schema));
                self.add(
                    "branch-removed",
                    self.way.narrowed(),
                    (Side::Old, place),
                    message,
                );
            }
        }
        for (other, (schema, place)) in after.iter().enumerate() {
            if !is_taken[other] {
                let message = format!("{what} can be {} as well", shown(schema));
                self.add(
                    "branch-added",
                    self.way.widened(),
                    (Side::New, place),
                    message,
                );
            }
        }
    }
}

fn listed<'a>(flat: &Flat<'a>, keyword: &str) -> Vec<(&'a Value, String)> {
    let lists = flat.below(keyword).0;
    lists
        .into_iter()
        .filter_map(|(list, place)| Some((list.as_array()?, place)))
        .flat_map(|(list, place)| {
            list.iter()
                .enumerate()
                .map(move |(number, branch)| (branch, down(&place, &[&number.to_string()])))
        })
        .collect()
}

/// What an alternative is known by.
fn label(schema: &Value) -> Option<&str> {
    schema
        .get("$ref")
        .or_else(|| schema.get("title"))
        .or_else(|| schema.get("type"))
        .and_then(Value::as_str)
}

fn shown(schema: &Value) -> String {
    label(schema).map_or_else(
        || "one of its alternatives".to_owned(),
        |label| format!("`{}`", label.rsplit('/').next().unwrap_or(label)),
    )
}
