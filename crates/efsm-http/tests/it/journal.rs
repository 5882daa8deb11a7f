//! The journal's serve events, verification, and near misses.

use efsm_core::{Request, Service as _};
use efsm_http::Times;
use serde_json::{Value, json};

use crate::support::{admin, get, send, service};

#[tokio::test]
async fn serve_events_are_listed_filtered_read_and_removed() {
    let http = service();
    let id = "97f14385-5a51-41e5-a188-ac5379c63db9";
    http.add_stub(&json!({"id": id, "metadata": {"a": 1}, "request": {"urlPath": "/m"}, "response": {"headers": {"x-Odd": "1"}, "body": "y"}}))
        .unwrap();
    for url in ["/m?1", "/u?1", "/m?2"] {
        send(
            &http,
            &format!("POST {url}"),
            &["cookie: a=1; a=2"],
            b"body",
        )
        .await;
    }
    let urls = |list: &Value, key: &str| -> Vec<String> {
        let list = list[key].as_array().unwrap().clone();
        list.iter()
            .map(|event| {
                event.get("request").unwrap_or(event)["url"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    let all = get(&http, "/__admin/requests").await.json();
    assert_eq!(urls(&all, "requests"), ["/m?2", "/u?1", "/m?1"]);
    assert_eq!(all["meta"]["total"], 3);
    let event = &all["requests"][0];
    assert_eq!(event["wasMatched"], true);
    assert_eq!(event["stubMapping"]["id"], id);
    assert_eq!(event["request"]["body"], "body");
    assert_eq!(event["request"]["cookies"], json!({"a": ["1", "2"]}));
    assert_eq!(event["request"]["absoluteUrl"], "http://localhost:8888/m?2");
    assert_eq!(event["request"]["loggedDateString"], "2026-05-05T10:00:00Z");
    assert_eq!(event["response"]["headers"]["x-Odd"], "1");
    assert_eq!(event["response"]["headers"]["Matched-Stub-Id"], id);
    let limited = get(&http, "/__admin/requests?limit=1").await.json();
    assert_eq!(
        (urls(&limited, "requests").len(), &limited["meta"]["total"]),
        (1, &json!(3))
    );
    let unmatched = get(&http, "/__admin/requests?unmatched=true").await.json();
    assert_eq!(urls(&unmatched, "requests"), ["/u?1"]);
    let of_stub = get(&http, &format!("/__admin/requests?matchingStub={id}"))
        .await
        .json();
    assert_eq!(urls(&of_stub, "requests"), ["/m?2", "/m?1"]);
    for (since, count) in [
        ("2026-05-05T09:00:00Z", 3),
        ("2026-05-05T10:00:00Z", 0),
        ("2026-05-05T11:00:00+02:00", 3),
    ] {
        let list = get(&http, &format!("/__admin/requests?since={since}"))
            .await
            .json();
        assert_eq!(urls(&list, "requests").len(), count, "{since}");
        assert_eq!(list["meta"]["total"], 3, "the total does not heed `since`");
    }
    for since in ["2026-05-05", "2026-05-05T10:00:00", "soon"] {
        let list = get(&http, &format!("/__admin/requests?since={since}")).await;
        assert_eq!(list.status, 400, "{since}");
    }
    let one = all["requests"][1]["id"].as_str().unwrap();
    let url = format!("/__admin/requests/{one}");
    assert_eq!(get(&http, &url).await.json(), all["requests"][1]);
    admin(&http, &format!("DELETE {url}"), &Value::Null).await;
    assert_eq!(get(&http, &url).await.status, 404);
    let removed = admin(
        &http,
        "POST /__admin/requests/remove",
        &json!({"url": "/m?1"}),
    )
    .await
    .json();
    assert_eq!(urls(&removed, "serveEvents"), ["/m?1"]);
    let by_metadata = json!({"matchesJsonPath": "$.a"});
    let removed = admin(
        &http,
        "POST /__admin/requests/remove-by-metadata",
        &by_metadata,
    )
    .await;
    assert_eq!(urls(&removed.json(), "serveEvents"), ["/m?2"]);
    assert!(http.calls().is_empty());
}

#[tokio::test]
async fn requests_are_counted_and_found_by_pattern_oldest_first() {
    let http = service();
    for url in ["/a?1", "/b", "/a?2"] {
        get(&http, url).await;
    }
    let pattern = json!({"urlPath": "/a", "method": "GET"});
    let count = admin(&http, "POST /__admin/requests/count", &pattern).await;
    assert_eq!(
        count.json(),
        json!({"count": 2, "requestJournalDisabled": false})
    );
    let found = admin(&http, "POST /__admin/requests/find", &pattern)
        .await
        .json();
    assert_eq!(found["requests"][0]["url"], "/a?1");
    let bad = admin(&http, "POST /__admin/requests/count", &json!({"urlPth": 1})).await;
    assert_eq!(
        (bad.status, &bad.json()["errors"][0]["source"]["pointer"]),
        (422, &json!("/urlPth"))
    );
    for date in ["x", "2026-13-01"] {
        assert_eq!(
            get(&http, &format!("/__admin/requests?since={date}"))
                .await
                .status,
            400
        );
    }
    for line in ["DELETE /__admin/requests", "POST /__admin/requests/reset"] {
        get(&http, "/a").await;
        assert_eq!(admin(&http, line, &Value::Null).await.status, 200);
        assert!(http.calls().is_empty(), "{line}");
    }
}

#[tokio::test]
async fn nearest_stub_explains_a_request_that_matched_none() {
    let http = service();
    http.add_stub(&json!({"name": "far", "request": {"url": "/quite/another"}}))
        .unwrap();
    http.add_stub(&json!({
        "name": "near",
        "request": {"urlPath": "/near", "method": "POST", "headers": {"A": {"equalTo": "x"}}},
    }))
    .unwrap();
    let text = send(&http, "GET /near", &["A: y"], b"").await;
    assert_eq!(text.status, 404);
    assert!(text.text().contains("near     "), "{}", text.text());
    assert!(text.text().contains("<<<<< HTTP method does not match"));
    let told = get(&http, "/http/near").await.json();
    assert_eq!(told["error"], "endpoint not registered");
    assert_eq!(told["path"], "/near");
    assert_eq!(told["nearest"]["name"], "near");
    assert_eq!(
        told["nearest"]["differences"][0]["problem"],
        "HTTP method does not match"
    );
    let misses = get(&http, "/__admin/requests/unmatched/near-misses")
        .await
        .json();
    let first = &misses["nearMisses"][0];
    assert_eq!(first["stubMapping"]["name"], "near");
    let distance = first["matchResult"]["distance"].as_f64().unwrap();
    assert!((distance - 3.0 / 39.0).abs() < 1e-9, "{distance}");
    // WireMock's own answer is as it was; the nearest comes when it is asked for.
    let plain = get(&http, "/__admin/requests/unmatched").await.json();
    assert_eq!(plain["requests"][0].get("nearest"), None);
    let with_nearest = get(&http, "/__admin/requests/unmatched?nearest=true").await;
    let nearest = &with_nearest.json()["requests"][1]["nearest"];
    assert_eq!(nearest["name"], "near");
    assert_eq!(nearest["differences"][1]["expected"], "A: x");
    let given = json!({"url": "/near", "method": "POST", "headers": {"A": "y"}});
    let misses = admin(&http, "POST /__admin/near-misses/request", &given)
        .await
        .json();
    assert_eq!(misses["nearMisses"][0]["request"]["url"], "/near");
    let pattern = json!({"urlPath": "/nearer"});
    let misses = admin(&http, "POST /__admin/near-misses/request-pattern", &pattern)
        .await
        .json();
    assert_eq!(
        misses["nearMisses"][0]["requestPattern"],
        json!({"urlPath": "/nearer", "method": "ANY"})
    );
    let events = get(&http, "/__admin/requests?unmatched=true").await.json();
    let sub_event = &events["requests"][0]["subEvents"][0];
    assert_eq!(sub_event["type"], "REQUEST_NOT_MATCHED");
}

#[tokio::test]
async fn body_that_cannot_be_read_is_told_of() {
    let http = service();
    http.add_stub(&json!({"request": {"url": "/j", "bodyPatterns": [{"equalToJson": "{}"}]}}))
        .unwrap();
    send(&http, "POST /j", &[], b"not json").await;
    let events = get(&http, "/__admin/requests").await.json();
    assert_eq!(events["requests"][0]["subEvents"][0]["type"], "JSON_ERROR");
}

#[tokio::test]
async fn verification_fails_with_the_nearest_miss_field_by_field() {
    let http = service();
    http.add_endpoint("POST", "/orders", "ok").unwrap();
    send(
        &http,
        "POST /orders?dry=true",
        &["X-Tenant: b"],
        br#"{"total":2}"#,
    )
    .await;
    get(&http, "/health-check").await;
    let pattern = json!({
        "urlPath": "/orders", "method": "POST",
        "headers": {"X-Tenant": {"equalTo": "a"}},
        "bodyPatterns": [{"equalToJson": {"total": 1}}],
    });
    let failure = http.verify(&pattern, 1).unwrap_err().to_string();
    for part in [
        "exactly 1 request",
        "POST /orders?dry=true",
        "Header does not match",
        "X-Tenant: a",
        "X-Tenant: b",
        "Body does not match",
    ] {
        assert!(failure.contains(part), "{part} in {failure}");
    }
    assert!(!failure.contains("/health-check"), "{failure}");
    http.verify(&pattern, Times::NEVER).unwrap();
    let failure = http
        .verify(("POST", "/orders"), Times::AtMost(0))
        .unwrap_err()
        .to_string();
    assert!(failure.contains("POST /orders?dry=true"), "{failure}");
    assert!(http.verify(json!({"bad": 1}), 1).is_err());
}

#[tokio::test]
async fn stubs_without_a_call_are_listed_and_removed() {
    let http = service();
    http.add_endpoint("GET", "/used", "x").unwrap();
    http.add_endpoint("GET", "/unused", "x").unwrap();
    get(&http, "/used").await;
    let list = get(&http, "/__admin/mappings/unmatched").await.json();
    assert_eq!(list["mappings"][0]["request"]["urlPath"], "/unused");
    assert_eq!(list["meta"]["total"], 1);
    admin(&http, "DELETE /__admin/mappings/unmatched", &Value::Null).await;
    assert_eq!(http.stubs().len(), 1);
}

#[tokio::test]
async fn a_stub_that_is_near_in_time_only_is_still_the_nearest() {
    let http = service();
    let noon = "2026-05-05T12:00:00Z";
    http.add_stub(&json!({"request": {"url": "/d", "bodyPatterns": [{"before": noon}]}}))
        .unwrap();
    let page = send(&http, "POST /d", &[], noon.as_bytes()).await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("[before]"), "{}", page.text());
    let request = json!({"url": "/d", "absoluteUrl": "https://there:444/d", "method": "GET"});
    let misses = admin(&http, "POST /__admin/near-misses/request", &request)
        .await
        .json();
    let described = &misses["nearMisses"][0]["request"];
    assert_eq!(
        (&described["scheme"], &described["host"], &described["port"]),
        (&json!("https"), &json!("there"), &json!(444))
    );
}

#[test]
fn answers_of_a_sequence_stand_in_the_journal_in_the_order_of_their_turns() {
    const THREADS: usize = 8;
    const TURNS: usize = 50;
    let http = service();
    let responses: Vec<Value> = (0..THREADS * TURNS)
        .map(|turn| json!({"body": turn.to_string()}))
        .collect();
    http.add_stub(&json!({"request": {"urlPath": "/turn"}, "responses": responses}))
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..TURNS {
                    // Polled once and dropped: the turn is taken with the first look at the request.
                    let _answer =
                        http.http(Request::new(http::Request::get("/turn").body(()).unwrap()));
                }
            });
        }
    });
    let calls = http.calls();
    let turns: Vec<usize> = calls.iter().map(|call| call.response).collect();
    let in_order: Vec<usize> = (0..THREADS * TURNS).collect();
    assert_eq!(turns, in_order);
}

#[tokio::test]
async fn near_misses_tell_what_could_not_be_read_and_name_the_newest_of_equals_first() {
    let http = service();
    let pattern = json!({
        "url": "/n", "headers": {"H": {"equalToJson": "{}"}}, "bodyPatterns": [{"matchesXPath": "//a"}],
    });
    http.add_stub(&json!({"request": pattern})).unwrap();
    for value in ["1x", "2x"] {
        let header = format!("H: {value}");
        send(&http, "POST /n", &[&header], b"none").await;
    }
    let line = "GET /__admin/requests/unmatched/near-misses";
    let misses = admin(&http, line, &Value::Null).await.json();
    let events = &misses["nearMisses"][0]["matchResult"]["subEvents"];
    let kinds: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["type"])
        .collect();
    assert_eq!(kinds, ["JSON_ERROR", "WARNING"]);
    assert_eq!(events[0]["data"]["errors"][0]["source"], json!({}));
    let line = "POST /__admin/near-misses/request-pattern";
    let misses = admin(&http, line, &json!({"url": "/m"})).await.json();
    let seen: Vec<_> = misses["nearMisses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|miss| &miss["request"]["headers"]["H"])
        .collect();
    assert_eq!(seen, ["2x", "1x"]);
}
