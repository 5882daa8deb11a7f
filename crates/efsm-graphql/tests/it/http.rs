//! GraphQL over HTTP, rule by rule.

use efsm_graphql::over_http::{Answer, HttpAnswer, HttpRequest, answer};
use efsm_graphql::{OperationKind, Timestamp};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use crate::support::api;

const NEW: &str = "application/graphql-response+json";
const OLD: &str = "application/json";

struct Call<'c> {
    method: Method,
    headers: Vec<(&'static str, &'c str)>,
    query: Option<&'c str>,
    body: &'c [u8],
}

fn send(call: &Call<'_>) -> HttpAnswer {
    let mut headers = HeaderMap::new();
    for (name, value) in &call.headers {
        headers.append(HeaderName::from_static(name), value.parse().unwrap());
    }
    let request = HttpRequest {
        method: &call.method,
        headers: &headers,
        query: call.query,
        body: call.body,
    };
    answer(&api(), &request, Timestamp::UNIX_EPOCH)
}

fn post(accept: &str, body: &str) -> (u16, Value) {
    let answer = send(&Call {
        method: Method::POST,
        headers: vec![("accept", accept), ("content-type", OLD)],
        query: None,
        body: body.as_bytes(),
    });
    (answer.status.as_u16(), json_of(&answer))
}

fn get(accept: &str, query: &str) -> HttpAnswer {
    send(&Call {
        method: Method::GET,
        headers: vec![("accept", accept)],
        query: Some(query),
        body: b"",
    })
}

fn json_of(answer: &HttpAnswer) -> Value {
    match &answer.body {
        Answer::Text(text) => serde_json::from_str(text).unwrap(),
        Answer::Events(_) => panic!("events"),
    }
}

#[test]
fn posts_are_answered_in_the_media_type_that_is_accepted() {
    for (accept, media_type) in [
        (NEW, "application/graphql-response+json; charset=utf-8"),
        (OLD, "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        (
            "application/graphql-response+json; charset=utf-8, application/json;q=0.9",
            "application/graphql-response+json; charset=utf-8",
        ),
    ] {
        let answer = send(&Call {
            method: Method::POST,
            headers: vec![("accept", accept), ("content-type", "application/json; charset=utf-8")],
            query: None,
            body: br#"{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": {"a": 1}}"#,
        });
        assert_eq!(
            (answer.status, answer.media_type),
            (StatusCode::OK, media_type)
        );
        assert_eq!(json_of(&answer), json!({"data": {"__typename": "Query"}}));
    }
}

#[test]
fn request_errors_have_the_status_of_the_media_type() {
    for query in [
        "{",
        "{ nothing }",
        "query ($a: ID!) { user(id: $a) { id } }",
    ] {
        let body = json!({"query": query, "variables": {"a": null}}).to_string();
        for (accept, status) in [(NEW, 400), (OLD, 200)] {
            let (found, json) = post(accept, &body);
            assert_eq!(found, status, "{query} as {accept}");
            assert!(json.get("data").is_none() && json["errors"].is_array());
        }
    }
}

#[test]
fn requests_that_are_not_well_formed_are_400_always() {
    for (body, message) in [
        ("", "the body is empty, and a GraphQL request is expected"),
        (
            "{",
            "malformed JSON in the body: EOF while parsing an object at line 1 column 1",
        ),
        ("1", "the body must be a JSON object with a `query`"),
        (
            "[{\"query\": \"{ me }\"}]",
            "batched requests are not supported: send one operation in each request",
        ),
        (
            "{}",
            "the request has no `query`: send the text of a GraphQL document",
        ),
        (
            "{\"query\": \" \"}",
            "the request has no `query`: send the text of a GraphQL document",
        ),
        ("{\"query\": 1}", "`query` must be a string"),
        (
            "{\"query\": \"{a}\", \"variables\": \"{}\"}",
            "`variables` must be a map",
        ),
        (
            "{\"query\": \"{a}\", \"variables\": [1]}",
            "`variables` must be a map",
        ),
        (
            "{\"query\": \"{a}\", \"operationName\": 1}",
            "`operationName` must be a string",
        ),
        (
            "{\"query\": \"{a}\", \"extensions\": \"x\"}",
            "`extensions` must be a map",
        ),
    ] {
        for accept in [NEW, OLD] {
            let (status, json) = post(accept, body);
            assert_eq!(
                (status, json["errors"][0]["message"].as_str()),
                (400, Some(message)),
                "{body}"
            );
        }
    }
}

#[test]
fn bodies_of_other_types_are_415() {
    for content_type in [
        None,
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=iso-8859-1"),
    ] {
        let mut headers = vec![("accept", OLD)];
        headers.extend(content_type.map(|content_type| ("content-type", content_type)));
        let answer = send(&Call {
            method: Method::POST,
            headers,
            query: None,
            body: b"{\"query\": \"{ __typename }\"}",
        });
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type:?}"
        );
    }
    let answer = send(&Call {
        method: Method::POST,
        headers: vec![("content-type", "application/graphql")],
        query: None,
        body: b"{ __typename }",
    });
    assert_eq!(json_of(&answer), json!({"data": {"__typename": "Query"}}));
}

#[test]
fn text_that_is_not_utf8_is_400() {
    let answer = send(&Call {
        method: Method::POST,
        headers: vec![("content-type", OLD)],
        query: None,
        body: b"{\"query\": \"\xff\"}",
    });
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[test]
fn gets_ask_with_parameters() {
    let answer = get(
        NEW,
        "query=query+A($a:ID!){user(id:$a){id}}query+B{me{id}}&operationName=A&variables=%7B%22a%22%3A%225%22%7D",
    );
    assert_eq!(json_of(&answer), json!({"data": {"user": {"id": "5"}}}));
    assert_eq!(answer.summary.operation.as_deref(), Some("A"));
    assert_eq!(answer.summary.kind, Some(OperationKind::Query));
    for (query, message) in [
        (
            "",
            "the request has no `query`: send the text of a GraphQL document",
        ),
        (
            "query={a}&variables=x",
            "the parameter variables is no JSON: expected value at line 1 column 1",
        ),
        ("query={a}&variables=1", "`variables` must be a map"),
        ("query={a}&extensions=1", "`extensions` must be a map"),
    ] {
        let answer = get(OLD, query);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(json_of(&answer)["errors"][0]["message"], message);
    }
    assert_eq!(
        get(OLD, "query={__typename}&variables=&operationName=").status,
        StatusCode::OK
    );
}

#[test]
fn mutations_by_get_and_other_methods_are_405() {
    let answer = get(NEW, "query=mutation{deleteUser(id:1)}");
    assert_eq!(
        (answer.status, answer.allow),
        (StatusCode::METHOD_NOT_ALLOWED, Some("POST"))
    );
    assert_eq!(answer.summary.kind, Some(OperationKind::Mutation));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD] {
        let answer = send(&Call {
            method,
            headers: vec![],
            query: None,
            body: b"",
        });
        assert_eq!(
            (answer.status, answer.allow),
            (StatusCode::METHOD_NOT_ALLOWED, Some("GET, POST"))
        );
    }
}

#[test]
fn clients_that_accept_nothing_of_ours_get_406() {
    assert_eq!(
        get("text/plain", "query={__typename}").status,
        StatusCode::NOT_ACCEPTABLE
    );
    assert_eq!(
        get("text/html", "query={__typename}").status,
        StatusCode::NOT_ACCEPTABLE
    );
}

#[test]
fn browsers_get_a_page() {
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = get(accept, "");
    let Answer::Text(page) = &answer.body else {
        panic!("a page")
    };
    assert_eq!(
        (answer.status, answer.media_type),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    assert!(
        page.contains("introspection") && !page.contains("http://") && !page.contains("<script")
    );
    assert_eq!(
        json_of(&get(accept, "query={__typename}"))["data"]["__typename"],
        "Query"
    );
}

#[test]
fn persisted_queries_are_refused_so_that_clients_send_the_whole_query() {
    let body = r#"{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}"#;
    let (status, json) = post(OLD, body);
    assert_eq!(status, 200);
    assert_eq!(
        json,
        json!({"errors": [{"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}]})
    );
}

#[test]
fn errors_of_fields_are_no_errors_of_the_request() {
    let (status, json) = post(
        NEW,
        r#"{"query": "query ($a: ID = 1) { user(id: $a) { id } }", "variables": {"a": null}}"#,
    );
    assert_eq!((status, &json["data"]), (200, &json!({"user": null})));
}

#[test]
fn subscriptions_are_streams() {
    let (status, json) = post(NEW, r#"{"query": "subscription { tick }"}"#);
    assert_eq!(status, 400);
    assert!(
        json["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("text/event-stream")
    );
    let answer = get("text/event-stream", "query=subscription+S{tick}");
    let Answer::Events(Ok(prepared)) = &answer.body else {
        panic!("events")
    };
    assert_eq!(
        (answer.status, answer.media_type),
        (StatusCode::OK, "text/event-stream")
    );
    assert_eq!(
        (prepared.kind(), prepared.name()),
        (OperationKind::Subscription, Some("S"))
    );
    let refused = get("text/event-stream", "query={nothing}");
    assert!(matches!(&refused.body, Answer::Events(Err(response)) if response.errors.len() == 1));
    assert_eq!(get("text/event-stream", "").status, StatusCode::BAD_REQUEST);
}
