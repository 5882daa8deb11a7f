//! Rules about values: section 5.6.

use indexmap::IndexMap;

use crate::error::GraphQlError;
use crate::scalar;
use crate::schema::{TypeKind, did_you_mean, near};
use crate::syntax::ast::{InputValue, Name, Named, Type, Value, ValueKind};

use super::{Place, Usage, Validator};

impl<'d> Validator<'d> {
    /// Variables inside a value of which nothing else is known.
    pub(super) fn loose_value(&mut self, value: &'d Value) {
        match &value.kind {
            ValueKind::Variable(name) => self.usage(name, value, None),
            ValueKind::List(items) => {
                for item in items {
                    self.loose_value(item);
                }
            }
            ValueKind::Object(fields) => {
                for (_, field) in fields {
                    self.loose_value(field);
                }
            }
            _ => {}
        }
    }

    fn usage(&mut self, name: &'d Name, value: &Value, place: Option<Place<'d>>) {
        let usage = Usage {
            name,
            at: value.at,
            place,
        };
        // A default value holds no variables, so there always is an operation or fragment around it.
        if let Some(uses) = self.uses.last_mut() {
            uses.variables.push(usage);
        }
    }

    pub(super) fn value(&mut self, value: &'d Value, place: Place<'d>) {
        let ty = place.ty;
        match (&value.kind, ty) {
            (ValueKind::Variable(name), _) => self.usage(name, value, Some(place)),
            (ValueKind::Null, Type::NonNull(_)) => self.error(
                format!("Expected value of type \"{ty}\", found null."),
                value.at,
            ),
            (ValueKind::Null, _) => {}
            (ValueKind::List(items), Type::List(inner)) => {
                for item in items {
                    let place = Place {
                        ty: inner,
                        has_default: false,
                        one_of: None,
                    };
                    self.value(item, place);
                }
            }
            (_, Type::NonNull(inner)) if let Type::Named(named) = &**inner => {
                self.named_value(value, named, ty);
            }
            // A value stands for the list that holds it alone.
            (_, Type::NonNull(inner) | Type::List(inner)) => {
                self.value(value, Place { ty: inner, ..place });
            }
            (_, Type::Named(named)) => self.named_value(value, named, ty),
        }
    }

    fn named_value(&mut self, value: &'d Value, named: &'d Named, shown: &Type) {
        let Some(definition) = self.schema.ty(&named.name) else {
            return self.loose_value(value);
        };
        match &definition.kind {
            TypeKind::Input { fields, is_one_of } => {
                let ValueKind::Object(given) = &value.kind else {
                    return self.error(
                        format!("Expected value of type \"{shown}\", found {value}."),
                        value.at,
                    );
                };
                self.input_object(value, &definition.name, fields, given);
                if *is_one_of {
                    self.one_of(value, &definition.name, given);
                }
            }
            TypeKind::Enum(values) => match &value.kind {
                ValueKind::Enum(name) if values.contains_key(name) => {}
                ValueKind::Enum(name) => {
                    let hint = did_you_mean_value(&near(name, values.keys().map(|name| &**name)));
                    self.error(
                        format!(
                            "Value \"{name}\" does not exist in \"{}\" enum.{hint}",
                            named.name
                        ),
                        value.at,
                    );
                }
                _ => {
                    let shown = value.to_string();
                    let hint = did_you_mean_value(&near(&shown, values.keys().map(|name| &**name)));
                    self.error(
                        format!(
                            "Enum \"{}\" cannot represent non-enum value: {shown}.{hint}",
                            named.name
                        ),
                        value.at,
                    );
                }
            },
            TypeKind::Scalar => {
                if let Err(message) = scalar::check_literal(&named.name, value) {
                    self.error(message, value.at);
                }
                self.loose_value(value);
            }
            _ => self.loose_value(value),
        }
    }

    fn input_object(
        &mut self,
        value: &Value,
        name: &'d Name,
        fields: &'d IndexMap<Name, InputValue>,
        given: &'d [(Named, Value)],
    ) {
        for (index, (field, inner)) in given.iter().enumerate() {
            let mut before = given[..index].iter();
            if let Some((first, _)) = before.find(|(other, _)| other.name == field.name) {
                let message = format!(
                    "There can be only one input field named \"{}\".",
                    field.name
                );
                self.push(GraphQlError::new(message).at_all([first.at, field.at]));
            }
            if let Some(definition) = fields.get(&field.name) {
                let place = Place {
                    ty: &definition.ty,
                    has_default: definition.default.is_some(),
                    one_of: None,
                };
                self.value(inner, place);
            } else {
                let hint = did_you_mean(&near(&field.name, fields.keys().map(|name| &**name)));
                self.error(
                    format!(
                        "Field \"{}\" is not defined by type \"{name}\".{hint}",
                        field.name
                    ),
                    field.at,
                );
                self.loose_value(inner);
            }
        }
        for field in fields.values().filter(|field| field.is_required()) {
            if !given.iter().any(|(found, _)| found.name == field.name.name) {
                self.error(
                    format!(
                        "Field \"{name}.{}\" of required type \"{}\" was not provided.",
                        field.name.name, field.ty
                    ),
                    value.at,
                );
            }
        }
    }

    fn one_of(&mut self, value: &Value, name: &'d Name, given: &'d [(Named, Value)]) {
        let [(field, only)] = given else {
            return self.error(
                format!("OneOf Input Object \"{name}\" must specify exactly one key."),
                value.at,
            );
        };
        if matches!(only.kind, ValueKind::Null) {
            self.error(
                format!("Field \"{name}.{}\" must be non-null.", field.name),
                value.at,
            );
        }
        if matches!(only.kind, ValueKind::Variable(_))
            && let Some(usage) = self
                .uses
                .last_mut()
                .and_then(|uses| uses.variables.last_mut())
            && let Some(place) = &mut usage.place
        {
            place.one_of = Some(name);
        }
    }
}

fn did_you_mean_value(names: &[&str]) -> String {
    did_you_mean(names).replacen("Did you mean", "Did you mean the enum value", 1)
}
