//! The typed API in process.

use efsm_core::{ResetDepth, Service as _};
use efsm_http::{Reply, Times};
use serde_json::json;

use crate::support::{context, get, send, service};

#[tokio::test]
async fn endpoint_answers_under_the_prefix_and_on_the_bare_path() {
    let http = service();
    http.add_endpoint("GET", "/hello", json!({"msg": "world"}))
        .unwrap();
    for url in ["/http/hello", "/hello", "/hello?x=1"] {
        let answer = get(&http, url).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), json!({"msg": "world"}));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(send(&http, "POST /hello", &[], b"").await.status, 404);
}

#[tokio::test]
async fn reply_carries_status_headers_and_every_kind_of_body() {
    let http = service();
    let reply = Reply::from("made")
        .status(201)
        .header("A", "1")
        .header("a", "2");
    http.add_endpoint("POST", "/text", reply).unwrap();
    http.add_endpoint("GET", "/bytes", vec![0u8, 255]).unwrap();
    http.add_endpoint("GET", "/none", Reply::empty().status(204))
        .unwrap();
    let answer = send(&http, "POST /text", &[], b"").await;
    assert_eq!((answer.status, answer.text()), (201, "made"));
    let values: Vec<_> = answer.headers.get_all("a").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(&get(&http, "/bytes").await.body[..], [0, 255]);
    assert_eq!(get(&http, "/none").await.status, 204);
}

#[tokio::test]
async fn endpoint_is_found_replaced_and_removed_by_method_and_path() {
    let http = service();
    http.add_endpoint("GET", "/a", "one").unwrap();
    http.add_endpoint("GET", "/a", "two").unwrap();
    assert_eq!(http.stubs().len(), 1);
    assert_eq!(get(&http, "/a").await.text(), "two");
    let endpoint = http.get_endpoint("GET", "/a").unwrap();
    assert_eq!((&*endpoint.method, &*endpoint.path), ("GET", "/a"));
    assert!(http.remove_endpoint("GET", "/a"));
    assert!(!http.remove_endpoint("GET", "/a"));
    assert_eq!(get(&http, "/a").await.status, 404);
}

#[tokio::test]
async fn closure_answers_with_what_it_sees_of_the_request() {
    let http = service();
    http.respond_with("POST", "/echo/{name}", |request| {
        Reply::from(format!("{} {}", request.url(), request.body_text())).status(202)
    })
    .unwrap();
    let answer = send(&http, "POST /echo/me?x=1", &[], b"hi").await;
    assert_eq!((answer.status, answer.text()), (202, "/echo/me?x=1 hi"));
    assert_eq!(http.calls().len(), 1);
}

#[tokio::test]
async fn calls_are_logged_counted_and_forgotten() {
    let http = service();
    http.add_endpoint("GET", "/a", "x").unwrap();
    get(&http, "/a").await;
    get(&http, "/missing").await;
    let calls = http.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[0].was_matched() && !calls[1].was_matched());
    http.verify(("GET", "/a"), Times::ONCE).unwrap();
    let failure = http.verify(("GET", "/a"), 2).unwrap_err();
    assert!(
        failure.to_string().contains("exactly 2 requests"),
        "{failure}"
    );
    http.clear_calls();
    http.verify(("GET", "/a"), Times::NEVER).unwrap();
}

#[tokio::test]
async fn bad_endpoints_are_refused() {
    let http = service();
    assert!(http.add_endpoint("GET", "no-slash", "x").is_err());
    assert!(http.add_endpoint("G T", "/a", "x").is_err());
    assert!(http.add_stub(&json!({"request": {"urll": "/"}})).is_err());
    assert!(http.stubs().is_empty());
}

#[tokio::test]
async fn snapshot_and_reset_keep_and_drop_what_they_say() {
    let context = context();
    let http = efsm_http::HttpService::new(context.clone());
    http.add_endpoint("GET", "/a", "x").unwrap();
    let part = http.snapshot(&context.gate().cut());
    http.add_endpoint("GET", "/b", "y").unwrap();
    get(&http, "/b").await;
    http.reset(ResetDepth::Data, &context.gate().cut());
    assert!(http.calls().is_empty());
    assert_eq!(http.stubs().len(), 2);
    http.restore(&part, &context.gate().cut()).unwrap();
    assert_eq!(http.stubs().len(), 1);
    http.reset(ResetDepth::All, &context.gate().cut());
    assert!(http.stubs().is_empty());
}

#[tokio::test]
async fn only_a_stub_of_the_very_path_claims_it() {
    let http = service();
    let claims = |path: &str| {
        let (head, ()) = http::Request::get(path).body(()).unwrap().into_parts();
        http.claims(&head)
    };
    http.add_stub(&json!({"request": {"urlPattern": ".*"}}))
        .unwrap();
    assert!(!claims("/health"));
    http.add_endpoint("GET", "/health", "mine").unwrap();
    assert!(claims("/health"));
    assert!(!claims("/"));
}

#[tokio::test]
async fn unmatched_calls_name_the_nearest_stub_and_what_differs() {
    let http = service();
    http.add_endpoint("POST", "/orders", json!({"id": 1}))
        .unwrap();
    get(&http, "/orders").await;
    send(&http, "POST /orders", &[], b"{}").await;

    let unmatched = http.unmatched_calls();
    assert_eq!(unmatched.len(), 1);
    assert_eq!(unmatched[0].call.request.method(), "GET");
    let nearest = unmatched[0].nearest.as_ref().unwrap();
    assert_eq!(nearest.request["urlPath"], "/orders");
    assert_eq!(nearest.differences.len(), 1);
    assert_eq!(
        (
            nearest.differences[0].expected.as_str(),
            nearest.differences[0].actual.as_str()
        ),
        ("POST", "GET")
    );
    assert!(nearest.to_string().contains("expected POST, got GET"));
}

#[test]
fn nearest_stub_explains_a_request_that_was_only_described() {
    let http = service();
    let request = json!({"method": "GET", "url": "/orders?page=2"});
    assert_eq!(http.nearest_stub(&request).unwrap(), None);
    http.add_stub(&json!({"name": "list", "request": {"urlPath": "/orders", "queryParameters": {"page": {"equalTo": "1"}}}}))
        .unwrap();
    let nearest = http.nearest_stub(&request).unwrap().unwrap();
    assert_eq!(nearest.name.as_deref(), Some("list"));
    assert!(nearest.distance > 0.0);
    assert!(http.nearest_stub(&json!("GET /orders")).is_err());
}

#[tokio::test]
async fn endpoints_and_stubs_past_the_memory_cap_are_refused() {
    use efsm_core::{Clock, Context, Entropy, Limits};
    let limits = Limits {
        memory_bytes: 100_000,
        ..Limits::default()
    };
    let context = Context::new(Clock::system(), Entropy::seeded(1), limits);
    let http = efsm_http::HttpService::new(context.clone());
    let body = "x".repeat(30_000);
    http.add_endpoint("GET", "/1", &*body).unwrap();
    let before = context.memory().used_bytes();
    let refused = http.add_endpoint("GET", "/2", &*body).unwrap_err();
    assert!(refused.to_string().contains("memory cap"), "{refused}");
    let stub = serde_json::json!({"request": {"url": "/3"}, "response": {"body": body}});
    assert!(http.add_stub(&stub).is_err());
    let (index, _) = http.add_stubs(&[serde_json::json!({}), stub]).unwrap_err();
    assert_eq!((index, context.memory().used_bytes()), (1, before));
    assert_eq!(http.stubs().len(), 1);
    assert!(http.remove_endpoint("GET", "/1"));
    http.add_endpoint("GET", "/2", &*body).unwrap();
}
