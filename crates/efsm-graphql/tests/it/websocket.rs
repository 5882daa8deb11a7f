//! The `graphql-transport-ws` protocol, message by message.

use efsm_graphql::over_websocket::{Action, Close, Connection, next};
use efsm_graphql::{GraphQlError, GraphQlRequest, Response};
use serde_json::{Value, json};

fn closed(action: Option<Action>) -> Close {
    match action {
        Some(Action::Close(close)) => close,
        other => panic!("the connection is not closed: {other:?}"),
    }
}

fn sent(action: Option<Action>) -> Value {
    match action {
        Some(Action::Send(text)) => serde_json::from_str(&text).unwrap(),
        other => panic!("nothing is sent: {other:?}"),
    }
}

fn greeted() -> Connection {
    let mut connection = Connection::new(2);
    let ack = sent(connection.receive(r#"{"type": "connection_init", "payload": {"token": 1}}"#));
    assert_eq!(ack, json!({"type": "connection_ack"}));
    assert!(connection.is_greeted());
    connection
}

const SUBSCRIBE: &str = r#"{"id": "1", "type": "subscribe", "payload": {"query": "{ me { id } }", "operationName": null, "variables": {"a": 1}}}"#;

#[test]
fn an_operation_runs_from_subscribe_to_complete() {
    let mut connection = greeted();
    let Some(Action::Start { id, request }) = connection.receive(SUBSCRIBE) else {
        panic!("not started")
    };
    assert_eq!(id, "1");
    let mut expected = GraphQlRequest::new("{ me { id } }");
    expected.variables.insert("a".into(), 1.into());
    assert_eq!(request, expected);
    let response = Response {
        data: Some(json!({"me": 1})),
        errors: Vec::new(),
    };
    let message: Value = serde_json::from_str(&next("1", &response)).unwrap();
    assert_eq!(
        message,
        json!({"id": "1", "type": "next", "payload": {"data": {"me": 1}}})
    );
    assert!(connection.complete("1").unwrap().contains("complete"));
    // Its id is free again.
    assert!(matches!(
        connection.receive(SUBSCRIBE),
        Some(Action::Start { .. })
    ));
    let stop = connection.receive(r#"{"id": "1", "type": "complete"}"#);
    assert_eq!(stop, Some(Action::Stop { id: "1".into() }));
    assert_eq!(connection.complete("1"), None);
    assert_eq!(
        connection.receive(r#"{"id": "1", "type": "complete"}"#),
        None
    );
}

#[test]
fn an_operation_that_cannot_run_gives_an_error() {
    let mut connection = greeted();
    connection.receive(SUBSCRIBE);
    let text = connection
        .fail("1", &Response::refused(GraphQlError::new("no")))
        .unwrap();
    let message: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        message,
        json!({"id": "1", "type": "error", "payload": [{"message": "no"}]})
    );
    assert_eq!(connection.fail("1", &Response::default()), None);
}

#[test]
fn pings_are_answered_with_their_payload() {
    let mut connection = Connection::new(1);
    assert_eq!(
        sent(connection.receive(r#"{"type": "ping"}"#)),
        json!({"type": "pong"})
    );
    let pong = sent(connection.receive(r#"{"type": "ping", "payload": {"a": 1}}"#));
    assert_eq!(pong, json!({"type": "pong", "payload": {"a": 1}}));
    assert_eq!(connection.receive(r#"{"type": "pong"}"#), None);
}

#[test]
fn violations_close_the_connection_with_their_codes() {
    let mut fresh = Connection::new(1);
    assert_eq!(closed(fresh.receive(SUBSCRIBE)).code, 4401);
    let init = r#"{"type": "connection_init"}"#;
    assert_eq!(closed(greeted().receive(init)).code, 4429);
    let mut connection = greeted();
    connection.receive(SUBSCRIBE);
    assert_eq!(
        closed(connection.receive(SUBSCRIBE)),
        Close {
            code: 4409,
            reason: "Subscriber for 1 already exists".into()
        }
    );
    for (message, reason) in [
        ("hello", "Invalid message: it is no JSON"),
        ("[]", "Invalid message: it is no object"),
        ("{}", "Invalid message: it has no type"),
        (
            r#"{"type": "start"}"#,
            "Invalid message: the type \"start\" is not a client's",
        ),
        (
            r#"{"type": "next", "id": "1"}"#,
            "Invalid message: the type \"next\" is not a client's",
        ),
        (
            r#"{"type": "ping", "payload": 1}"#,
            "Invalid message: payload is no object",
        ),
        (
            r#"{"type": "subscribe", "payload": {"query": "{a}"}}"#,
            "Invalid message: it needs an id, a text that is not empty",
        ),
        (
            r#"{"type": "subscribe", "id": ""}"#,
            "Invalid message: it needs an id, a text that is not empty",
        ),
        (
            r#"{"type": "subscribe", "id": "2"}"#,
            "Invalid message: subscribe has no payload",
        ),
        (
            r#"{"type": "subscribe", "id": "2", "payload": {}}"#,
            "Invalid message: the request has no `query`: send the text of a GraphQL document",
        ),
        (
            r#"{"type": "complete"}"#,
            "Invalid message: it needs an id, a text that is not empty",
        ),
    ] {
        let close = closed(greeted().receive(message));
        assert_eq!(
            (close.code, close.reason.as_str()),
            (4400, reason),
            "{message}"
        );
    }
    assert_eq!(Close::too_late().code, 4408);
    assert_eq!(Close::not_text().code, 4400);
}

#[test]
fn reasons_fit_into_a_close_frame() {
    let mut connection = greeted();
    let id = "é".repeat(200);
    let subscribe = SUBSCRIBE.replace("\"1\"", &format!("\"{id}\""));
    connection.receive(&subscribe);
    let close = closed(connection.receive(&subscribe));
    assert!(close.code == 4409 && close.reason.len() <= 123);
}

#[test]
fn operations_at_once_are_counted() {
    let mut connection = greeted();
    for id in ["1", "2"] {
        let subscribe = SUBSCRIBE.replace("\"1\"", &format!("\"{id}\""));
        assert!(matches!(
            connection.receive(&subscribe),
            Some(Action::Start { .. })
        ));
    }
    let refused = sent(connection.receive(&SUBSCRIBE.replace("\"1\"", "\"3\"")));
    assert_eq!(refused["type"], "error");
}
