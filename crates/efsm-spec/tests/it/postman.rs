//! Postman collections.

use crate::{get, header, json, mock, send, violations};

const TEXT: &str = r#"{
  "info": {"name": "Shop"},
  "variable": [{"key": "base", "value": "http://shop.example"}],
  "auth": {"type": "apikey", "apikey": [{"key": "key", "value": "X-Key"}, {"key": "in", "value": "header"}]},
  "item": [
    {"name": "folder", "item": [
      {"name": "get order", "request": {"method": "GET", "url": "{{base}}/orders/:id", "auth": {"type": "noauth"}},
       "response": [{"code": 200, "header": [{"key": "Content-Type", "value": "application/json"}, {"key": "X-Page", "value": "1"}], "body": "{\"id\": 1}"},
                    {"code": 404, "header": [{"key": "Content-Type", "value": "application/json"}], "body": "{\"no\": 1}"}]}
    ]},
    {"name": "create", "request": {"method": "POST", "url": {"path": ["orders"]}, "auth": {"type": "noauth"},
      "header": [{"key": "Content-Type", "value": "application/json"}], "body": {"mode": "raw", "raw": "{\"n\": 1}"}},
     "response": [{"code": 201}]},
    {"name": "safe", "request": {"method": "GET", "url": {"path": ["safe"], "query": [{"key": "q", "value": "1"}]}}, "response": [{"code": 200}]}
  ]
}"#;

#[test]
fn saved_requests_are_operations_and_saved_responses_their_answers() {
    let mock = mock(TEXT);
    assert_eq!(mock.description().title, "Shop");
    let order = get(&mock, "/orders/7");
    assert_eq!((order.status, json(&order)["id"].as_u64()), (200, Some(1)));
    assert_eq!(header(&order, "x-page"), Some("1"));
    assert_eq!(json(&get(&mock, "/orders/7?__code=404"))["no"], 1);
    let json_type = [("content-type", "application/json")];
    assert_eq!(
        send(&mock, "POST /orders", &json_type, r#"{"n": 2}"#).status,
        201
    );
    assert_eq!(
        violations(&send(&mock, "POST /orders", &json_type, r#"{"n": "x"}"#))[0].1,
        "Request body property n must be integer"
    );
    assert_eq!(get(&mock, "/safe?q=1").status, 401);
    assert_eq!(
        send(&mock, "GET /safe?q=1", &[("x-key", "1")], "").status,
        200
    );
    assert_eq!(send(&mock, "GET /safe", &[("x-key", "1")], "").status, 422);
}
