//! The parts of a `multipart/*` body (RFC 2046 section 5.1), and patterns for them.

use bytes::Bytes;
use efsm_matchers::{Matcher, MultiMatcher, Subject};
use serde_json::{Map, Value};

use super::parse::{matchers, multi_matchers};
use super::probe::Probe;
use crate::engine::document::Place;
use crate::error::DocumentError;

/// A part of a multipart body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPart {
    pub name: Option<String>,
    pub file_name: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// A pattern for one part or for all parts.
#[derive(Clone, Debug)]
pub struct MultipartPattern {
    /// A label for people. As in WireMock it is not compared: the header `Content-Disposition` is, when a
    /// pattern names it.
    pub name: Option<String>,
    pub(crate) all: bool,
    pub(crate) headers: Vec<(String, MultiMatcher)>,
    pub(crate) body: Vec<Matcher>,
    pub(crate) json: Value,
}

impl RequestPart {
    /// The values of a header of the part.
    pub(crate) fn header_values(&self, name: &str) -> Vec<Subject<'_>> {
        self.headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| Subject::text(value.as_str()))
            .collect()
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject::bytes(&self.body[..])
    }
}

impl MultipartPattern {
    pub(super) fn parse(place: &Place<'_>) -> Result<Self, DocumentError> {
        const CLASS: &str = "matching.MultipartValuePattern";
        let mut pattern = Self {
            name: None,
            all: false,
            headers: Vec::new(),
            body: Vec::new(),
            json: Value::Null,
        };
        let mut json = Map::new();
        for (key, value) in place.object(CLASS)? {
            let field = place.field(key, value);
            if value.is_null() {
                continue;
            }
            let mut written = value.clone();
            match key.as_str() {
                "name" => pattern.name = Some(field.text()?),
                "fileName" | "filename" => {
                    field.text()?;
                }
                "matchingType" => {
                    pattern.all = match field.text()?.to_ascii_uppercase().as_str() {
                        "ALL" => true,
                        "ANY" => false,
                        other => {
                            return Err(field.error(format!(
                                "Cannot deserialize value of type `com.github.tomakehurst.wiremock.matching.MultipartValuePattern$MatchingType` from String {other:?}: not one of the values accepted for Enum class: [ALL, ANY]"
                            )));
                        }
                    };
                }
                "headers" | "multipartHeaders" => {
                    (pattern.headers, written) = multi_matchers(&field)?;
                }
                "bodyPatterns" => (pattern.body, written) = matchers(&field)?,
                _ => return Err(place.unknown(key, CLASS)),
            }
            json.insert(key.clone(), written);
        }
        pattern.json = Value::Object(json);
        Ok(pattern)
    }

    pub(super) fn fits(&self, probe: &Probe<'_>) -> bool {
        let parts = probe.request.parts();
        let mut fitting = parts.iter().map(|part| self.part_fits(part, probe));
        if self.all {
            !parts.is_empty() && fitting.all(|fits| fits)
        } else {
            fitting.any(|fits| fits)
        }
    }

    fn part_fits(&self, part: &RequestPart, probe: &Probe<'_>) -> bool {
        self.headers
            .iter()
            .all(|(name, m)| m.is_match(&part.header_values(name), probe.context()))
            && self
                .body
                .iter()
                .all(|m| m.is_match(&part.subject(), probe.context()))
    }

    pub(super) fn distance(&self, probe: &Probe<'_>) -> f64 {
        if self.fits(probe) {
            return 0.0;
        }
        // As in WireMock: a part differs or it does not.
        1.0
    }
}

/// The parts of a body; none when its type is not multipart or names no boundary.
pub(crate) fn split(content_type: &str, body: &Bytes) -> Vec<RequestPart> {
    let is_multipart = content_type
        .get(..10)
        .is_some_and(|start| start.eq_ignore_ascii_case("multipart/"));
    let Some(boundary) = parameter(content_type, "boundary").filter(|_| is_multipart) else {
        return Vec::new();
    };
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = 0;
    let Some(mut start) = find(body, rest, delimiter.as_bytes()) else {
        return parts;
    };
    loop {
        start += delimiter.len();
        if body[start..].starts_with(b"--") {
            return parts;
        }
        let Some(line) = find(body, start, b"\n") else {
            return parts;
        };
        rest = line + 1;
        let Some(next) = find(body, rest, delimiter.as_bytes()) else {
            // A body that was cut off: its last part is what came of it.
            parts.push(part(&body.slice(rest..)));
            return parts;
        };
        let mut end = next;
        for ending in [b'\n', b'\r'] {
            if end > rest && body[end - 1] == ending {
                end -= 1;
            }
        }
        parts.push(part(&body.slice(rest..end)));
        start = next;
    }
}

fn part(raw: &Bytes) -> RequestPart {
    let (head, body) = match (find(raw, 0, b"\r\n\r\n"), find(raw, 0, b"\n\n")) {
        _ if raw.starts_with(b"\r\n") => (&raw[..0], raw.slice(2..)),
        (Some(at), lf) if lf.is_none_or(|lf| at < lf) => (&raw[..at], raw.slice(at + 4..)),
        (_, Some(at)) => (&raw[..at], raw.slice(at + 2..)),
        _ => (&raw[..], Bytes::new()),
    };
    let headers: Vec<(String, String)> = String::from_utf8_lossy(head)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let disposition = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
        .map(|(_, value)| value.as_str());
    RequestPart {
        name: disposition.and_then(|value| parameter(value, "name")),
        file_name: disposition.and_then(|value| parameter(value, "filename")),
        headers,
        body,
    }
}

/// A parameter of a header's value: `boundary=x`, `name="x"`.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(text: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return None;
    }
    let (first, rest) = wanted.split_first()?;
    let mut at = from;
    loop {
        at += text.get(at..)?.iter().position(|byte| byte == first)?;
        if text[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_split_at_its_boundary() {
        let body = Bytes::from_static(
            b"preamble\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\nfile\r\n--b--\r\nepilogue",
        );
        let parts = split("multipart/form-data; boundary=b", &body);
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].name.as_deref(), Some("a"));
        assert_eq!(&parts[0].body[..], b"1\r\n2");
        assert_eq!(parts[1].file_name.as_deref(), Some("x.txt"));
        assert_eq!(parts[1].headers.len(), 2);
        assert!(split("text/plain; boundary=b", &body).is_empty());
        assert!(split("multipart/form-data", &body).is_empty());
    }

    #[test]
    fn broken_bodies_give_what_there_is() {
        for (body, count) in [
            ("", 0),
            ("--b", 0),
            ("--b\r\n", 1),
            ("--b\r\n\r\nx", 1),
            ("--b--", 0),
        ] {
            let parts = split(
                "multipart/mixed; boundary=\"b\"",
                &Bytes::from_static(body.as_bytes()),
            );
            assert_eq!(parts.len(), count, "{body:?}");
        }
    }
}
