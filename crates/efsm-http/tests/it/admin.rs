//! WireMock's admin API.

use serde_json::{Value, json};

use crate::support::{admin, get, send, service};

#[tokio::test]
async fn stub_is_created_read_replaced_and_deleted() {
    let http = service();
    let made = admin(
        &http,
        "POST /__admin/mappings",
        &json!({"request": {"url": "/a", "method": "GET"}, "response": {"body": "x"}}),
    )
    .await;
    assert_eq!(made.status, 201);
    let stub = made.json();
    let id = stub["id"].as_str().unwrap().to_owned();
    assert_eq!(stub["uuid"], stub["id"]);
    assert_eq!(stub["response"], json!({"status": 200, "body": "x"}));
    let answer = get(&http, "/a").await;
    assert_eq!(answer.text(), "x");
    assert_eq!(answer.header("matched-stub-id"), Some(&*id));
    let url = format!("/__admin/mappings/{id}");
    assert_eq!(get(&http, &url).await.json(), stub);
    let replaced = admin(
        &http,
        &format!("PUT {url}"),
        &json!({"request": {"url": "/b"}, "response": {"jsonBody": {"n": 1}}}),
    )
    .await;
    assert_eq!(replaced.json()["id"], id);
    assert_eq!(get(&http, "/a").await.status, 404);
    assert_eq!(get(&http, "/b").await.text(), r#"{"n":1}"#);
    let deleted = admin(&http, &format!("DELETE {url}"), &Value::Null).await;
    assert_eq!((deleted.status, deleted.text()), (200, "{}"));
    assert_eq!(get(&http, &url).await.status, 404);
}

#[tokio::test]
async fn import_with_one_bad_stub_changes_nothing() {
    let http = service();
    http.add_endpoint("GET", "/kept", "x").unwrap();
    let answer = admin(
        &http,
        "POST /__admin/mappings/import",
        &json!({
            "mappings": [{"request": {"url": "/i"}}, {"request": {"urll": "/i"}}],
            "importOptions": {"deleteAllNotInImport": true},
        }),
    )
    .await;
    assert_eq!(answer.status, 422);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], 10);
    assert_eq!(error["source"]["pointer"], "/mappings/1/request/urll");
    assert_eq!(http.stubs().len(), 1);
}

#[tokio::test]
async fn import_overwrites_ignores_and_deletes_as_told() {
    let http = service();
    let id = "97f14385-5a51-41e5-a188-ac5379c63db9";
    let import = |url: &str, policy: &str, delete: bool| {
        json!({
            "mappings": [{"id": id, "request": {"url": url}}, {"request": {"url": "/second"}}],
            "importOptions": {"duplicatePolicy": policy, "deleteAllNotInImport": delete},
        })
    };
    let line = "POST /__admin/mappings/import";
    assert_eq!(
        admin(&http, line, &import("/1", "OVERWRITE", false))
            .await
            .status,
        200
    );
    admin(&http, line, &import("/2", "IGNORE", false)).await;
    assert_eq!(get(&http, "/1").await.status, 200);
    admin(&http, line, &import("/3", "OVERWRITE", true)).await;
    assert_eq!(get(&http, "/3").await.status, 200);
    assert_eq!(get(&http, "/1").await.status, 404);
    assert_eq!(http.stubs().len(), 2);
}

#[tokio::test]
async fn malformed_documents_are_refused_with_a_pointer() {
    let http = service();
    for (body, pointer) in [
        (r#"{"reqest": {}}"#, json!("/reqest")),
        (
            r#"{"response": {"status": "abc"}}"#,
            json!("/response/status"),
        ),
        (r#"{"response": {"base64Body": "*"}}"#, json!("/response")),
        (
            r#"{"request": {"method": ["GET"]}}"#,
            json!("/request/method"),
        ),
        (r#"{"request":"#, Value::Null),
        ("", json!("/")),
        ("[]", json!("/")),
    ] {
        let answer = send(&http, "POST /__admin/mappings", &[], body.as_bytes()).await;
        assert_eq!(answer.status, 422, "{body}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["source"]["pointer"], pointer, "{body}");
        assert_eq!(error["title"], "Error parsing JSON");
    }
    assert!(http.stubs().is_empty());
}

#[tokio::test]
async fn unknown_ids_and_ids_that_are_none_are_told_apart() {
    let http = service();
    let id = "97f14385-5a51-41e5-a188-ac5379c63db9";
    assert_eq!(
        get(&http, &format!("/__admin/mappings/{id}")).await.status,
        404
    );
    let answer = get(&http, "/__admin/mappings/nonuuid").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["errors"][0]["title"],
        "nonuuid is not a valid UUID"
    );
    let stub = json!({"id": id, "request": {"url": "/i"}});
    admin(&http, "POST /__admin/mappings", &stub).await;
    let again = admin(&http, "POST /__admin/mappings", &stub).await;
    assert_eq!(
        (again.status, &again.json()["errors"][0]["code"]),
        (422, &json!(109))
    );
}

#[tokio::test]
async fn unregistered_endpoint_is_told_in_the_contracts_shape() {
    let http = service();
    let answer = get(&http, "/http/no/such").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"], "endpoint not registered");
    assert_eq!(answer.json()["path"], "/no/such");
    let bare = get(&http, "/no/such").await;
    assert_eq!(
        bare.header("content-type"),
        Some("text/plain;charset=UTF-8")
    );
    let json = send(&http, "GET /no", &["Accept: application/json"], b"").await;
    assert_eq!(json.json()["path"], "/no");
}

#[tokio::test]
async fn stubs_come_back_as_they_were_understood() {
    let http = service();
    for (sent, kept) in [
        (
            json!({"request": {"url": 3, "port": "80"}}),
            json!({"request": {"port": 80, "url": "3", "method": "ANY"}}),
        ),
        (
            json!({"request": {"url": "/a", "urlPath": "/b", "urlPattern": "/c"}}),
            json!({"request": {"url": "/a", "method": "ANY"}}),
        ),
        (
            json!({"response": {"status": "201", "body": 5}}),
            json!({"response": {"status": 201, "body": "5"}}),
        ),
        (json!({"priority": 1.0}), json!({"priority": 1})),
        (
            json!({"id": "", "uuid": null, "name": "n"}),
            json!({"name": "n"}),
        ),
        (
            json!({"postServeActions": {"webhook": {"url": "http://x"}}}),
            json!({"postServeActions": [{"name": "webhook", "parameters": {"url": "http://x"}}]}),
        ),
    ] {
        let answer = admin(&http, "POST /__admin/mappings", &sent).await;
        assert_eq!(answer.status, 201, "{sent}: {}", answer.text());
        let stub = answer.json();
        for (name, value) in kept.as_object().unwrap() {
            assert_eq!(stub[name], *value, "{sent}");
        }
    }
    for headers in [json!({"a": 1}), json!({"a": [true]}), json!({"a": {}})] {
        let stub = json!({"response": {"headers": headers}});
        let answer = admin(&http, "POST /__admin/mappings", &stub).await;
        assert_eq!(answer.status, 422, "{stub}");
        let pointer = &answer.json()["errors"][0]["source"]["pointer"];
        assert_eq!(pointer, "/response/headers");
    }
}

#[tokio::test]
async fn documents_are_read_as_leniently_as_jackson_does() {
    let http = service();
    let lenient = b"{'request': {'url': '/l'} /* here */} and more";
    let answer = send(&http, "POST /__admin/mappings", &[], lenient).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let answer = send(&http, "POST /__admin/mappings", &[], b"{\"request\"").await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json()["errors"][0]["detail"],
        "Unexpected end-of-input within/between Object entries\n at [Source: (String)\"{\"request\"\"; line: 1, column: 11]"
    );
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, b"{\"request\": {\"url\": \"/z\"}}").unwrap();
    let packed = packer.finish().unwrap();
    let line = "POST /__admin/mappings";
    let answer = send(&http, line, &["content-encoding: gzip"], &packed).await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn a_reset_of_the_mappings_empties_the_journal_too() {
    let http = service();
    get(&http, "/missed").await;
    admin(&http, "POST /__admin/mappings/reset", &Value::Null).await;
    let left = get(&http, "/__admin/requests").await.json();
    assert_eq!(left["meta"]["total"], 0);
}

#[tokio::test]
async fn extended_settings_take_no_other_field() {
    let http = service();
    let line = "PATCH /__admin/settings/extended";
    for (body, status) in [(json!({"extended": {"a": 1}}), 200), (json!({"a": 1}), 422)] {
        assert_eq!(admin(&http, line, &body).await.status, status, "{body}");
    }
    let settings = get(&http, "/__admin/settings").await.json();
    assert_eq!(settings["settings"]["extended"], json!({"a": 1}));
}

#[tokio::test]
async fn the_documentation_names_calls_that_there_are() {
    let http = service();
    for page in ["/__admin/docs", "/__admin/swagger-ui/", "/__admin/recorder"] {
        let page = get(&http, page).await;
        assert_eq!(page.header("content-type"), Some("text/html"));
        assert!(page.text().contains("<html"), "{}", page.text());
    }
    let document = get(&http, "/__admin/docs/swagger").await;
    assert!(document.text().contains("\"openapi\" : \"3.0.0\""));
    let document = document.json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            // Nothing answers to a name, but the call itself is known.
            let line = format!("{} {path}", method.to_uppercase());
            let line = line
                .replace("{id}", "x")
                .replace("{name}", "x")
                .replace("{path}", "");
            let answer = send(&http, &line, &[], b"").await;
            let told = answer.header("content-type").is_some() || !answer.body.is_empty();
            assert!(answer.status != 404 || told, "{line}");
        }
    }
}

#[tokio::test]
async fn a_stub_without_metadata_has_null_for_them() {
    let http = service();
    for (url, metadata) in [("/1", Value::Null), ("/2", json!({"a": 1, "gone": null}))] {
        http.add_stub(&json!({"request": {"url": url}, "metadata": metadata}))
            .unwrap();
        get(&http, url).await;
    }
    get(&http, "/unmatched").await;
    let urls = |list: &Value| -> Vec<String> {
        let of = |item: &Value| item["request"]["url"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(of).collect()
    };
    for (matcher, found) in [
        (json!({"equalTo": "null"}), vec!["/1"]),
        (json!({"not": {"contains": "zz"}}), vec!["/2", "/1"]),
        (json!({"doesNotContain": "a"}), vec!["/1"]),
        (json!({"matchesJsonPath": "$.a"}), vec!["/2"]),
        (
            json!({"matchesJsonPath": {"expression": "$.gone", "absent": true}}),
            vec!["/2"],
        ),
    ] {
        let line = "POST /__admin/mappings/find-by-metadata";
        let listed = admin(&http, line, &matcher).await.json();
        assert_eq!(urls(&listed["mappings"]), found, "{matcher}");
    }
    let bytes = json!({"binaryEqualTo": "bnVsbA=="});
    let refused = admin(&http, "POST /__admin/mappings/find-by-metadata", &bytes).await;
    assert_eq!(refused.status, 422);
    let line = "POST /__admin/requests/remove-by-metadata";
    let removed = admin(&http, line, &json!({"equalTo": "null"})).await.json();
    assert_eq!(urls(&removed["serveEvents"]), ["/unmatched", "/1"]);
    let line = "POST /__admin/mappings/remove-by-metadata";
    admin(&http, line, &json!({"equalTo": "null"})).await;
    assert_eq!(http.stubs().len(), 1);
    assert_eq!(http.stubs()[0]["metadata"], json!({"a": 1}));
}

#[tokio::test]
async fn responses_come_back_as_they_were_understood() {
    let http = service();
    for (sent, kept) in [
        (
            json!({"base64Body": "aGVsbG8"}),
            json!({"base64Body": "aGVsbG8="}),
        ),
        (
            json!({"fixedDelayMilliseconds": "5"}),
            json!({"fixedDelayMilliseconds": 5}),
        ),
        (
            json!({"chunkedDribbleDelay": {"numberOfChunks": 0}}),
            json!({"chunkedDribbleDelay": {"numberOfChunks": 0}}),
        ),
    ] {
        let answer = admin(&http, "POST /__admin/mappings", &json!({"response": sent})).await;
        assert_eq!(answer.status, 201, "{sent}: {}", answer.text());
        for (name, value) in kept.as_object().unwrap() {
            assert_eq!(answer.json()["response"][name], *value);
        }
    }
    for (response, pointer, detail) in [
        (
            json!({"headers": {"X": []}}),
            "/response/headers",
            "No value for X",
        ),
        (
            json!({"base64Body": "a_b"}),
            "/response",
            "Illegal base64 character 5f",
        ),
    ] {
        let answer = admin(
            &http,
            "POST /__admin/mappings",
            &json!({"response": response}),
        )
        .await;
        let error = answer.json()["errors"][0].clone();
        assert_eq!((answer.status, &error["detail"]), (422, &json!(detail)));
        assert_eq!(error["source"]["pointer"], pointer);
    }
}

#[tokio::test]
async fn listeners_have_phases_and_actions_have_none() {
    let http = service();
    for (key, listener, detail) in [
        (
            "serveEventListeners",
            json!({"name": "x", "requestPhases": ["AFTER_COMPLETE"]}),
            None,
        ),
        (
            "serveEventListeners",
            json!({"name": "x", "requestPhases": ["LATER"]}),
            Some("from String \"LATER\""),
        ),
        (
            "postServeActions",
            json!({"name": "x", "requestPhases": ["AFTER_COMPLETE"]}),
            Some("PostServeActionDefinition"),
        ),
    ] {
        let answer = admin(&http, "POST /__admin/mappings", &json!({key: [listener]})).await;
        match detail {
            None => assert_eq!(answer.status, 201),
            Some(detail) => {
                assert_eq!(answer.status, 422);
                let error = &answer.json()["errors"][0];
                assert!(
                    error["detail"].as_str().unwrap().contains(detail),
                    "{error}"
                );
            }
        }
    }
}
