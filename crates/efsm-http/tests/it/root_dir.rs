//! The root directory.

use std::fs;

use serde_json::{Value, json};

use crate::support::{admin, get, service};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

#[tokio::test]
async fn stubs_and_files_are_loaded_and_a_reset_goes_back_to_them() {
    let dir = folder(&[
        (
            "mappings/one.json",
            r#"{"request": {"url": "/one"}, "response": {"bodyFileName": "a/b.txt"}}"#,
        ),
        (
            "mappings/deep/many.json",
            r#"{"mappings": [{"request": {"url": "/two"}}, {"request": {"url": "/three"}}]}"#,
        ),
        ("mappings/readme.md", "no stub"),
        ("__files/a/b.txt", "content"),
    ]);
    let http = service();
    assert_eq!(http.load_root_dir(dir.path()).unwrap(), 3);
    assert_eq!(get(&http, "/one").await.text(), "content");
    assert_eq!(get(&http, "/three").await.status, 200);
    http.add_endpoint("GET", "/added", "x").unwrap();
    for line in ["POST /__admin/mappings/reset", "POST /__admin/reset"] {
        admin(&http, "DELETE /__admin/mappings", &Value::Null).await;
        assert_eq!(get(&http, "/one").await.status, 404);
        assert_eq!(admin(&http, line, &Value::Null).await.status, 200);
        assert_eq!(http.stubs().len(), 3, "{line}");
    }
}

#[tokio::test]
async fn bad_file_is_named_and_nothing_is_loaded() {
    let dir = folder(&[
        ("mappings/good.json", r#"{"request": {"url": "/one"}}"#),
        ("mappings/ugly.json", r#"{"request": {"urll": "/one"}}"#),
    ]);
    let http = service();
    let error = http.load_root_dir(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("ugly.json") && error.contains("/request/urll"),
        "{error}"
    );
    assert!(http.stubs().is_empty());
}

#[tokio::test]
async fn saved_stubs_are_loaded_again_as_they_were() {
    let dir = folder(&[]);
    let http = service();
    http.load_root_dir(dir.path()).unwrap();
    http.add_stub(&json!({"name": "My stub/é", "request": {"url": "/one"}, "response": {"bodyFileName": "x.txt"}}))
        .unwrap();
    http.put_file("x.txt", "x");
    assert_eq!(
        admin(&http, "POST /__admin/mappings/save", &Value::Null)
            .await
            .status,
        200
    );
    let again = service();
    again.load_root_dir(dir.path()).unwrap();
    assert_eq!(again.stubs(), http.stubs());
    assert_eq!(get(&again, "/one").await.text(), "x");
    assert_eq!(
        fs::read_dir(dir.path().join("mappings")).unwrap().count(),
        1
    );
}

#[tokio::test]
async fn file_is_served_at_its_own_path_where_no_stub_is() {
    let http = service();
    http.put_file("page.html", "<p>");
    http.put_file("dir/index.html", "index");
    let page = get(&http, "/page.html").await;
    assert_eq!(
        (page.status, page.text(), page.header("content-type")),
        (200, "<p>", Some("text/html"))
    );
    assert_eq!(get(&http, "/dir").await.text(), "index");
    assert_eq!(get(&http, "/http/dir/").await.text(), "index");
    assert_eq!(get(&http, "/nothing.html").await.status, 404);
    assert!(http.calls().iter().all(|call| !call.was_matched()));
    http.add_stub(&json!({"request": {"url": "/page.html"}, "response": {"status": 418}}))
        .unwrap();
    assert_eq!(get(&http, "/page.html").await.status, 418);
}

#[tokio::test]
async fn files_are_kept_listed_and_removed_by_the_admin_api() {
    let http = service();
    let put = crate::support::send(&http, "PUT /__admin/files/a/b.txt", &[], b"hello").await;
    assert_eq!(put.text(), r#""aGVsbG8=""#);
    assert_eq!(
        get(&http, "/__admin/files").await.json(),
        json!(["a/b.txt"])
    );
    assert_eq!(get(&http, "/__admin/files/a/b.txt").await.text(), "hello");
    assert_eq!(get(&http, "/__admin/files/a/c.txt").await.status, 404);
    for path in [
        "/__admin/files/a/%2e%2e/x",
        "/__admin/files/%2Fetc",
        "/__admin/files/a//b",
    ] {
        assert_eq!(get(&http, path).await.status, 403, "{path}");
    }
    assert_eq!(
        admin(&http, "DELETE /__admin/files/a/b.txt", &Value::Null)
            .await
            .status,
        200
    );
    assert_eq!(get(&http, "/__admin/files").await.json(), json!([]));
}

fn names(dir: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir.path().join("mappings"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn persistent_stubs_are_written_at_once_and_removed_with_their_file() {
    let dir = folder(&[]);
    let http = service();
    http.load_root_dir(dir.path()).unwrap();
    let id = "97f14385-5a51-41e5-a188-ac5379c63db9";
    let mut stub = json!({"id": id, "request": {"method": "POST", "url": "/p/q?x=1"}});
    admin(&http, "POST /__admin/mappings", &stub).await;
    assert!(!dir.path().join("mappings").exists());
    let line = format!("PUT /__admin/mappings/{id}");
    stub["persistent"] = true.into();
    assert_eq!(admin(&http, &line, &stub).await.status, 200);
    assert_eq!(names(&dir), [format!("post-pqx1-{id}.json")]);
    stub["name"] = "Now named".into();
    assert_eq!(admin(&http, &line, &stub).await.status, 200);
    assert_eq!(
        names(&dir),
        [format!("post-pqx1-{id}.json")],
        "one file a stub"
    );
    let again = service();
    again.load_root_dir(dir.path()).unwrap();
    assert_eq!(again.stubs()[0]["name"], "Now named");
    let line = format!("DELETE /__admin/mappings/{id}");
    assert_eq!(admin(&http, &line, &Value::Null).await.status, 200);
    assert!(names(&dir).is_empty());
    admin(&http, "POST /__admin/mappings/reset", &Value::Null).await;
    assert!(http.stubs().is_empty());
    let import = json!({"mappings": [stub, {"request": {"url": "/not"}}]});
    admin(&http, "POST /__admin/mappings/import", &import).await;
    assert_eq!(names(&dir), [format!("now-named-{id}.json")]);
    admin(&http, "DELETE /__admin/mappings", &Value::Null).await;
    assert!(names(&dir).is_empty());
}

#[tokio::test]
async fn stubs_go_back_to_the_files_that_they_came_from() {
    let one = "97f14385-5a51-41e5-a188-ac5379c63db9";
    let two = "97f14385-5a51-41e5-a188-ac5379c63dba";
    let many = json!({"mappings": [{"id": two, "request": {"url": "/two"}}, {"request": {"url": "/three"}}]});
    let dir = folder(&[
        (
            "mappings/mine.json",
            r#"{"id": "97f14385-5a51-41e5-a188-ac5379c63db9", "request": {"url": "/one"}}"#,
        ),
        ("mappings/many.json", &many.to_string()),
    ]);
    let http = service();
    http.load_root_dir(dir.path()).unwrap();
    let edited = json!({"request": {"url": "/edited"}});
    admin(&http, &format!("PUT /__admin/mappings/{one}"), &edited).await;
    let saved = admin(&http, "POST /__admin/mappings/save", &Value::Null).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(names(&dir), ["many.json", "mine.json"]);
    let text = fs::read_to_string(dir.path().join("mappings/mine.json")).unwrap();
    assert!(text.contains("/edited"), "{text}");
    let again = service();
    assert_eq!(again.load_root_dir(dir.path()).unwrap(), 3);
    admin(&http, &format!("PUT /__admin/mappings/{two}"), &edited).await;
    let refused = admin(&http, "POST /__admin/mappings/save", &Value::Null).await;
    assert_eq!(refused.status, 500);
    assert!(refused.text().contains("many.json"), "{}", refused.text());
}
