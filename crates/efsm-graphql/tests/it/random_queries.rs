//! Whatever valid query is asked, the response has the shape that the query and the schema give it.

use std::fmt::Write as _;

use efsm_graphql::schema::{TypeDefinition, TypeKind};
use efsm_graphql::syntax::ast::{FieldDefinition, OperationKind, Type};
use efsm_graphql::{Api, Schema};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{api, ask};

/// Choices of proptest, taken one after the other; the end of them is the end of the query.
struct Choices<'c> {
    left: std::slice::Iter<'c, u8>,
}

impl Choices<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.left
            .next()
            .map_or(0, |choice| usize::from(*choice) % end.max(1))
    }

    fn is_at_end(&self) -> bool {
        self.left.len() == 0
    }
}

/// What a selection set is expected to give: by response name, the field and what is below.
#[derive(Debug, Default)]
struct Expected<'s> {
    fields: Vec<(String, Option<&'s FieldDefinition>, Expected<'s>)>,
    by_type: Vec<(&'s str, Expected<'s>)>,
}

fn write_literal(schema: &Schema, ty: &Type, choices: &mut Choices<'_>, out: &mut String) {
    match ty {
        Type::NonNull(inner) => write_literal(schema, inner, choices, out),
        Type::List(inner) => {
            out.push('[');
            write_literal(schema, inner, choices, out);
            out.push(']');
        }
        Type::Named(named) => match &schema.ty(&named.name).unwrap().kind {
            TypeKind::Enum(values) => {
                let name = values.keys().nth(choices.below(values.len())).unwrap();
                out.push_str(name);
            }
            TypeKind::Input { fields, is_one_of } => {
                out.push('{');
                let required = fields.values().filter(|field| field.is_required());
                let first = fields.values().take(usize::from(*is_one_of));
                for field in required.chain(first) {
                    write!(out, "{}: ", field.name.name).unwrap();
                    write_literal(schema, &field.ty, choices, out);
                    out.push(' ');
                }
                out.push('}');
            }
            _ => match &*named.name {
                "Int" | "Float" => write!(out, "{}", choices.below(20)).unwrap(),
                "Boolean" => out.push_str("true"),
                _ => write!(out, "\"t{}\"", choices.below(9)).unwrap(),
            },
        },
    }
}

fn write_selection<'s>(
    schema: &'s Schema,
    ty: &'s TypeDefinition,
    choices: &mut Choices<'_>,
    depth: usize,
    alias: &mut usize,
    out: &mut String,
) -> Expected<'s> {
    let mut expected = Expected::default();
    out.push_str("{ ");
    let fields: Vec<&FieldDefinition> = ty
        .composite()
        .into_iter()
        .flat_map(|composite| composite.fields.values())
        .collect();
    for _ in 0..=choices.below(4) {
        let is_leaf =
            |field: &&FieldDefinition| schema.ty(&field.ty.inner().name).unwrap().is_leaf();
        let may_go_deeper = depth < 6 && !choices.is_at_end();
        let fields: Vec<_> = fields
            .iter()
            .filter(|field| may_go_deeper || is_leaf(field))
            .collect();
        let Some(field) = fields.get(choices.below(fields.len())) else {
            continue;
        };
        *alias += 1;
        write!(out, "a{alias}: {}", field.name.name).unwrap();
        let name = format!("a{alias}");
        let arguments: Vec<_> = field
            .arguments
            .iter()
            .filter(|a| a.is_required() || choices.below(2) == 1)
            .collect();
        if !arguments.is_empty() {
            out.push('(');
            for argument in arguments {
                write!(out, "{}: ", argument.name.name).unwrap();
                write_literal(schema, &argument.ty, choices, out);
                out.push(' ');
            }
            out.push(')');
        }
        if choices.below(8) == 7 {
            out.push_str(" @include(if: true) @skip(if: false)");
        }
        out.push(' ');
        let inner = schema.ty(&field.ty.inner().name).unwrap();
        let below = if inner.is_leaf() {
            Expected::default()
        } else {
            write_selection(schema, inner, choices, depth + 1, alias, out)
        };
        expected.fields.push((name, Some(field), below));
    }
    if !ty.is_object() && depth < 6 {
        let possible: Vec<_> = schema.possible(ty).iter().collect();
        let chosen = possible[choices.below(possible.len())];
        write!(out, "... on {chosen} ").unwrap();
        let below = write_selection(
            schema,
            schema.ty(chosen).unwrap(),
            choices,
            depth + 1,
            alias,
            out,
        );
        expected.by_type.push((chosen, below));
    }
    out.push_str("__typename } ");
    expected
}

fn check<'s>(schema: &'s Schema, ty: &'s TypeDefinition, expected: &Expected<'s>, value: &Value) {
    let object = value.as_object().unwrap();
    let name = object["__typename"].as_str().unwrap();
    assert!(
        schema
            .possible(ty)
            .iter()
            .any(|possible| **possible == *name),
        "{name} is no {}",
        ty.name
    );
    let mut fields: Vec<_> = expected.fields.iter().collect();
    let mut by_type: Vec<_> = expected
        .by_type
        .iter()
        .filter(|(on, _)| *on == name)
        .collect();
    while let Some((_, inner)) = by_type.pop() {
        fields.extend(&inner.fields);
        by_type.extend(inner.by_type.iter().filter(|(on, _)| *on == name));
    }
    assert_eq!(object.len(), fields.len() + 1, "{value}");
    for (name, definition, below) in fields {
        check_type(schema, &definition.unwrap().ty, below, &object[name]);
    }
}

fn check_type<'s>(schema: &'s Schema, ty: &'s Type, below: &Expected<'s>, value: &Value) {
    match ty {
        Type::NonNull(inner) => {
            assert!(!value.is_null());
            check_type(schema, inner, below, value);
        }
        _ if value.is_null() => {}
        Type::List(inner) => {
            for item in value.as_array().unwrap() {
                check_type(schema, inner, below, item);
            }
        }
        Type::Named(named) => {
            let definition = schema.ty(&named.name).unwrap();
            match &definition.kind {
                TypeKind::Enum(values) => assert!(values.contains_key(value.as_str().unwrap())),
                TypeKind::Scalar => match &*named.name {
                    "Int" => assert!(i32::try_from(value.as_i64().unwrap()).is_ok()),
                    "Float" => assert!(value.is_number()),
                    "Boolean" => assert!(value.is_boolean()),
                    "ID" | "String" => assert!(value.is_string()),
                    _ => {}
                },
                _ => check(schema, definition, below, value),
            }
        }
    }
}

fn run(api: &Api, kind: OperationKind, choices: &[u8]) {
    let schema = api.schema();
    let root = schema.root(kind).unwrap();
    let mut query = format!("{} ", kind.name());
    let mut choices = Choices {
        left: choices.iter(),
    };
    let expected = write_selection(schema, root, &mut choices, 0, &mut 0, &mut query);
    let response = ask(api, &query);
    assert_eq!(response.get("errors"), None, "{query}");
    check(schema, root, &expected, &response["data"]);
    assert_eq!(ask(api, &query), response, "{query}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn responses_have_the_shape_of_their_queries(
        is_mutation: bool,
        choices in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let kind = if is_mutation { OperationKind::Mutation } else { OperationKind::Query };
        run(&api(), kind, &choices);
    }

    #[test]
    fn any_text_is_answered(text in "[ {}()\\[\\]!$@:.a-z\"\\\\#&|=0-9-]{0,80}") {
        let response = ask(&api(), &text);
        prop_assert!(response.get("errors").is_some() || response.get("data").is_some());
    }
}

/// GitHub's schema of npm `@octokit/graphql-schema`, installed by `cargo xtask test` with the Node.js clients.
#[test]
fn githubs_schema_answers_introspection_and_random_queries() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../clients/node/node_modules/@octokit/graphql-schema/schema.graphql"
    );
    let Ok(sdl) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not installed");
        return;
    };
    let api = crate::support::api_of(&sdl, serde_json::json!({}), efsm_graphql::Limits::default());
    let told = crate::support::data(&api, crate::schema::INTROSPECTION);
    let again = crate::support::api_of(
        &told.to_string(),
        serde_json::json!({}),
        efsm_graphql::Limits::default(),
    );
    assert_eq!(
        crate::support::data(&again, crate::schema::INTROSPECTION),
        told
    );
    // Choices by a fixed rule: the same queries in every run.
    for start in 0..60_u32 {
        let choices: Vec<u8> = (0..120)
            .map(|step| (start * 31 + step * step * 7 + step) as u8)
            .collect();
        run(&api, OperationKind::Query, &choices);
        run(&api, OperationKind::Mutation, &choices);
    }
}
