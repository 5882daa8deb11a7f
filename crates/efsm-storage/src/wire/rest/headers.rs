//! An object's header fields, as they come with a PUT and go with a GET.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_core::{Body, Response, Timestamp};
use efsm_wire::BadInput;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPIRES, HeaderMap,
    LAST_MODIFIED,
};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::Body as _;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::engine::{Metadata, Object};

/// In front of the names of a writer's own metadata.
const USER_PREFIX: &str = "x-amz-meta-";

/// What the content is when its writer did not say.
pub(super) const DEFAULT_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

pub(super) fn metadata(headers: &HeaderMap) -> Result<Metadata, BadInput> {
    let one = |name: &str| text(headers, name);
    let mut user = BTreeMap::new();
    for name in headers.keys() {
        if let Some(own) = name
            .as_str()
            .strip_prefix(USER_PREFIX)
            .filter(|n| !n.is_empty())
            && let Some(value) = text(headers, name.as_str())?
        {
            user.insert(own.to_owned(), value);
        }
    }
    Ok(Metadata {
        content_type: one("content-type")?,
        content_encoding: one("content-encoding")?,
        content_language: one("content-language")?,
        content_disposition: one("content-disposition")?,
        cache_control: one("cache-control")?,
        expires: one("expires")?,
        user,
    })
}

/// The digest of `Content-MD5` (RFC 1864).
pub(super) fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, BadInput> {
    let Some(value) = headers.get("content-md5") else {
        return Ok(None);
    };
    let digest = STANDARD.decode(value).ok().and_then(|d| d.try_into().ok());
    digest.map(Some).ok_or_else(|| {
        BadInput::new("Content-MD5 must be the 16 bytes of an MD5 in base64, not hexadecimal")
    })
}

/// Everything that a 200 says of an object beside its body's length. Its entity tag must be hashed.
pub(super) fn describe(object: &Object, headers: &mut HeaderMap) {
    let metadata = object.metadata();
    for (name, value) in metadata.fixed() {
        insert(headers, HeaderName::from_static(name), value);
    }
    headers.entry(CONTENT_TYPE).or_insert(DEFAULT_TYPE);
    for (name, value) in &metadata.user {
        if let Ok(name) = HeaderName::try_from(format!("{USER_PREFIX}{name}")) {
            insert(headers, name, value);
        }
    }
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    validators(object, headers);
}

/// A 304, with the fields of the 200 that RFC 9110 section 15.4.5 wants.
pub(super) fn not_modified(object: &Object) -> Response {
    let mut response = efsm_wire::empty(StatusCode::NOT_MODIFIED);
    let headers = response.headers_mut();
    validators(object, headers);
    let metadata = object.metadata();
    for (name, value) in [
        (CACHE_CONTROL, &metadata.cache_control),
        (EXPIRES, &metadata.expires),
    ] {
        if let Some(value) = value {
            insert(headers, name, value);
        }
    }
    response
}

/// The answer to HEAD: the GET's without its body.
pub(super) fn without_body(mut response: Response) -> Response {
    if let Some(length) = response.body().size_hint().exact()
        && response.status() != StatusCode::NOT_MODIFIED
    {
        response
            .headers_mut()
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| length.into());
    }
    *response.body_mut() = Body::Empty;
    response
}

fn validators(object: &Object, headers: &mut HeaderMap) {
    insert(headers, ETAG, &object.etag().to_string());
    // A clock that was moved before the year 0 has no such date.
    if let Ok(date) = http_date(object.modified()) {
        insert(headers, LAST_MODIFIED, &date);
    }
}

fn http_date(at: Timestamp) -> Result<String, jiff::Error> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // What an object keeps was checked when it came.
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(name, value);
    }
}

/// All fields of a name as one value, joined as RFC 9110 section 5.3 has it.
pub(super) fn text(headers: &HeaderMap, name: &str) -> Result<Option<String>, BadInput> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let value = std::str::from_utf8(value.as_bytes())
            .map_err(|_| BadInput::new(format!("the header `{name}` is not UTF-8")))?;
        match &mut joined {
            None => joined = Some(value.to_owned()),
            Some(joined) => {
                joined.push_str(", ");
                joined.push_str(value);
            }
        }
    }
    Ok(joined)
}
