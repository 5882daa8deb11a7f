//! `/__admin/docs`: what the admin API takes, as an OpenAPI document and as a page.

use std::fmt::Write as _;

use efsm_core::{Body, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::system::SPOKEN_VERSION;
use crate::service::HttpService;
use crate::wire::json;

/// Method, path below `/__admin`, and what it does.
const OPERATIONS: [(&str, &str, &str); 45] = [
    (
        "get",
        "/mappings",
        "List the stubs, newest first; `limit` and `offset` page through them",
    ),
    ("post", "/mappings", "Create a stub"),
    ("delete", "/mappings", "Remove every stub"),
    ("get", "/mappings/{id}", "Read a stub"),
    ("put", "/mappings/{id}", "Replace a stub"),
    ("delete", "/mappings/{id}", "Remove a stub"),
    (
        "post",
        "/mappings/reset",
        "Go back to the stubs of the root directory; empty the journal",
    ),
    (
        "post",
        "/mappings/save",
        "Write the stubs into the root directory",
    ),
    (
        "post",
        "/mappings/remove",
        "Remove the stub of the same id, else of an equal request",
    ),
    ("post", "/mappings/import", "Add many stubs at once"),
    (
        "post",
        "/mappings/find-by-metadata",
        "List the stubs whose metadata a matcher accepts",
    ),
    (
        "post",
        "/mappings/remove-by-metadata",
        "Remove the stubs whose metadata a matcher accepts",
    ),
    (
        "get",
        "/mappings/unmatched",
        "List the stubs that answered no request in the journal",
    ),
    (
        "delete",
        "/mappings/unmatched",
        "Remove the stubs that answered no request in the journal",
    ),
    (
        "get",
        "/requests",
        "List serve events; `limit`, `since`, `unmatched` and `matchingStub` choose among them",
    ),
    ("delete", "/requests", "Empty the journal"),
    ("get", "/requests/{id}", "Read a serve event"),
    ("delete", "/requests/{id}", "Remove a serve event"),
    (
        "post",
        "/requests/count",
        "Count the requests that fit a pattern",
    ),
    (
        "post",
        "/requests/find",
        "List the requests that fit a pattern",
    ),
    (
        "post",
        "/requests/remove",
        "Remove the requests that fit a pattern",
    ),
    (
        "post",
        "/requests/remove-by-metadata",
        "Remove the requests whose stub's metadata a matcher accepts",
    ),
    (
        "get",
        "/requests/unmatched",
        "List the requests that no stub answered; with `nearest=true` each with the stub that came nearest",
    ),
    (
        "get",
        "/requests/unmatched/near-misses",
        "List the stubs nearest to the unmatched requests",
    ),
    (
        "post",
        "/near-misses/request",
        "List the stubs nearest to a request",
    ),
    (
        "post",
        "/near-misses/request-pattern",
        "List the requests nearest to a pattern",
    ),
    ("get", "/scenarios", "List the scenarios and their states"),
    (
        "post",
        "/scenarios/reset",
        "Put every scenario back to its start",
    ),
    (
        "put",
        "/scenarios/{name}/state",
        "Set a scenario's state; without a body, its start",
    ),
    ("get", "/settings", "Read the global settings"),
    ("post", "/settings", "Set the global settings"),
    ("put", "/settings", "Set the global settings"),
    (
        "patch",
        "/settings/extended",
        "Add to the extended settings",
    ),
    ("get", "/recordings/status", "Tell whether a recording runs"),
    (
        "post",
        "/recordings/start",
        "Start to record what a target answers",
    ),
    (
        "post",
        "/recordings/stop",
        "End the recording and make stubs of it",
    ),
    (
        "post",
        "/recordings/snapshot",
        "Make stubs of requests in the journal that were proxied",
    ),
    ("get", "/files", "List the body files"),
    ("get", "/files/{path}", "Read a body file"),
    ("put", "/files/{path}", "Write a body file"),
    ("delete", "/files/{path}", "Remove a body file"),
    (
        "get",
        "/version",
        "The version of WireMock whose language is spoken",
    ),
    ("get", "/health", "Tell that stubs are being served"),
    (
        "post",
        "/reset",
        "Go back to the stubs of the root directory; empty the journal",
    ),
    ("post", "/shutdown", "End the stack"),
];

impl HttpService {
    /// `GET /__admin/docs/swagger`.
    pub(super) fn open_api() -> Response {
        let mut paths = Map::new();
        for (method, path, summary) in OPERATIONS {
            let parameters: Vec<Value> = path
                .split(['{', '}'])
                .skip(1)
                .step_by(2)
                .map(|name| {
                    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
                })
                .collect();
            let operation = json!({
                "summary": summary, "parameters": parameters,
                "responses": {"200": {"description": "Done"}},
            });
            paths
                .entry(format!("/__admin{path}"))
                .or_insert_with(|| json!({}))[method] = operation;
        }
        json::ok(&json!({
            "openapi": "3.0.0",
            "info": {"title": "WireMock's admin API, as efsm speaks it", "version": SPOKEN_VERSION},
            "paths": paths,
        }))
    }

    /// `GET /__admin/docs` and the pages beside it.
    pub(super) fn docs_page() -> Response {
        let mut page = String::from(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"UTF-8\"><title>Admin API</title></head>\n\
             <body>\n<h1>Admin API</h1>\n<p><a href=\"/__admin/docs/swagger\">OpenAPI 3.0 document</a></p>\n<table>\n",
        );
        for (method, path, summary) in OPERATIONS {
            let method = method.to_ascii_uppercase();
            let _ = writeln!(
                page,
                "<tr><td>{method}</td><td><code>/__admin{path}</code></td><td>{summary}</td></tr>"
            );
        }
        page.push_str("</table>\n</body>\n</html>\n");
        let mut response = Response::new(Body::from(page));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::OPERATIONS;

    #[test]
    fn every_operation_is_told_once() {
        let mut operations = OPERATIONS.map(|(method, path, _)| (method, path)).to_vec();
        operations.sort_unstable();
        let count = operations.len();
        operations.dedup();
        assert_eq!(operations.len(), count);
    }
}
