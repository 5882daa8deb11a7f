//! JSON as WireMock writes it.

use std::io;

use efsm_core::{Body, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Objects over lines, arrays within one, ` : ` between name and value.
#[derive(Default)]
struct Pretty {
    depth: usize,
    /// For each object or array that is open: whether it has a member yet.
    filled: Vec<bool>,
}

impl Pretty {
    fn open(&mut self) {
        self.filled.push(false);
    }

    fn close(&mut self) -> bool {
        self.filled.pop().unwrap_or(false)
    }

    fn line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        for _ in 0..self.depth {
            writer.write_all(b"  ")?;
        }
        Ok(())
    }

    fn fill(&mut self) {
        if let Some(filled) = self.filled.last_mut() {
            *filled = true;
        }
    }
}

impl Formatter for Pretty {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open();
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close();
        writer.write_all(b" ]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.fill();
        writer.write_all(if first { b" " } else { b", " })
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open();
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.close() {
            self.line(writer)?;
        } else {
            writer.write_all(b" ")?;
        }
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.fill();
        if !first {
            writer.write_all(b",")?;
        }
        self.line(writer)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" : ")
    }
}

/// The text of a value.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(
        &mut text,
        Pretty::default(),
    ));
    debug_assert!(written.is_ok(), "a JSON value can be written to memory");
    String::from_utf8(text).unwrap_or_default()
}

pub(crate) fn answer(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(pretty(value)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn ok(value: &Value) -> Response {
    answer(StatusCode::OK, value)
}

/// `{}` in one line, as for calls that give nothing back.
pub(crate) fn nothing() -> Response {
    let mut response = Response::new(Body::from("{}"));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_span_lines_and_arrays_do_not() {
        let value = json!({"a": [1, "b", {"c": {}}], "d": [], "e": null});
        assert_eq!(
            pretty(&value),
            "{\n  \"a\" : [ 1, \"b\", {\n    \"c\" : { }\n  } ],\n  \"d\" : [ ],\n  \"e\" : null\n}"
        );
    }
}
