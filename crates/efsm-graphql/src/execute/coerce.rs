//! Input: variables of a request and arguments of a field as values (sections 6.1.2 and 6.4.1).

use serde_json::{Map, Value as Json};

use crate::error::GraphQlError;
use crate::scalar;
use crate::schema::{Schema, TypeKind, did_you_mean, near};
use crate::syntax::ast::{
    Argument, InputValue, Operation, Position, Type, Value, ValueKind, VariableDefinition,
};

pub(crate) type Variables = Map<String, Json>;

/// How deep the values of variables may nest: deeper ones are refused by the JSON parser already.
const DEEPEST: usize = 130;

/// The variables of an operation, each of its type, defaults put in. `given` may hold others, which are ignored.
pub(crate) fn variables(
    schema: &Schema,
    operation: &Operation,
    given: &Map<String, Json>,
    most_errors: usize,
) -> Result<Variables, Vec<GraphQlError>> {
    let mut variables = Variables::new();
    let mut coercion = Coercion {
        schema,
        at: Position::default(),
        title: String::new(),
        most_errors,
        errors: Vec::new(),
    };
    for definition in &operation.variables {
        let VariableDefinition {
            name, ty, default, ..
        } = definition;
        coercion.at = name.at;
        match given.get(&*name.name) {
            None => match default {
                Some(default) => {
                    variables.insert(name.name.to_string(), constant(schema, ty, default));
                }
                None if ty.is_non_null() => coercion.errors.push(
                    GraphQlError::new(format!(
                        "Variable \"${}\" of required type \"{ty}\" was not provided.",
                        name.name
                    ))
                    .at(name.at),
                ),
                None => {}
            },
            Some(Json::Null) if ty.is_non_null() => coercion.errors.push(
                GraphQlError::new(format!(
                    "Variable \"${}\" of non-null type \"{ty}\" must not be null.",
                    name.name
                ))
                .at(name.at),
            ),
            Some(value) => {
                coercion.title = format!("Variable \"${}\" got invalid value", name.name);
                let coerced = coercion.value(ty, value, &name.name, 0);
                variables.insert(name.name.to_string(), coerced);
            }
        }
    }
    if coercion.errors.is_empty() {
        Ok(variables)
    } else {
        Err(coercion
            .errors
            .into_iter()
            .map(|error| error.with_code("BAD_USER_INPUT"))
            .collect())
    }
}

struct Coercion<'s> {
    schema: &'s Schema,
    at: Position,
    title: String,
    most_errors: usize,
    errors: Vec<GraphQlError>,
}

impl Coercion<'_> {
    fn error(&mut self, value: &Json, path: &str, reason: impl std::fmt::Display) -> Json {
        if self.errors.len() < self.most_errors {
            let place = if path.contains(['.', '[']) {
                format!(" at \"{path}\"")
            } else {
                String::new()
            };
            let title = &self.title;
            let value = shortened(value);
            self.errors
                .push(GraphQlError::new(format!("{title} {value}{place}; {reason}")).at(self.at));
        }
        Json::Null
    }

    fn value(&mut self, ty: &Type, value: &Json, path: &str, depth: usize) -> Json {
        if depth > DEEPEST {
            return self.error(value, path, "it nests too deep.");
        }
        match ty {
            Type::NonNull(_) if value.is_null() => self.error(
                value,
                path,
                format!("Expected non-nullable type \"{ty}\" not to be null."),
            ),
            Type::NonNull(inner) => self.value(inner, value, path, depth),
            _ if value.is_null() => Json::Null,
            Type::List(inner) => match value {
                Json::Array(items) => {
                    let items = items.iter().enumerate().map(|(index, item)| {
                        self.value(inner, item, &format!("{path}[{index}]"), depth + 1)
                    });
                    Json::Array(items.collect())
                }
                // A value stands for the list that holds it alone.
                single => Json::Array(vec![self.value(inner, single, path, depth + 1)]),
            },
            Type::Named(named) => self.named(&named.name, value, path, depth),
        }
    }

    fn named(&mut self, name: &str, value: &Json, path: &str, depth: usize) -> Json {
        let Some(definition) = self.schema.ty(name) else {
            return Json::Null;
        };
        match &definition.kind {
            TypeKind::Input { fields, is_one_of } => {
                let Json::Object(given) = value else {
                    let reason = format!("Expected type \"{name}\" to be an object.");
                    return self.error(value, path, reason);
                };
                let mut coerced = Map::new();
                for (field, definition) in fields {
                    let inner = match given.get(&**field) {
                        Some(inner) => {
                            let path = format!("{path}.{field}");
                            self.value(&definition.ty, inner, &path, depth + 1)
                        }
                        None => match &definition.default {
                            Some(default) => constant(self.schema, &definition.ty, default),
                            None if definition.ty.is_non_null() => {
                                let reason = format!(
                                    "Field \"{field}\" of required type \"{}\" was not provided.",
                                    definition.ty
                                );
                                self.error(value, path, reason)
                            }
                            None => continue,
                        },
                    };
                    coerced.insert(field.to_string(), inner);
                }
                for unknown in given
                    .keys()
                    .filter(|key| !fields.contains_key(key.as_str()))
                {
                    let hint = did_you_mean(&near(unknown, fields.keys().map(|name| &**name)));
                    let reason =
                        format!("Field \"{unknown}\" is not defined by type \"{name}\".{hint}");
                    self.error(value, path, reason);
                }
                if *is_one_of {
                    let mut values = given.iter();
                    match (values.next(), values.next()) {
                        (Some((key, Json::Null)), None) => {
                            self.error(
                                &Json::Null,
                                &format!("{path}.{key}"),
                                format!("Field \"{key}\" must be non-null."),
                            );
                        }
                        (Some(_), None) => {}
                        _ => {
                            let reason = format!(
                                "Exactly one key must be specified for OneOf type \"{name}\"."
                            );
                            self.error(value, path, reason);
                        }
                    }
                }
                coerced.into()
            }
            TypeKind::Enum(values) => match value {
                Json::String(text) if values.contains_key(text.as_str()) => value.clone(),
                Json::String(text) => {
                    let hint = did_you_mean(&near(text, values.keys().map(|name| &**name)));
                    let hint = hint.replacen("Did you mean", "Did you mean the enum value", 1);
                    let reason =
                        format!("Value \"{text}\" does not exist in \"{name}\" enum.{hint}");
                    self.error(value, path, reason)
                }
                _ => {
                    let reason =
                        format!("Enum \"{name}\" cannot represent non-string value: {value}.");
                    self.error(value, path, reason)
                }
            },
            _ => match scalar::coerce(name, value) {
                Ok(coerced) => coerced,
                Err(reason) => self.error(value, path, reason),
            },
        }
    }
}

/// A value of a message, not longer than a line.
fn shortened(value: &Json) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A default value, which has no variables and was validated.
fn constant(schema: &Schema, ty: &Type, value: &Value) -> Json {
    literal(schema, ty, value, &Variables::new(), 0)
}

/// The arguments of a field or directive. The document is valid, so what can still be wrong is a variable
/// without a value where one is required.
pub(super) fn arguments(
    schema: &Schema,
    definitions: &[InputValue],
    given: &[Argument],
    variables: &Variables,
) -> Result<Map<String, Json>, GraphQlError> {
    let mut arguments = Map::new();
    for definition in definitions {
        let (name, ty) = (&definition.name.name, &definition.ty);
        let argument = given.iter().find(|argument| argument.name == *name);
        let literal = argument.and_then(|argument| match &argument.value.kind {
            ValueKind::Variable(variable) => variables.get(&**variable).cloned(),
            _ => Some(literal(schema, ty, &argument.value, variables, 0)),
        });
        let is_missing = literal.is_none();
        let value = literal.or_else(|| {
            let default = definition.default.as_ref()?;
            Some(constant(schema, ty, default))
        });
        match (value, argument) {
            (Some(Json::Null), Some(argument)) if ty.is_non_null() => {
                return Err(GraphQlError::new(format!(
                    "Argument \"{name}\" of non-null type \"{ty}\" must not be null."
                ))
                .at(argument.value.at));
            }
            (Some(value), _) => {
                arguments.insert(name.to_string(), value);
            }
            (None, Some(argument)) if ty.is_non_null() && is_missing => {
                let variable = &argument.value;
                return Err(GraphQlError::new(format!(
                    "Argument \"{name}\" of required type \"{ty}\" was provided the variable \"{variable}\" which was not provided a runtime value."
                ))
                .at(argument.value.at));
            }
            (None, None) if ty.is_non_null() => {
                return Err(GraphQlError::new(format!(
                    "Argument \"{name}\" of required type \"{ty}\" was not provided."
                )));
            }
            (None, _) => {}
        }
    }
    Ok(arguments)
}

/// A literal of a type: defaults of input fields put in, single values put into lists.
fn literal(schema: &Schema, ty: &Type, value: &Value, variables: &Variables, depth: usize) -> Json {
    // A default may lead to itself: `input A { a: A = {} }`.
    if depth > DEEPEST {
        return Json::Null;
    }
    let below = depth + 1;
    match (&value.kind, ty.nullable()) {
        (ValueKind::Variable(name), _) => variables.get(&**name).cloned().unwrap_or(Json::Null),
        (ValueKind::Null, _) | (_, Type::NonNull(_)) => Json::Null,
        (ValueKind::List(items), Type::List(inner)) => {
            let items = items
                .iter()
                .map(|item| literal(schema, inner, item, variables, below));
            items.collect()
        }
        (_, Type::List(inner)) => {
            Json::Array(vec![literal(schema, inner, value, variables, below)])
        }
        (ValueKind::Object(given), Type::Named(named)) => {
            let kind = schema.ty(&named.name).map(|ty| &ty.kind);
            let Some(TypeKind::Input { fields, .. }) = kind else {
                return scalar::literal(value, &|name| variables.get(name).cloned());
            };
            let mut object = Map::new();
            for (name, definition) in fields {
                let given = given.iter().find(|(given, _)| given.name == *name);
                // A variable without a value is as if the field were not there.
                let given = given.filter(|(_, value)| match &value.kind {
                    ValueKind::Variable(variable) => variables.contains_key(&**variable),
                    _ => true,
                });
                let value = match (given, &definition.default) {
                    (Some((_, value)), _) => {
                        literal(schema, &definition.ty, value, variables, below)
                    }
                    (None, Some(default)) => {
                        literal(schema, &definition.ty, default, &Variables::new(), below)
                    }
                    (None, None) => continue,
                };
                object.insert(name.to_string(), value);
            }
            object.into()
        }
        (_, Type::Named(named)) => {
            let json = scalar::literal(value, &|name| variables.get(name).cloned());
            // `ID` takes numbers and means their text.
            match &*named.name {
                "ID" => scalar::coerce("ID", &json).unwrap_or(json),
                _ => json,
            }
        }
    }
}
