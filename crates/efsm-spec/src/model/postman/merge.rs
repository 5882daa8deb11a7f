//! Requests that were saved several times: what all of them have is asked for, what some have is allowed.

use serde_json::{Value, json};

use crate::model::{Body, Content, Operation, Parameter, Parameters, Response};

pub(super) fn operations(own: &mut Operation, other: Operation) {
    own.path_parameters = parameters(&own.path_parameters, other.path_parameters);
    own.query = parameters(&own.query, other.query);
    own.headers = parameters(&own.headers, other.headers);
    own.body = match (own.body.take(), other.body) {
        (Some(own), Some(other)) => Some(Body {
            is_required: own.is_required && other.is_required,
            contents: contents(own.contents, other.contents),
        }),
        (own, other) => own.or(other),
    };
    for response in other.responses {
        match own
            .responses
            .iter_mut()
            .find(|known| known.code == response.code)
        {
            Some(known) => responses(known, response),
            None => own.responses.push(response),
        }
    }
    for server in other.servers {
        if !own.servers.contains(&server) {
            own.servers.push(server);
        }
    }
}

pub(super) fn responses(own: &mut Response, other: Response) {
    own.headers = parameters(&own.headers, other.headers);
    own.contents = contents(std::mem::take(&mut own.contents), other.contents);
}

fn parameters(own: &Parameters, other: Parameters) -> Parameters {
    let same = |one: &Parameter, name: &str| one.name.eq_ignore_ascii_case(name);
    let mut merged: Parameters = own
        .iter()
        .map(|parameter| {
            let twin = other.iter().find(|twin| same(twin, &parameter.name));
            let mut parameter = parameter.clone();
            match twin {
                Some(twin) => {
                    parameter.is_required &= twin.is_required;
                    parameter.schema = schemas(parameter.schema.take(), twin.schema.clone());
                }
                None => parameter.is_required = false,
            }
            parameter
        })
        .collect();
    for parameter in other {
        if !own.iter().any(|known| same(known, &parameter.name)) {
            merged.push(Parameter {
                is_required: false,
                ..parameter
            });
        }
    }
    merged
}

fn contents(mut own: Vec<Content>, other: Vec<Content>) -> Vec<Content> {
    for content in other {
        let same = own
            .iter_mut()
            .find(|known| known.media_type.eq_ignore_ascii_case(&content.media_type));
        match same {
            Some(known) => {
                known.schema = schemas(known.schema.take(), content.schema);
                for example in content.examples {
                    if !known.examples.contains(&example) {
                        known.examples.push(example);
                    }
                }
            }
            None => own.push(content),
        }
    }
    own
}

/// A schema that either fits.
fn schemas(own: Option<Value>, other: Option<Value>) -> Option<Value> {
    let (own, other) = match (own, other) {
        (Some(own), Some(other)) => (own, other),
        (own, other) => return own.or(other),
    };
    let mut all = members(own);
    for schema in members(other) {
        if !all.contains(&schema) {
            all.push(schema);
        }
    }
    Some(match all.len() {
        1 => all.remove(0),
        _ => json!({"anyOf": all}),
    })
}

fn members(schema: Value) -> Vec<Value> {
    match schema {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("anyOf") => {
            match fields.into_iter().next() {
                Some((_, Value::Array(members))) => members,
                _ => Vec::new(),
            }
        }
        schema => vec![schema],
    }
}
