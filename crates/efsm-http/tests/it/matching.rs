//! Every part of a request pattern: a request that fits, and one that does not.

use serde_json::{Value, json};

use crate::support::{admin, get, send, service};

/// The status of a request against one stub that answers 299.
async fn check(request: Value, line: &str, headers: &[&str], body: &str) -> u16 {
    let http = service();
    let stub = json!({"request": request, "response": {"status": 299}});
    let made = admin(&http, "POST /__admin/mappings", &stub).await;
    assert_eq!(made.status, 201, "{}", made.text());
    send(&http, line, headers, body.as_bytes()).await.status
}

macro_rules! cases {
    ($($name:ident: $request:tt { $($line:literal $headers:tt $body:literal => $fits:literal;)* })*) => {
        $(#[tokio::test]
        async fn $name() {
            $(
                let status = check(json!($request), $line, &$headers, $body).await;
                assert_eq!(status == 299, $fits, "{} {:?} {}", $line, $headers as [&str; _], $body);
            )*
        })*
    };
}

cases! {
    url_is_path_and_query_exactly: {"url": "/a?x=1"} {
        "GET /a?x=1" [] "" => true;
        "GET /a?x=2" [] "" => false;
        "GET /a" [] "" => false;
    }
    url_path_is_whatever_the_query: {"urlPath": "/a"} {
        "GET /a?x=1" [] "" => true;
        "GET /a/b" [] "" => false;
    }
    url_pattern_is_whole: {"urlPattern": "/a/[0-9]+\\?x=.*"} {
        "GET /a/12?x=" [] "" => true;
        "GET /a/12?x=1&y=2" [] "" => true;
        "GET /b/a/12?x=" [] "" => false;
    }
    url_path_pattern_sees_no_query: {"urlPathPattern": "/a/[0-9]+"} {
        "GET /a/12?x=" [] "" => true;
        "GET /a/12x" [] "" => false;
    }
    url_path_template_has_variables: {"urlPathTemplate": "/a/{id}/b", "pathParameters": {"id": {"matches": "[0-9]+"}}} {
        "GET /a/7/b?x=1" [] "" => true;
        "GET /a/x/b" [] "" => false;
        "GET /a/7/c" [] "" => false;
        "GET /a/7/b/c" [] "" => false;
    }
    double_star_is_any_rest: {"urlPathTemplate": "/a/**"} {
        "GET /a/b/c" [] "" => true;
        "GET /b/a" [] "" => false;
    }
    method_any_and_named: {"method": "PATCH"} {
        "PATCH /" [] "" => true;
        "GET /" [] "" => false;
    }
    get_or_head_is_both: {"method": "GET_OR_HEAD"} {
        "GET /" [] "" => true;
        "HEAD /" [] "" => true;
        "POST /" [] "" => false;
    }
    headers_of_several_values: {"headers": {"X-a": {"equalTo": "2"}, "gone": {"absent": true}}} {
        "GET /" ["x-A: 1", "X-A: 2"] "" => true;
        "GET /" ["X-A: 1"] "" => false;
        "GET /" ["X-A: 2", "Gone: x"] "" => false;
    }
    headers_that_are_exactly_these: {"headers": {"X": {"hasExactly": [{"equalTo": "1"}, {"contains": "2"}]}}} {
        "GET /" ["X: 21", "X: 1"] "" => true;
        "GET /" ["X: 1"] "" => false;
    }
    query_is_decoded: {"queryParameters": {"q": {"equalTo": "a b"}, "n": {"includes": [{"equalTo": "2"}]}}} {
        "GET /x?q=a+b&n=1&n=2" [] "" => true;
        "GET /x?q=a%20b&n=2" [] "" => true;
        "GET /x?q=ab&n=2" [] "" => false;
    }
    form_needs_its_type: {"formParameters": {"f": {"equalTo": "a&b"}}} {
        "POST /" ["content-type: application/x-www-form-urlencoded"] "f=a%26b" => true;
        "POST /" ["content-type: text/plain"] "f=a%26b" => false;
    }
    cookies_by_name: {"cookies": {"c": {"equalTo": "1"}, "d": {"absent": true}}} {
        "GET /" ["cookie: b=2; c=1"] "" => true;
        "GET /" ["cookie: c=1; d=1"] "" => false;
        "GET /" [] "" => false;
    }
    basic_auth_whatever_the_case_of_its_scheme: {"basicAuth": {"username": "u", "password": "p"}} {
        "GET /" ["authorization: Basic dTpw"] "" => true;
        "GET /" ["authorization: basic dTpw"] "" => true;
        "GET /" ["authorization: Basic dTpx"] "" => false;
        "GET /" [] "" => false;
    }
    bodies_must_fit_every_pattern: {"bodyPatterns": [{"contains": "a"}, {"matchesJsonPath": "$.a"}]} {
        "POST /" [] "{\"a\":1}" => true;
        "POST /" [] "{\"b\":\"a\"}" => false;
    }
    empty_body_is_absent: {"bodyPatterns": [{"absent": true}]} {
        "POST /" [] "" => true;
        "POST /" [] "x" => false;
    }
    multipart_any_part: {"multipartPatterns": [{"headers": {"Content-Disposition": {"contains": "name=\"a\""}}, "bodyPatterns": [{"equalTo": "1"}]}]} {
        "POST /" ["content-type: multipart/form-data; boundary=B"]
            "--B\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\n2\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--" => true;
        "POST /" ["content-type: multipart/form-data; boundary=B"]
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n--B--" => false;
        "POST /" [] "1" => false;
    }
    multipart_all_parts: {"multipartPatterns": [{"matchingType": "ALL", "bodyPatterns": [{"contains": "1"}]}]} {
        "POST /" ["content-type: multipart/form-data; boundary=B"]
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--" => true;
        "POST /" ["content-type: multipart/form-data; boundary=B"]
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--B--" => false;
    }
    origin_host_port_and_scheme: {"host": {"equalTo": "localhost"}, "port": 8888, "scheme": "http", "clientIp": {"equalTo": "127.0.0.1"}} {
        "GET /" [] "" => true;
    }
    another_port: {"port": 9999} {
        "GET /" [] "" => false;
    }
    another_scheme: {"scheme": "https"} {
        "GET /" [] "" => false;
    }
    another_client: {"clientIp": {"equalTo": "10.0.0.1"}} {
        "GET /" [] "" => false;
    }
}

#[tokio::test]
async fn lower_priority_wins_and_then_the_newest() {
    let http = service();
    for (body, priority) in [
        ("old", None),
        ("new", None),
        ("last", Some(9)),
        ("first", Some(1)),
    ] {
        let mut stub = json!({"request": {"urlPattern": "/.*"}, "response": {"body": body}});
        if let Some(priority) = priority {
            stub["priority"] = json!(priority);
        }
        http.add_stub(&stub).unwrap();
    }
    let mut order = Vec::new();
    for _ in 0..4 {
        let answer = send(&http, "GET /x", &[], b"").await;
        order.push(answer.text().to_owned());
        let id = answer.header("matched-stub-id").unwrap().parse().unwrap();
        assert!(http.remove_stub(id));
    }
    assert_eq!(order, ["first", "new", "old", "last"]);
}

#[tokio::test]
async fn gzip_bodies_are_matched_unpacked() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"hello").unwrap();
    let packed = encoder.finish().unwrap();
    let http = service();
    http.add_stub(&json!({"request": {"bodyPatterns": [{"equalTo": "hello"}]}}))
        .unwrap();
    let answer = send(&http, "POST /", &["content-encoding: gzip"], &packed).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn custom_matchers_are_refused_at_their_place() {
    let http = service();
    let stub = json!({"request": {"customMatcher": {"name": "x"}}});
    let refused = admin(&http, "POST /__admin/mappings", &stub).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["errors"][0]["source"]["pointer"],
        "/request/customMatcher"
    );
}

#[tokio::test]
async fn an_empty_query_is_none_and_cookies_have_names() {
    let http = service();
    http.add_stub(&json!({"request": {"url": "/q"}, "response": {"body": "q"}}))
        .unwrap();
    let cookies = ["cookie: $Version=1; a=2; =3"];
    assert_eq!(send(&http, "GET /q?", &cookies, b"").await.text(), "q");
    let event = get(&http, "/__admin/requests").await.json();
    let request = &event["requests"][0]["request"];
    assert_eq!(request["url"], "/q");
    assert_eq!(request["cookies"], json!({"a": "2"}));
}

#[tokio::test]
async fn a_path_finds_nothing_in_an_empty_body() {
    let http = service();
    let absent = json!({"matchesJsonPath": {"expression": "$.a", "absent": true}});
    http.add_stub(&json!({"request": {"url": "/p", "bodyPatterns": [absent]}}))
        .unwrap();
    for (body, status) in [
        (&b""[..], 200),
        (b"{}", 200),
        (b"{\"a\": 1}", 404),
        (b"<a/>", 404),
    ] {
        assert_eq!(send(&http, "POST /p", &[], body).await.status, status);
    }
}

#[tokio::test]
async fn of_a_cookie_that_is_not_there_only_absent_holds() {
    for (matcher, fits) in [
        (json!({"absent": true}), true),
        (json!({"not": {"equalTo": "1"}}), false),
        (json!({"doesNotContain": "1"}), false),
        (json!({"anything": "x"}), false),
        (json!({"or": [{"absent": true}, {"equalTo": "2"}]}), false),
    ] {
        let request = json!({"url": "/c", "cookies": {"c": matcher}});
        let status = check(request, "GET /c", &[], "").await;
        assert_eq!(status == 299, fits, "{matcher}");
    }
}

#[tokio::test]
async fn a_name_that_a_template_has_twice_is_its_last_place() {
    let request = |value: &str| json!({"urlPathTemplate": "/{x}/{x}", "pathParameters": {"x": {"equalTo": value}}});
    assert_eq!(check(request("2"), "GET /1/2", &[], "").await, 299);
    assert_eq!(check(request("1"), "GET /1/2", &[], "").await, 404);
}
