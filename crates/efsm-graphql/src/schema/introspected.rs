//! An introspection result as the definitions that it tells of.

use serde_json::Value as Json;

use crate::syntax::ast::{
    Argument, Directive, EnumValue, FieldDefinition, InputValue, Named, OperationKind, Position,
    SystemBody, SystemDefinition, Type, Value, ValueKind,
};
use crate::syntax::parse_value;

use super::LIMITS;

/// How deep a type may be wrapped; introspection queries ask for 7 to 9 levels.
const DEEPEST_TYPE: usize = 32;

pub(super) fn definitions(json: &Json) -> Result<Vec<SystemDefinition>, String> {
    let schema = json
        .get("__schema")
        .or_else(|| json.get("data")?.get("__schema"))
        .filter(|schema| schema.is_object())
        .ok_or(
            "the JSON is no introspection result: it needs `__schema`, or `data.__schema`, an object",
        )?;
    let mut definitions = Vec::new();
    let mut roots = Vec::new();
    for (key, kind) in [
        ("queryType", OperationKind::Query),
        ("mutationType", OperationKind::Mutation),
        ("subscriptionType", OperationKind::Subscription),
    ] {
        if let Some(name) = schema
            .get(key)
            .and_then(|root| root.get("name"))
            .and_then(Json::as_str)
        {
            roots.push((kind, named(name)));
        }
    }
    definitions.push(SystemDefinition {
        is_extension: false,
        description: text(schema, "description"),
        name: named(""),
        directives: Vec::new(),
        body: SystemBody::Schema(roots),
    });
    let types = schema.get("types").and_then(Json::as_array);
    for ty in types.ok_or("`__schema.types` must be a list")? {
        definitions.push(type_definition(ty)?);
    }
    for directive in list(schema, "directives") {
        definitions.push(SystemDefinition {
            is_extension: false,
            description: text(directive, "description"),
            name: name(directive)?,
            directives: Vec::new(),
            body: SystemBody::Directive {
                arguments: inputs(directive, "args")?,
                is_repeatable: directive.get("isRepeatable").is_some_and(|v| *v == true),
                locations: list(directive, "locations")
                    .filter_map(Json::as_str)
                    .map(named)
                    .collect(),
            },
        });
    }
    Ok(definitions)
}

fn type_definition(json: &Json) -> Result<SystemDefinition, String> {
    let name = name(json)?;
    let kind = json.get("kind").and_then(Json::as_str).unwrap_or_default();
    let mut directives = Vec::new();
    if let Some(url) = text(json, "specifiedByURL").or_else(|| text(json, "specifiedByUrl")) {
        directives.push(directive("specifiedBy", Some(("url", url))));
    }
    if json.get("isOneOf").is_some_and(|v| *v == true) {
        directives.push(directive("oneOf", None));
    }
    let names = |key| -> Result<Vec<Named>, String> { list(json, key).map(self::name).collect() };
    let body = match kind {
        "SCALAR" => SystemBody::Scalar,
        "OBJECT" => SystemBody::Object {
            interfaces: names("interfaces")?,
            fields: fields(json)?,
        },
        "INTERFACE" => SystemBody::Interface {
            interfaces: names("interfaces")?,
            fields: fields(json)?,
        },
        "UNION" => SystemBody::Union(names("possibleTypes")?),
        "ENUM" => SystemBody::Enum(
            list(json, "enumValues")
                .map(|value| {
                    Ok(EnumValue {
                        description: text(value, "description"),
                        name: self::name(value)?,
                        directives: deprecated(value),
                    })
                })
                .collect::<Result<_, String>>()?,
        ),
        "INPUT_OBJECT" => SystemBody::Input(inputs(json, "inputFields")?),
        other => {
            return Err(format!(
                "type {} has the kind {other:?}, which is none of SCALAR, OBJECT, INTERFACE, UNION, ENUM, INPUT_OBJECT",
                name.name
            ));
        }
    };
    Ok(SystemDefinition {
        is_extension: false,
        description: text(json, "description"),
        name,
        directives,
        body,
    })
}

fn fields(json: &Json) -> Result<Vec<FieldDefinition>, String> {
    list(json, "fields")
        .map(|field| {
            Ok(FieldDefinition {
                description: text(field, "description"),
                name: name(field)?,
                arguments: inputs(field, "args")?,
                ty: ty(field.get("type"), DEEPEST_TYPE)?,
                directives: deprecated(field),
            })
        })
        .collect()
}

fn inputs(json: &Json, key: &str) -> Result<Vec<InputValue>, String> {
    list(json, key)
        .map(|input| {
            let name = name(input)?;
            let default = text(input, "defaultValue").map(|default| {
                parse_value(&default, LIMITS).map_err(|e| {
                    format!(
                        "the default value of {} cannot be read: {}",
                        name.name, e.message
                    )
                })
            });
            Ok(InputValue {
                description: text(input, "description"),
                ty: ty(input.get("type"), DEEPEST_TYPE)?,
                default: default.transpose()?,
                directives: deprecated(input),
                name,
            })
        })
        .collect()
}

fn ty(json: Option<&Json>, depth: usize) -> Result<Type, String> {
    let json = json.filter(|json| json.is_object() && depth > 0).ok_or(
        "a type reference is missing, or cut off: ask for more levels of `ofType` when introspecting",
    )?;
    match json.get("kind").and_then(Json::as_str) {
        Some("NON_NULL") => Ok(Type::NonNull(Box::new(ty(json.get("ofType"), depth - 1)?))),
        Some("LIST") => Ok(Type::List(Box::new(ty(json.get("ofType"), depth - 1)?))),
        _ => Ok(Type::Named(name(json)?)),
    }
}

fn deprecated(json: &Json) -> Vec<Directive> {
    let reason = text(json, "deprecationReason");
    let is_deprecated = json.get("isDeprecated").is_some_and(|v| *v == true) || reason.is_some();
    let directives = is_deprecated.then(|| directive("deprecated", reason.map(|r| ("reason", r))));
    directives.into_iter().collect()
}

fn directive(name: &str, argument: Option<(&str, String)>) -> Directive {
    let at = Position::default();
    let arguments = argument.map(|(name, value)| Argument {
        name: name.into(),
        value: Value {
            kind: ValueKind::String(value),
            at,
        },
        at,
    });
    Directive {
        name: name.into(),
        arguments: arguments.into_iter().collect(),
        at,
    }
}

fn list<'j>(json: &'j Json, key: &str) -> impl Iterator<Item = &'j Json> {
    json.get(key).and_then(Json::as_array).into_iter().flatten()
}

fn text(json: &Json, key: &str) -> Option<String> {
    json.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn name(json: &Json) -> Result<Named, String> {
    let name = json.get("name").and_then(Json::as_str);
    name.map(named).ok_or_else(|| {
        let shown: String = json.to_string().chars().take(80).collect();
        format!("an element of the introspection result has no name: {shown}")
    })
}

fn named(name: &str) -> Named {
    Named {
        name: name.into(),
        at: Position::default(),
    }
}
