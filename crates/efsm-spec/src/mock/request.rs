//! A request as a description sees it.

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::Value;

use super::media;

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// The raw path, percent-encoding untouched.
    pub path: &'a str,
    /// The raw query, without its question mark.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// A request taken apart.
pub(super) struct Input<'a> {
    pub(super) request: Request<'a>,
    /// In lower case.
    pub(super) method: String,
    /// Decoded, in the order of their first appearance, each with all its values.
    pub(super) query: Vec<(String, Vec<String>)>,
    pub(super) body: Payload,
}

/// A body as far as its type says what it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Payload {
    Nothing,
    Json(Value),
    Text(String),
    /// Said to be JSON, and is not: why.
    Malformed(String),
}

impl<'a> Input<'a> {
    pub(super) fn new(request: Request<'a>) -> Self {
        let mut query: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
            match query.iter_mut().find(|(own, _)| *own == name) {
                Some((_, values)) => values.push(value.into_owned()),
                None => query.push((name.into_owned(), vec![value.into_owned()])),
            }
        }
        let mut input = Self {
            request,
            method: request.method.to_ascii_lowercase(),
            query,
            body: Payload::Nothing,
        };
        input.body = input.payload();
        input
    }

    fn payload(&self) -> Payload {
        let body = self.request.body;
        if body.is_empty() {
            return Payload::Nothing;
        }
        let is_json = self
            .header("content-type")
            .is_some_and(|kind| media::is_json(&kind));
        if !is_json {
            return Payload::Text(String::from_utf8_lossy(body).into_owned());
        }
        match serde_json::from_slice(body) {
            Ok(value) => Payload::Json(value),
            Err(error) => Payload::Malformed(error.to_string()),
        }
    }

    /// A header's values, joined as one; bytes that are no text stand for themselves.
    pub(super) fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut values = self.request.headers.get_all(name).iter();
        let first = text(values.next()?);
        let rest: Vec<Cow<'a, str>> = values.map(text).collect();
        if rest.is_empty() {
            return Some(first);
        }
        let separator = if name == "cookie" { "; " } else { ", " };
        let mut joined = first.into_owned();
        for value in rest {
            joined.push_str(separator);
            joined.push_str(&value);
        }
        Some(Cow::Owned(joined))
    }

    /// A query parameter's first value.
    pub(super) fn query_value(&self, name: &str) -> Option<String> {
        let (_, values) = self.query.iter().find(|(own, _)| own == name)?;
        values.first().cloned()
    }
}

fn text(value: &http::HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}
