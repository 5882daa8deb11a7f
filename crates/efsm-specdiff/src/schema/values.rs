//! Types, enumerations, formats and patterns.

use serde_json::Value;

use super::flat::Flat;
use super::{Walk, Way};
use crate::change::{Severity, Side};

const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];

impl Walk<'_, '_> {
    pub(super) fn types(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str) {
        let (before, after) = (types(old), types(new));
        if before == after {
            return;
        }
        let gone: Vec<&str> = before
            .iter()
            .copied()
            .filter(|kind| !after.contains(kind))
            .collect();
        let more: Vec<&str> = after
            .iter()
            .copied()
            .filter(|kind| !before.contains(kind))
            .collect();
        let place = new.place_of("type");
        let place = (Side::New, &*place);
        let (from, to) = (in_words(&before), in_words(&after));
        let message = format!("{what} was {from} and is {to}");
        match (gone.is_empty(), more.is_empty()) {
            (false, true) => self.add("type-narrowed", self.way.narrowed(), place, message),
            (true, false) => self.add("type-widened", self.way.widened(), place, message),
            _ => self.add("type-changed", Severity::Breaking, place, message),
        }
    }

    pub(super) fn enums(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str) {
        let (before, after) = (named(old), named(new));
        let place = new.place_of("enum");
        let place = (Side::New, &*place);
        match (before, after) {
            (Some(before), Some(after)) => {
                let missing = |from: &[&Value], of: &[&Value]| -> Vec<String> {
                    let gone = from.iter().filter(|value| !of.contains(value));
                    gone.map(|value| format!("`{}`", text(value))).collect()
                };
                let (gone, more) = (missing(&before, &after), missing(&after, &before));
                if !gone.is_empty() {
                    let message = format!("{what} can no longer be {}", gone.join(", "));
                    self.add("enum-narrowed", self.way.narrowed(), place, message);
                }
                if !more.is_empty() {
                    let message = format!("{what} can be {} as well", more.join(", "));
                    self.add("enum-widened", self.way.widened(), place, message);
                }
            }
            (None, Some(_)) => {
                let message = format!("{what} has a list of values now");
                self.add("enum-narrowed", self.way.narrowed(), place, message);
            }
            (Some(_), None) => {
                let message = format!("{what} has no list of values any more");
                self.add("enum-widened", self.way.widened(), place, message);
            }
            (None, None) => {}
        }
    }

    pub(super) fn formats(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str) {
        for (keyword, code) in [("format", "format-changed"), ("pattern", "pattern-changed")] {
            let (before, after) = (old.text(keyword), new.text(keyword));
            if before == after {
                continue;
            }
            let place = new.place_of(keyword);
            let place = (Side::New, &*place);
            let (severity, message) = match (before, after) {
                (None, Some(after)) => (
                    self.way.narrowed(),
                    format!("{what} has the {keyword} `{after}` now"),
                ),
                (Some(before), None) => (
                    self.way.widened(),
                    format!("{what} lost its {keyword} `{before}`"),
                ),
                (Some(before), Some(after)) => {
                    let message =
                        format!("the {keyword} of {what} went from `{before}` to `{after}`");
                    (self.changed(keyword, before, after), message)
                }
                (None, None) => continue,
            };
            self.add(code, severity, place, message);
        }
    }

    /// How bad it is that a format became another: some hold others.
    fn changed(&self, keyword: &str, before: &str, after: &str) -> Severity {
        const WITHIN: [(&str, &str); 4] = [
            ("int32", "int64"),
            ("float", "double"),
            ("email", "idn-email"),
            ("uri", "iri"),
        ];
        if keyword == "format" && WITHIN.contains(&(before, after)) {
            return self.way.widened();
        }
        if keyword == "format" && WITHIN.contains(&(after, before)) {
            return self.way.narrowed();
        }
        match (keyword, self.way) {
            // Whether one pattern holds another is not looked into.
            ("pattern", Way::Out) => Severity::Warning,
            _ => Severity::Breaking,
        }
    }
}

/// The types that all parts allow. A whole number is a number.
fn types(flat: &Flat<'_>) -> Vec<&'static str> {
    if flat.is_never {
        return Vec::new();
    }
    let mut allowed = TYPES.to_vec();
    for kind in flat.each("type") {
        let names: Vec<&str> = match kind {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        allowed.retain(|kind| {
            names.contains(kind) || (*kind == "integer" && names.contains(&"number"))
        });
    }
    allowed
}

fn in_words(types: &[&str]) -> String {
    let shown: Vec<&str> = types
        .iter()
        .copied()
        .filter(|kind| *kind != "integer" || !types.contains(&"number"))
        .collect();
    match shown.len() {
        0 => "nothing".to_owned(),
        _ if types.len() == TYPES.len() => "anything".to_owned(),
        _ => shown.join(" or "),
    }
}

/// The values that are named; `None` where there is no list.
fn named<'a>(flat: &Flat<'a>) -> Option<Vec<&'a Value>> {
    if let Some(constant) = flat.each("const").next() {
        return Some(vec![constant]);
    }
    let mut lists = flat.each("enum").filter_map(Value::as_array);
    let mut values: Vec<&Value> = lists.next()?.iter().collect();
    for list in lists {
        values.retain(|value| list.contains(value));
    }
    Some(values)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
