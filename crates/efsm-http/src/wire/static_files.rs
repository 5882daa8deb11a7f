//! Files below `__files`, served at their own paths where no stub is.

use bytes::Bytes;
use efsm_core::{Body, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};

use crate::engine::request::LoggedRequest;
use crate::engine::state::State;

/// The file that stands at the request's path; a folder's is its `index.html`.
pub(crate) fn answer(state: &State, request: &LoggedRequest) -> Option<Response> {
    if state.files.is_empty() || request.method() != Method::GET {
        return None;
    }
    let path = percent_encoding::percent_decode_str(request.path())
        .decode_utf8()
        .ok()?;
    let path = path.trim_matches('/');
    let index = if path.is_empty() {
        "index.html".to_owned()
    } else {
        format!("{path}/index.html")
    };
    let (name, content) = state
        .files
        .get(path)
        .map(|content| (path, content))
        .or_else(|| Some((index.as_str(), state.files.get(index.as_str())?)))?;
    let mut response = Response::new(Body::from(Bytes::clone(content)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(type_of(name)));
    Some(response)
}

fn type_of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" | "mjs" => "text/javascript",
        "json" => "application/json",
        "xml" => "application/xml",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "pdf" => "application/pdf",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
