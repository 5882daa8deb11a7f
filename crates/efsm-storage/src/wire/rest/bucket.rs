//! Buckets: made, removed and listed.

use efsm_core::{Body, Response};
use efsm_wire::{BadInput, error_with_hint, json, query_pairs};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::refusal;
use crate::engine::{BucketName, ListQuery};
use crate::operations::Operations;

pub(super) fn list_all(operations: &Operations) -> Response {
    let buckets = operations.list_buckets();
    let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    json(StatusCode::OK, &json!({ "buckets": names }))
}

/// `{"bucket", "objects": [keys]}`, in the order of the keys' bytes; with a delimiter also `prefixes`, with a limit
/// also `truncated` and, where it is true, `next`: the `after` of the next page.
pub(super) fn list(operations: &Operations, bucket: &BucketName, query: Option<&str>) -> Response {
    let query = match list_query(query) {
        Ok(query) => query,
        Err(bad) => return bad.into(),
    };
    let listing = match operations.list_objects(bucket, &query) {
        Ok(listing) => listing,
        Err(refused) => return refusal::of(&refused),
    };
    let limited = query.limit.is_some();
    let answer = Page {
        bucket: bucket.as_str(),
        objects: listing
            .objects
            .iter()
            .map(|(key, _)| key.as_str())
            .collect(),
        prefixes: query.delimiter.is_some().then_some(&listing.prefixes),
        truncated: limited.then_some(listing.next.is_some()),
        next: listing.next.as_deref(),
    };
    json(StatusCode::OK, &answer)
}

#[derive(Serialize)]
struct Page<'l> {
    bucket: &'l str,
    objects: Vec<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefixes: Option<&'l Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'l str>,
}

/// `{"bucket", "created"}`; a bucket that is there already is left as it is.
pub(super) async fn create(
    operations: &Operations,
    bucket: &BucketName,
    body: &mut Body,
) -> Response {
    // A body here is an object whose key was forgotten; it must not vanish behind a 200.
    loop {
        match body.next_piece().await {
            Ok(None) => break,
            Ok(Some(piece)) if piece.is_empty() => {}
            Ok(Some(_)) => {
                return error_with_hint(
                    StatusCode::BAD_REQUEST,
                    "a bucket is made without a body, and one was sent",
                    format!("name a key to store it: PUT /storage/{bucket}/KEY"),
                );
            }
            Err(broken) => return BadInput::from(broken).into(),
        }
    }
    match operations.create_bucket(bucket) {
        Ok(created) => json(
            StatusCode::OK,
            &json!({ "bucket": bucket.as_str(), "created": created }),
        ),
        Err(refused) => refusal::of(&refused),
    }
}

pub(super) fn delete(operations: &Operations, bucket: &BucketName) -> Response {
    match operations.delete_bucket(bucket) {
        Ok(deleted) => json(StatusCode::OK, &json!({ "deleted": deleted })),
        Err(refused) => refusal::of(&refused),
    }
}

fn list_query(query: Option<&str>) -> Result<ListQuery, BadInput> {
    let mut wanted = ListQuery::default();
    for (name, value) in query_pairs(query) {
        match name.as_str() {
            "prefix" => wanted.prefix = value,
            "delimiter" => wanted.delimiter = Some(value),
            "after" => wanted.after = Some(value),
            "limit" => {
                let limit = value.parse().map_err(|_| {
                    BadInput::new(format!(
                        "the query parameter `limit` must be a whole number from 0 on, not `{value}`"
                    ))
                })?;
                wanted.limit = Some(limit);
            }
            // Parameters that a client adds for others, such as a cache buster.
            _ => {}
        }
    }
    Ok(wanted)
}
