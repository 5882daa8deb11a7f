//! The plain REST contract, call by call.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn object_is_put_read_and_deleted() {
    let world = World::default();
    let put = world
        .send(
            "PUT",
            "/photos/2026/cat.txt",
            &[("content-type", "text/plain")],
            "meow",
        )
        .await;
    assert_eq!(put.status, 200);
    assert_eq!(
        put.json(),
        json!({"bucket": "photos", "key": "2026/cat.txt", "size": 4})
    );

    let got = world.get("/photos/2026/cat.txt").await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"meow"[..]));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "4"),
        ("accept-ranges", "bytes"),
        ("etag", "\"4a4be40c96ac6314e91d93f38043a634\""),
        ("last-modified", "Wed, 04 Mar 2026 05:06:07 GMT"),
    ] {
        assert_eq!(got.header(name), Some(value), "{name}");
    }

    let deleted = world.send("DELETE", "/photos/2026/cat.txt", &[], "").await;
    assert_eq!(
        (deleted.status.as_u16(), deleted.json()),
        (200, json!({"deleted": true}))
    );
    let again = world.send("DELETE", "/photos/2026/cat.txt", &[], "").await;
    assert_eq!(
        (again.status.as_u16(), again.json()),
        (200, json!({"deleted": false}))
    );
    let gone = world.get("/photos/2026/cat.txt").await;
    assert_eq!(
        (gone.status.as_u16(), gone.json()),
        (404, json!({"error": "not found"}))
    );
}

#[tokio::test]
async fn missing_bucket_and_missing_key_are_not_found() {
    let world = World::default();
    world.put("/b/k", "x").await;
    for path in ["/b/other", "/nowhere/k", "/nowhere"] {
        for method in ["GET", "HEAD"] {
            let answer = world.send(method, path, &[], "").await;
            assert_eq!(answer.status, 404, "{method} {path}");
        }
        let answer = world.get(path).await;
        assert_eq!(answer.json(), json!({"error": "not found"}), "{path}");
    }
    let deleted = world.send("DELETE", "/nowhere/k", &[], "").await;
    assert_eq!(deleted.json(), json!({"deleted": false}));
}

#[tokio::test]
async fn buckets_and_keys_are_listed_in_order() {
    let world = World::default();
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
    assert_eq!(world.get("").await.json(), json!({"buckets": []}));
    for path in ["/b/z", "/b/a/1", "/b/a/2", "/a/x"] {
        world.put(path, "x").await;
    }
    assert_eq!(world.get("/").await.json(), json!({"buckets": ["a", "b"]}));
    let all = json!({"bucket": "b", "objects": ["a/1", "a/2", "z"]});
    assert_eq!(world.get("/b").await.json(), all);
    assert_eq!(world.get("/b/").await.json(), all);
}

#[tokio::test]
async fn listing_selects_by_prefix_delimiter_after_and_limit() {
    let world = World::default();
    for key in ["a/1", "a/2", "b", "c/d/e", "c/f", "g h"] {
        world
            .put(&format!("/b/{}", key.replace(' ', "%20")), "x")
            .await;
    }
    let page = |objects: serde_json::Value| json!({"bucket": "b", "objects": objects});
    for (query, expected) in [
        ("prefix=a/", page(json!(["a/1", "a/2"]))),
        ("prefix=g%20", page(json!(["g h"]))),
        ("prefix=g+h", page(json!(["g h"]))),
        ("prefix=x", page(json!([]))),
        ("after=b", page(json!(["c/d/e", "c/f", "g h"]))),
        (
            "delimiter=/",
            json!({"bucket": "b", "objects": ["b", "g h"], "prefixes": ["a/", "c/"]}),
        ),
        (
            "prefix=c/&delimiter=/",
            json!({"bucket": "b", "objects": ["c/f"], "prefixes": ["c/d/"]}),
        ),
        (
            "limit=2",
            json!({"bucket": "b", "objects": ["a/1", "a/2"], "truncated": true, "next": "a/2"}),
        ),
        (
            "limit=6",
            json!({"bucket": "b", "objects": ["a/1", "a/2", "b", "c/d/e", "c/f", "g h"], "truncated": false}),
        ),
        (
            "delimiter=/&limit=1",
            json!({"bucket": "b", "objects": [], "prefixes": ["a/"], "truncated": true, "next": "a/"}),
        ),
        (
            "delimiter=/&limit=2&after=a/",
            json!({"bucket": "b", "objects": ["b"], "prefixes": ["c/"], "truncated": true, "next": "c/"}),
        ),
        (
            "limit=0",
            json!({"bucket": "b", "objects": [], "truncated": false}),
        ),
        (
            "delimiter=&other=1",
            json!({"bucket": "b", "objects": ["a/1", "a/2", "b", "c/d/e", "c/f", "g h"], "prefixes": []}),
        ),
    ] {
        let answer = world.get(&format!("/b?{query}")).await;
        assert_eq!(answer.json(), expected, "{query}");
    }
    for limit in ["-1", "ten", "1.5", ""] {
        let message = world.get(&format!("/b?limit={limit}")).await.error(400);
        assert!(message.contains("`limit`"), "{message}");
    }
}

#[tokio::test]
async fn bucket_is_made_empty_and_removed_only_when_empty() {
    let world = World::default();
    for created in [true, false] {
        let answer = world.send("PUT", "/b", &[], "").await;
        assert_eq!(answer.json(), json!({"bucket": "b", "created": created}));
    }
    assert_eq!(
        world.get("/b").await.json(),
        json!({"bucket": "b", "objects": []})
    );
    world.put("/b/k", "x").await;
    let refused = world.send("DELETE", "/b", &[], "").await.error(409);
    assert!(refused.contains("1 object"), "{refused}");
    world.send("DELETE", "/b/k", &[], "").await;
    for deleted in [true, false] {
        let answer = world.send("DELETE", "/b/", &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({"deleted": deleted}))
        );
    }
    assert_eq!(world.used_bytes(), 0);
}

#[tokio::test]
async fn bucket_with_a_body_is_an_object_whose_key_was_forgotten() {
    let world = World::default();
    let answer = world.send("PUT", "/report.pdf", &[], "%PDF").await;
    answer.error(400);
    assert!(
        answer.json()["hint"]
            .as_str()
            .unwrap()
            .contains("/storage/report.pdf/KEY")
    );
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let world = World::default();
    world.put("/b/k", "hello").await;
    for path in ["/b/k", "/b", "/", "/b/none"] {
        let (get, head) = (
            world.get(path).await,
            world.send("HEAD", path, &[], "").await,
        );
        assert!(head.body.is_empty(), "{path}");
        assert_eq!(head.status, get.status, "{path}");
        let length = get.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(&length[..]), "{path}");
        for (name, value) in &get.headers {
            assert_eq!(head.headers.get(name), Some(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn what_the_writer_said_of_an_object_comes_back() {
    let world = World::default();
    let said = [
        ("content-type", "image/svg+xml; charset=utf-8"),
        ("content-encoding", "gzip"),
        ("content-language", "de, en"),
        ("content-disposition", "attachment; filename=\"a b.svg\""),
        ("cache-control", "max-age=60, private"),
        ("expires", "Thu, 01 Jan 2027 00:00:00 GMT"),
        ("x-amz-meta-author", "Zo\u{eb}"),
        ("x-amz-meta-empty", ""),
    ];
    world.send("PUT", "/b/k", &said, "<svg/>").await;
    let got = world.get("/b/k").await;
    for (name, value) in said {
        let sent = got.headers.get(name).map(http::HeaderValue::as_bytes);
        assert_eq!(sent, Some(value.as_bytes()), "{name}");
    }
    // Another put says all anew.
    world.put("/b/k", "x").await;
    let got = world.get("/b/k").await;
    assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    for (name, _) in &said[1..] {
        assert_eq!(got.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn user_metadata_given_twice_is_joined() {
    let world = World::default();
    let twice = [("x-amz-meta-tag", "a"), ("x-amz-meta-tag", "b")];
    world.send("PUT", "/b/k", &twice, "").await;
    assert_eq!(
        world.get("/b/k").await.header("x-amz-meta-tag"),
        Some("a, b")
    );
}

#[tokio::test]
async fn wrong_method_is_told_the_right_ones() {
    let world = World::default();
    for (method, path, allowed) in [
        ("POST", "/", "GET, HEAD"),
        ("PUT", "", "GET, HEAD"),
        ("POST", "/b", "GET, HEAD, PUT, DELETE"),
        ("PATCH", "/b/k", "GET, HEAD, PUT, DELETE"),
        ("BREW", "/b/k", "GET, HEAD, PUT, DELETE"),
    ] {
        let answer = world.send(method, path, &[], "body").await;
        answer.error(405);
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
}

#[tokio::test]
async fn s3_is_answered_in_its_own_words() {
    use efsm_core::http::AwsScope;
    use efsm_core::{Body, Face, Request, Service as _};
    let world = World::default();
    let mut request = Request::new(http::Request::put("/b/k").body(Body::from("x")).unwrap());
    request.route.face = Face::Aws(AwsScope {
        service: "s3".to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
    });
    let response = world.storage.http(request).await;
    assert_eq!(response.status(), 501);
    assert_eq!(response.headers()["content-type"], "application/xml");
    let body = response.into_body().collect(10_000).await.unwrap();
    let text = std::str::from_utf8(&body).unwrap();
    assert!(
        text.contains("<Error><Code>NotImplemented</Code>"),
        "{text}"
    );
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
}

#[tokio::test]
async fn status_counts_what_is_held() {
    use efsm_core::Service as _;
    let world = World::default();
    world.put("/a/1", "12345").await;
    world.put("/a/2", "123").await;
    world.put("/a/1", "1").await;
    world.send("PUT", "/b", &[], "").await;
    let status = world.storage.status();
    let counts = json!({"buckets": 2, "objects": 2, "object_bytes": 4});
    assert_eq!(serde_json::Value::from(status.counts), counts);
    assert_eq!(status.memory_bytes, world.used_bytes());
}
