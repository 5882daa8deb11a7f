//! Proxying, recording and webhooks, with one upstream on a socket.

use std::sync::Arc;

use efsm_core::{Detail as _, SignedDuration};
use efsm_http::HttpService;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::{admin, context, get, send, service};

/// What the upstream was asked.
struct Asked {
    line: String,
    headers: http::HeaderMap,
    body: String,
}

/// A server that answers every request with its path, and tells what it was asked.
async fn upstream() -> (String, mpsc::UnboundedReceiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::unbounded_channel();
    let tell = Arc::new(tell);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tell = tell.clone();
            let answer = move |request: http::Request<Incoming>| {
                let tell = tell.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    let line = format!("{} {}", head.method, head.uri);
                    let answer = http::Response::builder()
                        .header("content-type", "application/json")
                        .header("x-upstream", "1")
                        .status(if line.contains("missing") { 404 } else { 200 })
                        .body(Full::new(Bytes::from(format!(
                            "{{\"path\":\"{}\"}}",
                            head.uri
                        ))))
                        .unwrap();
                    let _ = tell.send(Asked {
                        line,
                        headers: head.headers,
                        body: String::from_utf8_lossy(&body).into_owned(),
                    });
                    Ok::<_, hyper::Error>(answer)
                }
            };
            let service = hyper::service::service_fn(answer);
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (url, told)
}

#[tokio::test]
async fn proxied_request_is_rewritten_as_the_stub_says() {
    let (url, mut told) = upstream().await;
    let http = service();
    http.add_stub(&json!({
        "request": {"urlPathPattern": "/pre/.*"},
        "response": {
            "proxyBaseUrl": format!("{url}/base"), "proxyUrlPrefixToRemove": "/pre",
            "additionalProxyRequestHeaders": {"X-Add": "{{request.method}}"},
            "removeProxyRequestHeaders": ["X-Gone"],
            "headers": {"X-Own": "1"}, "transformers": ["response-template"],
        },
    }))
    .unwrap();
    let headers = ["x-gone: 1", "x-kept: 1", "connection: x-hop", "x-hop: 1"];
    let answer = send(&http, "POST /pre/a%20b?c=d", &headers, b"payload").await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, r#"{"path":"/base/a%20b?c=d"}"#)
    );
    assert_eq!(answer.header("x-upstream"), Some("1"));
    assert_eq!(answer.header("x-own"), Some("1"));
    let asked = told.recv().await.unwrap();
    assert_eq!(
        (&*asked.line, &*asked.body),
        ("POST /base/a%20b?c=d", "payload")
    );
    assert_eq!(asked.headers["x-add"], "POST");
    assert_eq!(asked.headers["x-kept"], "1");
    assert!(!asked.headers.contains_key("x-gone") && !asked.headers.contains_key("x-hop"));
    assert_eq!(asked.headers["host"], url.trim_start_matches("http://"));
}

#[tokio::test]
async fn fault_takes_the_place_of_what_was_fetched() {
    let (url, mut told) = upstream().await;
    let http = service();
    http.add_stub(&json!({"response": {"proxyBaseUrl": url, "fault": "EMPTY_RESPONSE"}}))
        .unwrap();
    get(&http, "/x").await;
    assert_eq!(told.recv().await.unwrap().line, "GET /x");
    assert_eq!(http.calls()[0].summary(), "GET /x -> EMPTY_RESPONSE");
}

#[tokio::test]
async fn unreachable_upstream_answers_500() {
    let http = service();
    http.add_stub(&json!({"response": {"proxyBaseUrl": "http://127.0.0.1:1"}}))
        .unwrap();
    let answer = get(&http, "/x").await;
    assert_eq!(answer.status, 500);
    assert!(
        answer.text().contains("could not be reached"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn recording_makes_stubs_of_what_was_proxied() {
    let (url, _told) = upstream().await;
    let http = service();
    let line = "POST /__admin/recordings/stop";
    let idle = admin(&http, line, &Value::Null).await;
    assert_eq!(
        (idle.status, &idle.json()["errors"][0]["code"]),
        (400, &json!(30))
    );
    let spec = json!({"targetBaseUrl": url, "captureHeaders": {"X-C": {"caseInsensitive": true}}});
    assert_eq!(
        admin(&http, "POST /__admin/recordings/start", &spec)
            .await
            .text(),
        "{}"
    );
    assert_eq!(
        get(&http, "/__admin/recordings/status").await.json()["status"],
        "Recording"
    );
    get(&http, "/one?x=1").await;
    get(&http, "/one?x=1").await;
    send(
        &http,
        "POST /two/2",
        &["x-c: 9", "content-type: application/json"],
        b"{}",
    )
    .await;
    get(&http, "/missing").await;
    let stopped = admin(&http, line, &Value::Null).await.json();
    let stubs = stopped["mappings"].as_array().unwrap();
    let names: Vec<&str> = stubs
        .iter()
        .map(|stub| stub["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["missing", "two_2", "one", "one"]);
    let listed = get(&http, "/__admin/mappings").await.json();
    assert_eq!(
        listed["mappings"][0]["id"], stubs[3]["id"],
        "the first request's stub is the newest"
    );
    assert_eq!(stubs[0]["response"]["status"], 404);
    assert_eq!(stubs[0]["persistent"], true);
    assert_eq!(
        stubs[1]["request"]["headers"]["X-C"],
        json!({"equalTo": "9", "caseInsensitive": true})
    );
    assert_eq!(
        stubs[1]["request"]["bodyPatterns"],
        json!([{"equalToJson": "{}", "ignoreArrayOrder": true, "ignoreExtraElements": true}])
    );
    assert_eq!(
        stubs[3]["request"]["queryParameters"]["x"],
        json!({"hasExactly": [{"equalTo": "1"}]})
    );
    assert_eq!(stubs[3]["scenarioName"], "scenario-1-one");
    assert_eq!(stubs[3]["newScenarioState"], "scenario-1-one-2");
    assert_eq!(stubs[2]["requiredScenarioState"], "scenario-1-one-2");
    assert_eq!(
        get(&http, "/one?x=1").await.text(),
        r#"{"path":"/one?x=1"}"#
    );
    assert_eq!(get(&http, "/never").await.status, 404);
    assert_eq!(
        get(&http, "/__admin/recordings/status").await.json()["status"],
        "Stopped"
    );
}

#[tokio::test]
async fn a_recording_that_runs_goes_on_as_it_was_begun() {
    let (url, _told) = upstream().await;
    let http = service();
    let none = send(&http, "POST /__admin/recordings/start", &[], b"").await;
    assert_eq!(none.status, 422);
    let spec = json!({"targetBaseUrl": url, "filters": {"urlPath": "/only"}, "persist": false});
    admin(&http, "POST /__admin/recordings/start", &spec).await;
    get(&http, "/only").await;
    get(&http, "/other").await;
    let again = json!({"targetBaseUrl": url});
    let again = admin(&http, "POST /__admin/recordings/start", &again).await;
    assert_eq!((again.status, again.text()), (200, "{}"));
    let stopped = admin(&http, "POST /__admin/recordings/stop", &Value::Null).await;
    let stubs = stopped.json()["mappings"].clone();
    assert_eq!(stubs.as_array().unwrap().len(), 1);
    assert_eq!(stubs[0]["request"]["url"], "/only");
}

#[tokio::test]
async fn repeats_become_a_scenario_or_the_newest_of_them() {
    let (url, _told) = upstream().await;
    let http = service();
    http.add_stub(&json!({"priority": 9, "response": {"proxyBaseUrl": url}}))
        .unwrap();
    for url in ["/a/b", "/c", "/a/b"] {
        get(&http, url).await;
    }
    let taken = |spec: Value| {
        let http = http.clone();
        async move {
            let taken = admin(&http, "POST /__admin/recordings/snapshot", &spec).await;
            taken.json()["mappings"].as_array().unwrap().clone()
        }
    };
    let stubs = taken(json!({"persist": false, "repeatsAsScenarios": false})).await;
    let urls: Vec<&Value> = stubs.iter().map(|stub| &stub["request"]["url"]).collect();
    assert_eq!(urls, ["/a/b", "/c"]);
    let stubs = taken(json!({"persist": false})).await;
    assert_eq!(stubs[0]["scenarioName"], "scenario-1-a-b");
    assert_eq!(stubs[0]["requiredScenarioState"], "scenario-1-a-b-2");
    assert_eq!(stubs[2]["newScenarioState"], "scenario-1-a-b-2");
}

#[tokio::test]
async fn a_recorded_form_of_parts_matches_any_body() {
    let (url, _told) = upstream().await;
    let http = service();
    http.add_stub(&json!({"priority": 9, "response": {"proxyBaseUrl": url}}))
        .unwrap();
    let body = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n";
    let kind = "content-type: multipart/form-data; boundary=b";
    send(&http, "POST /parts", &[kind], body).await;
    let spec = json!({"persist": false, "transformers": ["response-template"]});
    let taken = admin(&http, "POST /__admin/recordings/snapshot", &spec).await;
    let stub = &taken.json()["mappings"][0];
    assert_eq!(
        stub["request"]["bodyPatterns"],
        json!([{"anything": "anything"}])
    );
    assert_eq!(stub["response"].get("transformers"), None);
}

#[tokio::test]
async fn a_packed_body_goes_on_packed() {
    let (url, mut told) = upstream().await;
    let http = service();
    http.add_stub(&json!({"response": {"proxyBaseUrl": url}}))
        .unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, b"plain").unwrap();
    let packed = packer.finish().unwrap();
    send(&http, "POST /p", &["content-encoding: gzip"], &packed).await;
    let asked = told.recv().await.unwrap();
    assert_eq!(asked.headers["content-encoding"], "gzip");
    assert!(asked.body.starts_with('\u{1f}'), "{:?}", asked.body);
    let seen = get(&http, "/__admin/requests").await.json();
    assert_eq!(seen["requests"][0]["request"]["body"], "plain");
}

#[tokio::test]
async fn an_upstream_that_is_down_is_named() {
    let http = service();
    http.add_stub(&json!({"response": {"proxyBaseUrl": "http://127.0.0.1:1"}}))
        .unwrap();
    let answer = get(&http, "/down").await;
    assert_eq!(answer.status, 500);
    let start = "Network failure trying to make a proxied request from WireMock to http://127.0.0.1:1/down\n";
    assert!(answer.text().starts_with(start), "{}", answer.text());
}

#[tokio::test]
async fn snapshot_recording_takes_what_its_filters_let_through() {
    let (url, _told) = upstream().await;
    let http = service();
    http.add_stub(&json!({"priority": 9, "response": {"proxyBaseUrl": url}}))
        .unwrap();
    get(&http, "/a").await;
    get(&http, "/b").await;
    let spec = json!({
        "filters": {"urlPath": "/a"}, "persist": false, "outputFormat": "FULL",
        "extractBodyCriteria": {"textSizeThreshold": "2"},
    });
    let taken = admin(&http, "POST /__admin/recordings/snapshot", &spec)
        .await
        .json();
    assert_eq!(taken["mappings"].as_array().unwrap().len(), 1);
    let stub = &taken["mappings"][0];
    assert_eq!(stub.get("persistent"), None);
    let file = stub["response"]["bodyFileName"].as_str().unwrap();
    assert!(file.starts_with("a-") && file.contains(".json"), "{file}");
    assert_eq!(
        get(&http, &format!("/__admin/files/{file}")).await.text(),
        r#"{"path":"/a"}"#
    );
    let ids = json!({"filters": {"urlPath": "/b"}, "outputFormat": "IDS", "persist": false});
    let taken = admin(&http, "POST /__admin/recordings/snapshot", &ids)
        .await
        .json();
    assert_eq!(taken["ids"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn bad_recording_specs_are_refused() {
    let http = service();
    for (spec, pointer) in [
        (json!({"targetBaseUrl": "nonsense"}), "/targetBaseUrl"),
        (json!({"filters": {"urll": 1}}), "/filters/urll"),
        (json!({"outputFormat": "X"}), "/outputFormat"),
        (
            json!({"extractBodyCriteria": {"textSizeThreshold": "x"}}),
            "/extractBodyCriteria/textSizeThreshold",
        ),
        (
            json!({"requestBodyPattern": {"matcher": "x"}}),
            "/requestBodyPattern/matcher",
        ),
        (json!({"oops": 1}), "/oops"),
    ] {
        let refused = admin(&http, "POST /__admin/recordings/start", &spec).await;
        assert_eq!(refused.status, 422, "{spec}");
        assert_eq!(refused.json()["errors"][0]["source"]["pointer"], pointer);
    }
    assert!(http.stubs().is_empty());
}

async fn webhooks(http: &HttpService, key: &str, listener: Value) {
    let mut stub = json!({"request": {"urlPath": "/hook"}, "response": {"body": "answered"}});
    stub[key] = listener;
    http.add_stub(&stub).unwrap();
    assert_eq!(
        send(http, "POST /hook", &[], br#"{"id":7}"#).await.text(),
        "answered"
    );
}

#[tokio::test]
async fn webhook_is_sent_with_its_template_rendered() {
    let (url, mut told) = upstream().await;
    for (key, listener) in [
        (
            "serveEventListeners",
            json!([{"name": "webhook", "parameters": {}}]),
        ),
        ("postServeActions", json!({"webhook": {}})),
    ] {
        let http = service();
        let mut listener = listener;
        let parameters = json!({
            "method": "POST", "url": format!("{url}/called/{{{{jsonPath originalRequest.body '$.id'}}}}"),
            "headers": {"Content-Type": "text/plain", "X": ["1", "2"]},
            "body": "{{originalResponse.status}} {{parameters.extra}}", "extra": "more",
        });
        match key {
            "postServeActions" => listener["webhook"] = parameters,
            _ => listener[0]["parameters"] = parameters,
        }
        webhooks(&http, key, listener).await;
        let asked = told.recv().await.unwrap();
        assert_eq!((&*asked.line, &*asked.body), ("POST /called/7", "200 more"));
        assert_eq!(asked.headers.get_all("x").iter().count(), 2);
    }
}

/// The kinds of the first call's sub-events.
fn kinds(http: &HttpService) -> Vec<&'static str> {
    let calls = http.calls();
    calls[0].sub_events().iter().map(|e| e.kind).collect()
}

#[tokio::test]
async fn webhook_that_cannot_be_sent_is_told_of_in_the_journal() {
    let http = service();
    let listener = json!([{"name": "webhook", "parameters": {}}, {"name": "other"}]);
    webhooks(&http, "serveEventListeners", listener).await;
    tokio::task::yield_now().await;
    assert_eq!(kinds(&http), ["WARNING", "ERROR"]);
}

/// What WireMock's Java client sends for a recording.
#[tokio::test]
async fn recordings_take_the_body_pattern_by_the_name_that_java_clients_give_it() {
    let (url, _told) = upstream().await;
    let http = service();
    let proxy = json!({"request": {"urlPattern": "/.*"}, "response": {"proxyBaseUrl": url}, "priority": 10});
    http.add_stub(&proxy).unwrap();
    send(
        &http,
        "POST /p",
        &["Content-Type: application/json"],
        b"{\"A\":1}",
    )
    .await;
    let spec = json!({
        "filters": {"allowNonProxied": false}, "persist": false, "requestBodyPattern": {"matcher": "auto"},
        "requestBodyPatternFactory": {"matcher": "equalTo", "caseInsensitive": true},
    });
    let taken = admin(&http, "POST /__admin/recordings/snapshot", &spec)
        .await
        .json();
    assert_eq!(
        taken["mappings"][0]["request"]["bodyPatterns"],
        json!([{"equalTo": "{\"A\":1}", "caseInsensitive": true}])
    );
}

#[tokio::test]
async fn a_webhook_is_told_of_where_it_happens_and_not_in_forks() {
    let (url, mut told) = upstream().await;
    let (here, elsewhere) = (context(), context());
    let http = HttpService::new(here.clone());
    let fork = HttpService::new(elsewhere.clone());
    http.add_stub(&json!({
        "request": {"url": "/w"},
        "serveEventListeners": [{"name": "webhook", "parameters": {
            "url": format!("{url}/hook?q=a%20b"), "delay": {"type": "fixed", "milliseconds": 1000},
        }}],
    }))
    .unwrap();
    get(&http, "/w").await;
    // The fork is made while the webhook waits.
    elsewhere.journal().restore(here.journal().state());
    // The webhook may begin to wait after the clock has moved.
    while told.try_recv().is_err() {
        here.clock().advance(SignedDuration::from_secs(2)).unwrap();
        tokio::task::yield_now().await;
    }
    while http.calls()[0].sub_events().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(kinds(&http), ["WEBHOOK_REQUEST", "WEBHOOK_RESPONSE"]);
    assert_eq!(fork.calls()[0].sub_events().len(), 0);
    let event = &get(&http, "/__admin/requests").await.json()["requests"][0];
    let request = &event["subEvents"][0]["data"];
    assert_eq!(request["browserProxyRequest"], false);
    assert_eq!(
        request["queryParams"],
        json!({"q": {"key": "q", "values": ["a b"]}})
    );
    let date = request["loggedDateString"].as_str().unwrap();
    assert!(date.starts_with("2026-05-05T10:"), "{date}");
}

#[tokio::test]
async fn headers_of_a_proxying_stub_replace_those_that_came() {
    let (url, _told) = upstream().await;
    let http = service();
    http.add_stub(&json!({
        "request": {"urlPattern": "/.*"},
        "response": {"proxyBaseUrl": url, "headers": {"X-Many": ["1", "2"], "Content-Type": "a/b"}},
    }))
    .unwrap();
    let answer = get(&http, "/p").await;
    assert_eq!(answer.headers.get_all("x-many").iter().count(), 2);
    assert_eq!(answer.headers.get_all("content-type").iter().count(), 1);
    assert_eq!(answer.header("content-type"), Some("a/b"));
}
