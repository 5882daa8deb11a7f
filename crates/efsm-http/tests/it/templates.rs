//! Templated responses.

use efsm_http::{HttpOptions, HttpService};
use serde_json::{Value, json};

use crate::support::{context, get, send, service};

async fn check(
    response: Value,
    line: &str,
    headers: &[&str],
    body: &str,
) -> crate::support::Answer {
    let http = service();
    let mut response = response;
    response["transformers"] = json!(["response-template"]);
    http.put_file("t/f.txt", "file of {{request.path.[0]}} {{parameters.p}}");
    http.add_stub(&json!({"request": {"urlPathPattern": "/.*"}, "response": response}))
        .unwrap();
    send(&http, line, headers, body.as_bytes()).await
}

#[tokio::test]
async fn body_headers_and_status_are_rendered() {
    let answer = check(
        json!({
            "status": "{{request.query.code}}",
            "headers": {"X": "{{request.method}}", "Y": ["a{{request.path}}", "b"]},
            "body": "{{parameters.a.b}} {{request.headers.Accept}} {{request.cookies.c}} {{jsonPath request.body '$.x'}} {{now format='yyyy'}}",
            "transformerParameters": {"a": {"b": "x"}},
        }),
        "POST /p/q?code=418",
        &["accept: */*", "cookie: c=d"],
        r#"{"x":"z"}"#,
    )
    .await;
    assert_eq!((answer.status, answer.text()), (418, "x */* d z 2026"));
    assert_eq!(answer.header("x"), Some("POST"));
    let values: Vec<_> = answer.headers.get_all("y").iter().collect();
    assert_eq!(values, ["a/p/q", "b"]);
}

#[tokio::test]
async fn json_bodies_files_and_file_names_are_rendered() {
    let json = check(
        json!({"jsonBody": {"u": "{{request.url}}"}}),
        "GET /a?b",
        &[],
        "",
    )
    .await;
    assert_eq!(json.text(), r#"{"u":"/a?b"}"#);
    let file =
        json!({"bodyFileName": "{{request.query.d}}/f.txt", "transformerParameters": {"p": 1}});
    assert_eq!(
        check(file, "GET /a?d=t", &[], "").await.text(),
        "file of a 1"
    );
    let raw = json!({"bodyFileName": "t/f.txt", "transformerParameters": {"disableBodyFileTemplating": true}});
    assert!(check(raw, "GET /a", &[], "").await.text().contains("{{"));
    let missing = check(json!({"bodyFileName": "no.txt"}), "GET /a", &[], "").await;
    assert_eq!(missing.status, 500);
    assert!(missing.text().contains("no.txt"));
}

#[tokio::test]
async fn bad_templates_answer_500_with_their_place() {
    for body in ["{{#if}}", "{{nohelper 1 2}}"] {
        let answer = check(json!({"body": body}), "GET /a", &[], "").await;
        assert_eq!(answer.status, 500);
        assert!(answer.text().contains("1:"), "{}", answer.text());
    }
    let status = check(json!({"status": "{{request.path}}"}), "GET /a", &[], "").await;
    assert_eq!(status.status, 500);
    assert!(status.text().contains("/a"), "{}", status.text());
}

#[tokio::test]
async fn environment_is_closed_unless_a_name_is_permitted() {
    let denied = check(
        json!({"body": "{{systemValue type='ENVIRONMENT' key='PATH'}}"}),
        "GET /a",
        &[],
        "",
    )
    .await;
    assert!(denied.text().contains("denied"), "{}", denied.text());
}

#[tokio::test]
async fn templates_render_everywhere_when_the_stack_says_so() {
    let options = HttpOptions {
        global_templating: true,
        ..HttpOptions::default()
    };
    let http = HttpService::with_options(context(), options);
    http.add_stub(&json!({"request": {"urlPath": "/a"}, "response": {"body": "{{request.path}}"}}))
        .unwrap();
    assert_eq!(get(&http, "/a").await.text(), "/a");
    let plain = service();
    plain
        .add_stub(&json!({"request": {"urlPath": "/a"}, "response": {"body": "{{request.path}}"}}))
        .unwrap();
    assert_eq!(get(&plain, "/a").await.text(), "{{request.path}}");
}

#[tokio::test]
async fn path_variables_are_known_to_templates() {
    let http = service();
    http.add_stub(&json!({
        "request": {"urlPathTemplate": "/users/{id}"},
        "response": {"body": "{{request.path.id}} {{request.pathSegments.[0]}}", "transformers": ["response-template"]},
    }))
    .unwrap();
    assert_eq!(get(&http, "/users/7").await.text(), "7 users");
}

#[tokio::test]
async fn lists_among_the_parameters_print_as_javas_do() {
    let http = service();
    http.add_stub(&json!({
        "request": {"url": "/l"},
        "response": {
            "body": "{{parameters.l}} {{parameters.o}}", "transformers": ["response-template"],
            "transformerParameters": {"l": [1, "a", [2, null]], "o": {"k": [true]}},
        },
    }))
    .unwrap();
    assert_eq!(
        get(&http, "/l").await.text(),
        "[1, a, [2, null]] {k=[true]}"
    );
}

#[tokio::test]
async fn a_path_that_a_template_took_apart_stays_as_it_was_sent() {
    let http = service();
    let response = json!({
        "body": "{{{request.path}}} {{{request.path.[1]}}}", "transformers": ["response-template"],
    });
    for (request, expected) in [
        (json!({"urlPathTemplate": "/a/{x}"}), "/a/b%20c b%20c"),
        (json!({"urlPathTemplate": "/a/**"}), "/a/b%20c b%20c"),
        (json!({"urlPathTemplate": "/a/b%20c"}), "/a/b c b c"),
        (json!({"urlPathPattern": "/a/.*"}), "/a/b c b c"),
    ] {
        http.add_stub(&json!({"request": request, "response": response}))
            .unwrap();
        assert_eq!(get(&http, "/a/b%20c").await.text(), expected, "{request}");
    }
}
