//! Objects: read, put and deleted.

use std::sync::Arc;

use efsm_core::{Body, Request, Response};
use efsm_wire::{BadInput, error, json};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use http_body::Body as _;
use serde_json::json;

use super::parts::{self, Parts};
use super::{conditions, headers, refusal};
use crate::StorageError;
use crate::engine::{BucketName, Etag, Key, NewObject, Object, Reading};
use crate::operations::{Attempt, Operations, Unhashed};
use crate::upload::{Received, Upload};

/// A body up to this size is hashed where it is asked for; a larger one would hold up the requests that share
/// the thread.
const HASHED_IN_PLACE_BYTES: u64 = 128 * 1024;

pub(super) async fn get(
    operations: &Operations,
    bucket: &BucketName,
    key: &Key,
    head: &http::request::Parts,
) -> Response {
    let fields = &head.headers;
    let is_get = head.method == Method::GET;
    let kind = if is_get { "get-object" } else { "head-object" };
    let conditions = match conditions::of(fields) {
        Ok(conditions) => conditions,
        Err(bad) => return bad.into(),
    };
    let object = match hashing(|| operations.read(kind, bucket, key, &conditions)).await {
        Ok(Reading::Object(object)) => object,
        Ok(Reading::NotModified(object)) => {
            hash(&object).await;
            return headers::not_modified(&object);
        }
        Err(refused) => return refusal::of(&refused),
    };
    hash(&object).await;
    // Range is defined for GET alone (RFC 9110 section 14.2).
    let parts = if is_get && conditions::if_range_holds(fields, &object) {
        Parts::of(fields, object.size())
    } else {
        Parts::Whole
    };
    send(&object, &parts)
}

pub(super) async fn put(
    operations: &Operations,
    bucket: &BucketName,
    key: &Key,
    request: &mut Request,
) -> Response {
    match try_put(operations, bucket, key, request).await {
        Ok(size) => json(
            StatusCode::OK,
            &json!({ "bucket": bucket.as_str(), "key": key.as_str(), "size": size }),
        ),
        Err(refused) => refused,
    }
}

pub(super) async fn delete(
    operations: &Operations,
    bucket: &BucketName,
    key: &Key,
    head: &http::request::Parts,
) -> Response {
    let conditions = match conditions::of(&head.headers) {
        Ok(conditions) => conditions,
        Err(bad) => return bad.into(),
    };
    match hashing(|| operations.delete(bucket, key, &conditions)).await {
        Ok(deleted) => json(StatusCode::OK, &json!({ "deleted": deleted })),
        Err(refused) => refusal::of(&refused),
    }
}

fn send(object: &Object, parts: &Parts) -> Response {
    let length = object.size();
    let mut response = Response::new(Body::Empty);
    let fields = response.headers_mut();
    let (status, body) = match parts {
        Parts::Unsatisfiable => {
            let mut refused = error(
                StatusCode::RANGE_NOT_SATISFIABLE,
                format!("no part of the range lies in the object's {length} bytes"),
            );
            if let Ok(value) = HeaderValue::try_from(format!("bytes */{length}")) {
                refused.headers_mut().insert(CONTENT_RANGE, value);
            }
            return refused;
        }
        Parts::Whole => {
            headers::describe(object, fields);
            (StatusCode::OK, object.body().to_pieces())
        }
        Parts::One(part) => {
            headers::describe(object, fields);
            if let Ok(value) = HeaderValue::try_from(parts::content_range(part, length)) {
                fields.insert(CONTENT_RANGE, value);
            }
            (
                StatusCode::PARTIAL_CONTENT,
                object.body().slice(part.clone()),
            )
        }
        Parts::Several(parts) => {
            headers::describe(object, fields);
            // The body's own MD5 cannot stand in the body by accident.
            let boundary = object.etag().as_str();
            let value = format!("multipart/byteranges; boundary={boundary}");
            let content_type = HeaderValue::try_from(value).unwrap_or(headers::DEFAULT_TYPE);
            let part_type = fields.insert(CONTENT_TYPE, content_type);
            let part_type = part_type.unwrap_or(headers::DEFAULT_TYPE);
            let part_type = String::from_utf8_lossy(part_type.as_bytes());
            let body = parts::multipart(object, parts, boundary, &part_type);
            (StatusCode::PARTIAL_CONTENT, body)
        }
    };
    let sent: u64 = body.iter().map(|piece| piece.len() as u64).sum();
    fields.insert(CONTENT_LENGTH, sent.into());
    *response.status_mut() = status;
    *response.body_mut() = Body::Pieces(body);
    response
}

/// Returns the size of what was stored, or the answer of the refusal.
async fn try_put(
    operations: &Operations,
    bucket: &BucketName,
    key: &Key,
    request: &mut Request,
) -> Result<u64, Response> {
    let fields = &request.head.headers;
    if fields.contains_key(CONTENT_RANGE) {
        // RFC 9110 section 14.5: to take a part for the whole would destroy the rest.
        let bad = BadInput::new("an object is put whole: send it without Content-Range");
        return Err(bad.into());
    }
    let bad = |bad: BadInput| Response::from(bad);
    let conditions = conditions::of(fields).map_err(bad)?;
    let metadata = headers::metadata(fields).map_err(bad)?;
    let md5 = headers::content_md5(fields).map_err(bad)?;

    let refused = |error: StorageError| {
        operations.refused("put-object", bucket, key, &error);
        refusal::of(&error)
    };
    // Looked at before the body comes: a client that expects 100 Continue then sends nothing in vain.
    hashing(|| operations.would_write(bucket, key, &conditions))
        .await
        .map_err(refused)?;
    let overhead = NewObject::overhead_bytes(bucket, key, &metadata);
    let mut upload = operations.upload();
    if md5.is_some() {
        upload = upload.hashed();
    }
    upload
        .begin(overhead, request.body.size_hint().lower())
        .map_err(refused)?;
    let mut received = match receive(upload, &mut request.body).await {
        Ok(received) => received,
        Err(Interrupted::Refused(error)) => return Err(refused(error)),
        Err(Interrupted::Broken(bad)) => return Err(bad.into()),
    };
    if let (Some(md5), Some(etag)) = (md5, &received.etag) {
        let expected = Etag::from_md5(&md5);
        if expected != *etag {
            return Err(refused(StorageError::DigestMismatch {
                expected: expected.as_str().to_owned(),
                actual: etag.as_str().to_owned(),
            }));
        }
    }
    let new = NewObject {
        body: received.body,
        metadata: metadata.into(),
        etag: received.etag,
    };
    let reserved = &mut received.reserved;
    let stored = hashing(|| operations.put(bucket, key, &new, &conditions, reserved)).await;
    stored
        .map(|object| object.size())
        .map_err(|e| refusal::of(&e))
}

/// Why a body was not received whole.
enum Interrupted {
    Refused(StorageError),
    Broken(BadInput),
}

async fn receive(mut upload: Upload, body: &mut Body) -> Result<Received, Interrupted> {
    loop {
        match body.next_piece().await {
            Ok(Some(piece)) => upload.push(piece).map_err(Interrupted::Refused)?,
            Ok(None) => return Ok(upload.finish()),
            Err(error) => return Err(Interrupted::Broken(error.into())),
        }
    }
}

/// Repeats an attempt until every tag that it needs is hashed.
async fn hashing<T>(mut attempt: impl FnMut() -> Attempt<T>) -> Result<T, StorageError> {
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(Unhashed(object)) => hash(&object).await,
        }
    }
}

async fn hash(object: &Arc<Object>) {
    if object.etag_is_known() {
        return;
    }
    if object.size() > HASHED_IN_PLACE_BYTES {
        let object = object.clone();
        // Cancelled only when the runtime ends; the tag is then hashed where it is written.
        let _ = tokio::task::spawn_blocking(move || object.etag().clone()).await;
    } else {
        object.etag();
    }
}
