//! Properties of objects.

use serde_json::Value;

use super::flat::Flat;
use super::{Schemas, Walk, Way};
use crate::change::{Severity, Side};

impl Walk<'_, '_> {
    pub(super) fn properties(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str, depth: usize) {
        let (before, after) = (old.property_names(), new.property_names());
        for name in &before {
            if self.is_left_out(&old.property(name)) {
                continue;
            }
            if after.contains(name) {
                if !self.is_left_out(&new.property(name)) {
                    self.property(old, new, name, depth);
                }
            } else {
                self.removed(old, new, name, what);
            }
        }
        for name in after {
            if !before.contains(&name) && !self.is_left_out(&new.property(name)) {
                self.added(old, new, name, what);
            }
        }
        // Required, and described nowhere.
        let required = |flat: &Flat<'_>| -> Vec<String> {
            let names = flat.each("required").filter_map(Value::as_array).flatten();
            names.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for name in required(new) {
            if new.property(&name).0.is_empty()
                && !old.requires(&name)
                && old.property(&name).0.is_empty()
            {
                self.became_required(new, &name);
            }
        }
    }

    fn property(&mut self, old: &Flat<'_>, new: &Flat<'_>, name: &str, depth: usize) {
        if new.requires(name) && !old.requires(name) {
            self.became_required(new, name);
        }
        if old.requires(name) && !new.requires(name) {
            let place = place(&new.property(name));
            let message = format!("the property `{name}` is optional now");
            self.add(
                "property-became-optional",
                self.way.widened(),
                (Side::New, &place),
                message,
            );
        }
        let what = format!("the property `{name}`");
        self.compare(&old.property(name), &new.property(name), &what, depth);
    }

    fn became_required(&mut self, new: &Flat<'_>, name: &str) {
        let property = new.property(name);
        let place = if property.0.is_empty() {
            new.place_of("required")
        } else {
            place(&property)
        };
        let message = format!("the property `{name}` is required now");
        self.add(
            "property-became-required",
            self.way.narrowed(),
            (Side::New, &place),
            message,
        );
    }

    fn removed(&mut self, old: &Flat<'_>, new: &Flat<'_>, name: &str, what: &str) {
        let severity = match self.way {
            Way::Out => Severity::Breaking,
            Way::In if new.is_closed() => Severity::Breaking,
            // It is still taken, and perhaps no longer looked at.
            Way::In => Severity::Warning,
        };
        let place = place(&old.property(name));
        let message = format!("the property `{name}` of {what} is gone");
        self.add("property-removed", severity, (Side::Old, &place), message);
    }

    fn added(&mut self, old: &Flat<'_>, new: &Flat<'_>, name: &str, what: &str) {
        let place = place(&new.property(name));
        let place = (Side::New, &*place);
        if new.requires(name) && self.way == Way::In && !old.requires(name) {
            let message = format!("the property `{name}` of {what} is new and required");
            self.add(
                "property-added-required",
                Severity::Breaking,
                place,
                message,
            );
        } else {
            let message = format!("the property `{name}` of {what} is new");
            self.add("property-added", Severity::Safe, place, message);
        }
    }

    pub(super) fn additional(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str, depth: usize) {
        let place = new.place_of("additionalProperties");
        let place = (Side::New, &*place);
        match (old.is_closed(), new.is_closed()) {
            (false, true) => {
                let message = format!("{what} takes no further properties any more");
                self.add(
                    "additional-properties-closed",
                    self.way.narrowed(),
                    place,
                    message,
                );
            }
            (true, false) => {
                let message = format!("{what} can have further properties now");
                // Readers pass over what they do not know.
                self.add(
                    "additional-properties-opened",
                    Severity::Safe,
                    place,
                    message,
                );
            }
            _ => {
                let (before, after) = (
                    old.below("additionalProperties"),
                    new.below("additionalProperties"),
                );
                if !before.0.is_empty() && !after.0.is_empty() {
                    self.compare(
                        &before,
                        &after,
                        &format!("a further property of {what}"),
                        depth,
                    );
                }
            }
        }
    }

    /// Whether the property does not travel this way.
    fn is_left_out(&self, property: &Schemas<'_>) -> bool {
        let keyword = match self.way {
            Way::In => "readOnly",
            Way::Out => "writeOnly",
        };
        property
            .0
            .iter()
            .any(|(schema, _)| schema.get(keyword) == Some(&Value::Bool(true)))
    }
}

fn place(schemas: &Schemas<'_>) -> String {
    schemas
        .0
        .first()
        .map_or_else(String::new, |(_, place)| place.clone())
}
