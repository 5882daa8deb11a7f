//! Requests that the API sends to its client once it has answered: `callbacks` of OpenAPI, and the runtime
//! expressions (OpenAPI 3.1, section 4.8.20.4) that say where they go.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::generate::Way;
use super::log::{Level, Log, Scope};
use super::negotiate::Wanted;
use super::output::{self, Output};
use super::request::{Input, Payload};
use super::violation::Violation;
use super::{Answer, Mock, body, received_body, route};
use crate::model::{Content, Description, Operation};

/// A request that is to be sent, once the answer is.
#[derive(Clone, Debug)]
pub struct Callback {
    pub name: String,
    /// In upper case.
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Bytes>,
    description: Arc<Description>,
    /// Its place among the operation's callbacks.
    number: usize,
    operation: Arc<Operation>,
}

impl Callback {
    /// What the client's answer breaks of the description.
    pub fn check(&self, status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<Violation> {
        let mut body = received_body(headers, body);
        let output = Output {
            status,
            headers,
            body: body.as_mut(),
        };
        let described = &self.operation.callbacks[self.number];
        output::check(&self.description.root, &described.operation, output)
    }
}

impl Mock {
    /// Adds the requests that follow an answer.
    pub(super) fn add_callbacks(
        &self,
        answer: &mut Answer,
        input: &Input<'_>,
        path: &str,
        wanted: &Wanted,
        entropy: u64,
        log: &mut Log,
    ) {
        let Some(operation) = answer
            .operation
            .clone()
            .filter(|operation| !operation.callbacks.is_empty())
        else {
            return;
        };
        let drawn = entropy.to_string();
        let way = Way::wanted(wanted, &drawn);
        let exchange = Exchange {
            input,
            path,
            template: &operation.path,
            sent: sent(input),
            answer: &*answer,
            answered: json(&answer.body),
        };
        let described = operation.callbacks.iter().enumerate();
        let callbacks = described.map(|(number, callback)| {
            let own = &callback.operation;
            let content = own.body.as_ref().and_then(|body| body.contents.first());
            let body = content.and_then(|content| {
                let value = self.example_of(content, way)?;
                Some((content.media_type.clone(), crate::json::text(&value)))
            });
            let mut headers: Vec<(String, String)> = own
                .headers
                .iter()
                .filter_map(|header| Some((header.name.clone(), self.header(header, way).ok()??)))
                .collect();
            headers.extend(
                body.iter()
                    .map(|(kind, _)| ("content-type".to_owned(), kind.clone())),
            );
            Callback {
                name: callback.name.clone(),
                method: own.method.to_uppercase(),
                url: exchange.resolved(&own.path),
                headers,
                body: body.map(|(_, text)| Bytes::from(text)),
                description: self.description.clone(),
                number,
                operation: operation.clone(),
            }
        });
        let callbacks: Vec<Callback> = callbacks.collect();
        for callback in &callbacks {
            log.add(Scope::Callback, Level::Info, || {
                format!(
                    "{}: > Executing \"{}\" callback to {}...",
                    callback.name,
                    callback.method.to_lowercase(),
                    callback.url
                )
            });
        }
        answer.callbacks = callbacks;
    }

    fn example_of(&self, content: &Content, way: Way<'_>) -> Option<Value> {
        let example = content
            .examples
            .iter()
            .find_map(|example| example.value.clone());
        example.or_else(|| {
            let schema = content.schema.as_ref()?;
            super::generate::value(&self.description.root, schema, way, "body").ok()
        })
    }
}

/// The request's body as a value; a form's as the object that its fields make.
fn sent(input: &Input<'_>) -> Value {
    match &input.body {
        Payload::Json(value) => value.clone(),
        Payload::Text(text) => {
            let kind = input.header("content-type").unwrap_or_default();
            body::fields_of(&kind, text).unwrap_or(Value::Null)
        }
        Payload::Nothing | Payload::Malformed(_) => Value::Null,
    }
}

/// A request with its answer, in which runtime expressions are looked up.
struct Exchange<'a> {
    input: &'a Input<'a>,
    path: &'a str,
    template: &'a str,
    sent: Value,
    answer: &'a Answer,
    answered: Value,
}

impl Exchange<'_> {
    /// A URL with its expressions replaced; one that says nothing leaves nothing.
    fn resolved(&self, url: &str) -> String {
        let mut text = String::new();
        let mut rest = url;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((expression, after)) = after.split_once('}') else {
                break;
            };
            text.push_str(before);
            text.push_str(&self.value(expression).unwrap_or_default());
            rest = after;
        }
        text.push_str(rest);
        text
    }

    fn value(&self, expression: &str) -> Option<String> {
        let request = &self.input.request;
        match expression {
            "$method" => return Some(self.input.method.clone()),
            "$statusCode" => return Some(self.answer.status.to_string()),
            "$url" => {
                let query = if request.query.is_empty() { "" } else { "?" };
                let host = self.input.header("host").unwrap_or_default();
                return Some(format!(
                    "http://{host}{}{query}{}",
                    request.path, request.query
                ));
            }
            _ => {}
        }
        if let Some(source) = expression.strip_prefix("$request.") {
            if let Some(name) = source.strip_prefix("header.") {
                return self
                    .input
                    .header(&name.to_lowercase())
                    .map(std::borrow::Cow::into_owned);
            }
            if let Some(name) = source.strip_prefix("query.") {
                let (_, values) = self.input.query.iter().find(|(own, _)| own == name)?;
                return Some(values.join(","));
            }
            if let Some(name) = source.strip_prefix("path.") {
                let found = route::parameters(self.template, self.path);
                return found
                    .into_iter()
                    .find_map(|(own, value)| (own == name).then_some(value));
            }
            return of_body(source, &self.sent);
        }
        let source = expression.strip_prefix("$response.")?;
        if let Some(name) = source.strip_prefix("header.") {
            let mut headers = self.answer.headers.iter();
            return headers
                .find(|(own, _)| own.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone());
        }
        of_body(source, &self.answered)
    }
}

/// `body#/pointer`, or the whole `body`.
fn of_body(source: &str, body: &Value) -> Option<String> {
    let pointer = source.strip_prefix("body")?;
    let value = body.pointer(pointer.trim_start_matches('#'))?;
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(crate::json::text(other)),
    }
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}
