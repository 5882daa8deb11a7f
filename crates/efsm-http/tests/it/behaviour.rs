//! Delays, faults, scenarios, sequences, compression, snapshots.

use std::time::Duration;

use efsm_core::{Face, Request, ResetDepth, Service as _, SignedDuration, SocketFault};
use efsm_http::{HttpOptions, HttpService, UnknownHosts};
use serde_json::{Value, json};

use crate::support::{admin, context, get, send, service};

#[tokio::test]
async fn delayed_answer_waits_for_the_stacks_clock() {
    let context = context();
    let http = HttpService::new(context.clone());
    for (url, response) in [
        ("/fixed", json!({"fixedDelayMilliseconds": 60_000})),
        (
            "/drawn",
            json!({"delayDistribution": {"type": "uniform", "lower": 60_000, "upper": 60_000}}),
        ),
    ] {
        http.add_stub(&json!({"request": {"url": url}, "response": response}))
            .unwrap();
        let waiting = tokio::spawn({
            let http = http.clone();
            async move { get(&http, url).await.status }
        });
        tokio::task::yield_now().await;
        context
            .clock()
            .advance(SignedDuration::from_secs(59))
            .unwrap();
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "{url}");
        context
            .clock()
            .advance(SignedDuration::from_secs(1))
            .unwrap();
        assert_eq!(waiting.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn settings_delay_stubs_that_have_no_delay() {
    let context = context();
    let http = HttpService::new(context.clone());
    http.add_endpoint("GET", "/a", "x").unwrap();
    admin(
        &http,
        "POST /__admin/settings",
        &json!({"fixedDelay": 5000}),
    )
    .await;
    let waiting = tokio::spawn({
        let http = http.clone();
        async move { get(&http, "/a").await.status }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    context
        .clock()
        .advance(SignedDuration::from_secs(5))
        .unwrap();
    assert_eq!(waiting.await.unwrap(), 200);
    let event = &http.calls()[0];
    assert_eq!(event.timing.added_delay_ms(), 5000);
}

#[tokio::test]
async fn dribbled_body_comes_in_chunks_over_its_time() {
    let context = context();
    let http = HttpService::new(context.clone());
    http.add_stub(&json!({
        "request": {"url": "/d"},
        "response": {"body": "0123456789", "chunkedDribbleDelay": {"numberOfChunks": 4, "totalDuration": 400}},
    }))
    .unwrap();
    let request = Request::new(http::Request::get("/d").body(()).unwrap());
    let mut body = http.http(request).await.into_body();
    let mut chunks = Vec::new();
    for _ in 0..4 {
        let mut next = Box::pin(body.next_piece());
        assert!(futures_util::poll!(&mut next).is_pending());
        context
            .clock()
            .advance(SignedDuration::from_millis(100))
            .unwrap();
        chunks.push(next.await.unwrap().unwrap());
    }
    assert_eq!(chunks, ["01", "23", "45", "6789"]);
    assert_eq!(body.next_piece().await.unwrap(), None);
}

#[tokio::test]
async fn faults_are_handed_to_the_socket() {
    let http = service();
    let mut faults = Vec::new();
    for name in [
        "EMPTY_RESPONSE",
        "CONNECTION_RESET_BY_PEER",
        "MALFORMED_RESPONSE_CHUNK",
        "RANDOM_DATA_THEN_CLOSE",
    ] {
        http.add_stub(&json!({"request": {"url": "/f"}, "response": {"fault": name}}))
            .unwrap();
        let request = Request::new(http::Request::get("/f").body(()).unwrap());
        let response = http.http(request).await;
        faults.push(response.extensions().get::<SocketFault>().cloned());
        assert!(http.calls().last().is_some_and(|call| call.was_matched()));
    }
    assert_eq!(faults[0], Some(SocketFault::Close));
    assert_eq!(faults[1], Some(SocketFault::Reset));
    let Some(SocketFault::Raw(bytes)) = &faults[2] else {
        panic!("{faults:?}")
    };
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let Some(SocketFault::Raw(bytes)) = &faults[3] else {
        panic!("{faults:?}")
    };
    assert!(!bytes.starts_with(b"HTTP"));
    let events = get(&http, "/__admin/requests").await.json();
    assert_eq!(
        events["requests"][0]["response"]["fault"],
        "RANDOM_DATA_THEN_CLOSE"
    );
}

fn step(body: &str, required: &str, next: Option<&str>) -> Value {
    let mut stub = json!({
        "request": {"url": "/s"}, "response": {"body": body},
        "scenarioName": "steps", "requiredScenarioState": required,
    });
    if let Some(next) = next {
        stub["newScenarioState"] = json!(next);
    }
    stub
}

#[tokio::test]
async fn scenario_moves_with_its_answers_and_by_the_admin_api() {
    let http = service();
    http.add_stub(&step("one", "Started", Some("two"))).unwrap();
    http.add_stub(&step("two", "two", None)).unwrap();
    assert_eq!(get(&http, "/s").await.text(), "one");
    assert_eq!(get(&http, "/s").await.text(), "two");
    assert_eq!(get(&http, "/s").await.text(), "two");
    let scenarios = get(&http, "/__admin/scenarios").await.json();
    let scenario = &scenarios["scenarios"][0];
    assert_eq!(scenario["state"], "two");
    assert_eq!(scenario["possibleStates"], json!(["Started", "two"]));
    assert_eq!(scenario["mappings"].as_array().unwrap().len(), 2);
    admin(&http, "POST /__admin/scenarios/reset", &Value::Null).await;
    assert_eq!(get(&http, "/s").await.text(), "one");
    let line = "PUT /__admin/scenarios/steps/state";
    assert_eq!(admin(&http, line, &Value::Null).await.text(), "{}");
    assert_eq!(get(&http, "/s").await.text(), "one");
    let unknown = admin(&http, line, &json!({"state": "nine"})).await;
    assert_eq!(
        (unknown.status, &unknown.json()["errors"][0]["code"]),
        (422, &json!(11))
    );
    let nobody = admin(&http, "PUT /__admin/scenarios/no/state", &Value::Null).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn scenario_ends_with_its_last_stub() {
    let http = service();
    let id = http.add_stub(&step("one", "Started", Some("two"))).unwrap();
    get(&http, "/s").await;
    http.remove_stub(id);
    assert_eq!(
        get(&http, "/__admin/scenarios").await.json()["scenarios"],
        json!([])
    );
    http.add_stub(&step("again", "Started", None)).unwrap();
    assert_eq!(get(&http, "/s").await.text(), "again");
}

#[tokio::test]
async fn sequence_gives_its_responses_in_turn() {
    for (repeat, expected) in [
        (None, "a b b b"),
        (Some("last"), "a b b b"),
        (Some("cycle"), "a b a b"),
        (Some("never"), "a b 404 404"),
    ] {
        let http = service();
        let mut stub =
            json!({"request": {"url": "/q"}, "responses": [{"body": "a"}, {"body": "b"}]});
        if let Some(repeat) = repeat {
            stub["repeat"] = json!(repeat);
        }
        http.add_stub(&stub).unwrap();
        let mut got = Vec::new();
        for _ in 0..4 {
            let answer = get(&http, "/q").await;
            got.push(if answer.status == 404 {
                "404".to_owned()
            } else {
                answer.text().to_owned()
            });
        }
        assert_eq!(got.join(" "), expected, "{repeat:?}");
    }
}

#[tokio::test]
async fn accepted_gzip_is_sent_and_recorded_unpacked() {
    use std::io::Read as _;
    let http = service();
    http.add_endpoint("GET", "/z", "z".repeat(100)).unwrap();
    let answer = send(&http, "GET /z", &["accept-encoding: br, gzip"], b"").await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "z".repeat(100));
    let plain = send(&http, "GET /z", &["accept-encoding: br, gzip;q=0"], b"").await;
    assert_eq!(plain.text(), "z".repeat(100));
    let events = get(&http, "/__admin/requests").await.json();
    assert_eq!(events["requests"][1]["response"]["body"], "z".repeat(100));
}

#[tokio::test]
async fn snapshot_holds_scenarios_sequences_files_and_data() {
    let context = context();
    let http = HttpService::new(context.clone());
    http.add_stub(&step("one", "Started", Some("two"))).unwrap();
    http.add_stub(&step("two", "two", None)).unwrap();
    http.add_stub(&json!({"request": {"url": "/q"}, "responses": [{"body": "a"}, {"body": "b"}]}))
        .unwrap();
    http.add_stub(&json!({"resource": {"path": "/things"}}))
        .unwrap();
    http.add_stub(&json!({"request": {"url": "/f"}, "response": {"bodyFileName": "f.txt"}}))
        .unwrap();
    http.put_file("f.txt", "before");
    get(&http, "/s").await;
    get(&http, "/q").await;
    send(&http, "POST /things", &[], b"{}").await;
    let part = http.snapshot(&context.gate().cut());
    let seen = || async {
        let mut texts = Vec::new();
        for url in ["/s", "/q", "/things", "/f"] {
            texts.push(get(&http, url).await.text().to_owned());
        }
        texts
    };
    let first = seen().await;
    send(&http, "POST /things", &[], b"{}").await;
    http.put_file("f.txt", "after");
    assert_ne!(seen().await, first);
    http.restore(&part, &context.gate().cut()).unwrap();
    assert_eq!(seen().await, first);
}

#[tokio::test]
async fn data_reset_starts_scenarios_and_data_again_and_keeps_stubs() {
    let context = context();
    let http = HttpService::new(context.clone());
    http.add_stub(&step("one", "Started", Some("two"))).unwrap();
    http.add_stub(&json!({"resource": {"path": "/things", "seed": [{"id": 1}]}}))
        .unwrap();
    get(&http, "/s").await;
    send(&http, "DELETE /things/1", &[], b"").await;
    http.reset(ResetDepth::Data, &context.gate().cut());
    assert_eq!(get(&http, "/s").await.text(), "one");
    assert_eq!(get(&http, "/things/1").await.status, 200);
    assert_eq!(http.calls().len(), 2);
}

async fn through_proxy(http: &HttpService, url: &str) -> (u16, String) {
    let mut request = Request::new(http::Request::get(url).body(()).unwrap());
    request.route.face = Face::ForwardProxy;
    let response = http.http(request).await;
    let status = response.status().as_u16();
    let body = response.into_body().collect(1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn forward_proxied_hosts_get_their_stubs_and_others_are_refused() {
    let http = service();
    http.add_stub(&json!({
        "request": {"host": {"equalTo": "api.example.com"}, "urlPath": "/v1", "scheme": "https"},
        "response": {"body": "stubbed"},
    }))
    .unwrap();
    let (status, body) = through_proxy(&http, "https://api.example.com/v1").await;
    assert_eq!((status, &*body), (200, "stubbed"));
    let (status, body) = through_proxy(&http, "https://api.example.com/v2").await;
    assert_eq!(status, 404);
    assert!(body.contains("Request was not matched"), "{body}");
    let (status, body) = through_proxy(&http, "https://other.example.com/v1").await;
    assert_eq!(status, 403);
    assert!(body.contains("other.example.com"), "{body}");
    assert!(http.calls()[0].request.is_proxied());
}

#[tokio::test]
async fn unreachable_host_that_is_passed_on_is_told() {
    let options = HttpOptions {
        unknown_hosts: UnknownHosts::PassOn,
        ..HttpOptions::default()
    };
    let http = HttpService::with_options(context(), options);
    let (status, body) = through_proxy(&http, "http://127.0.0.1:1/x").await;
    assert_eq!(status, 500);
    assert!(body.contains("could not be reached"), "{body}");
}

#[tokio::test]
async fn protocols_without_stubs_answer_in_their_own_words() {
    let http = service();
    let grpc = send(
        &http,
        "POST /pkg.Service/Call",
        &["content-type: application/grpc"],
        b"",
    )
    .await;
    assert_eq!((grpc.status, grpc.header("grpc-status")), (200, Some("12")));
    let upgrade = ["upgrade: websocket", "connection: upgrade"];
    assert_eq!(send(&http, "GET /ws", &upgrade, b"").await.status, 501);
    assert_eq!(get(&http, "/__admin/channels").await.status, 501);
}

#[tokio::test(start_paused = true)]
async fn running_clock_lets_delays_pass_by_themselves() {
    let context = efsm_core::Context::default();
    let http = HttpService::new(context);
    let reply = efsm_http::Reply::from("late").delay(Duration::from_millis(20));
    http.add_endpoint("GET", "/late", reply).unwrap();
    assert_eq!(get(&http, "/late").await.text(), "late");
}

#[tokio::test]
async fn scenarios_list_their_stubs_oldest_first_and_refuse_a_state_that_is_none() {
    let http = service();
    for (body, required) in [("one", "Started"), ("two", "2")] {
        http.add_stub(&json!({
            "request": {"url": "/s"}, "response": {"body": body},
            "scenarioName": "s", "requiredScenarioState": required,
        }))
        .unwrap();
    }
    let listed = get(&http, "/__admin/scenarios").await.json();
    let bodies: Vec<&Value> = listed["scenarios"][0]["mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stub| &stub["response"]["body"])
        .collect();
    assert_eq!(bodies, ["one", "two"]);
    let line = "PUT /__admin/scenarios/s/state";
    for (body, status) in [
        (json!({"state": null}), 422),
        (json!({}), 422),
        (json!({"state": "2"}), 200),
        (Value::Null, 200),
    ] {
        assert_eq!(admin(&http, line, &body).await.status, status, "{body}");
    }
    assert_eq!(get(&http, "/s").await.text(), "one");
}

#[tokio::test]
async fn every_method_but_head_gets_gzip_when_it_accepts_it() {
    let http = service();
    http.add_stub(&json!({"response": {"body": "long enough"}}))
        .unwrap();
    for (method, packed) in [
        ("PUT", true),
        ("DELETE", true),
        ("PATCH", true),
        ("HEAD", false),
    ] {
        let answer = send(
            &http,
            &format!("{method} /g"),
            &["accept-encoding: gzip"],
            b"",
        )
        .await;
        assert_eq!(
            answer.header("content-encoding").is_some(),
            packed,
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_body_of_its_own_goes_before_a_file_and_a_number_is_a_phrase() {
    let http = service();
    http.add_stub(
        &json!({"request": {"url": "/f"}, "response": {"body": "own", "bodyFileName": "none"}}),
    )
    .unwrap();
    assert_eq!(get(&http, "/f").await.text(), "own");
    http.add_stub(&json!({"request": {"url": "/s"}, "response": {"status": 599}}))
        .unwrap();
    let request = http::Request::builder().uri("/s").body(Vec::new()).unwrap();
    let response = http.http(Request::new(request)).await;
    let phrase = response.extensions().get::<hyper::ext::ReasonPhrase>();
    assert_eq!(
        phrase.map(hyper::ext::ReasonPhrase::as_bytes),
        Some(&b"599"[..])
    );
}
