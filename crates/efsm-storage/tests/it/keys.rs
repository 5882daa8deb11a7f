//! Keys of every kind, through the path and back out of the listing.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn keys_of_every_kind_are_kept_as_they_are() {
    let world = World::default();
    for (raw, key) in [
        ("a/b/c", "a/b/c"),
        ("a//b", "a//b"),
        ("/", "/"),
        ("/lead", "/lead"),
        ("trail/", "trail/"),
        ("..", ".."),
        ("../../etc/passwd", "../../etc/passwd"),
        ("./.", "./."),
        ("%2e%2e", "..%"),
        ("with%20space", "with space"),
        ("a+b", "a+b"),
        ("%E6%97%A5%E6%9C%AC/%D0%BA%D0%BB%D1%8E%D1%87", "日本/ключ"),
        ("100%25", "100%"),
        ("%00%0A", "\0\n"),
        ("_efsm/status", "_efsm/status"),
        ("storage/health", "storage/health"),
        ("a;b=c,d:e@f&g=h$!'()*~", "a;b=c,d:e@f&g=h$!'()*~"),
        ("%22quoted%22%5C", "\"quoted\"\\"),
    ] {
        // `%2e%2e` and `..` are one key; the row is there to show that the first is decoded.
        let key = if raw == "%2e%2e" { ".." } else { key };
        let world = &world;
        let put = world.send("PUT", &format!("/keys/{raw}"), &[], "x").await;
        assert_eq!(put.json()["key"], json!(key), "{raw}");
        let got = world.get(&format!("/keys/{raw}")).await;
        assert_eq!(got.status, 200, "{raw}");
        let objects = world.get("/keys").await.json();
        assert_eq!(objects["objects"], json!([key]), "{raw}");
        let deleted = world.send("DELETE", &format!("/keys/{raw}"), &[], "").await;
        assert_eq!(deleted.json(), json!({"deleted": true}), "{raw}");
    }
}

#[tokio::test]
async fn encoded_slash_is_a_slash() {
    let world = World::default();
    world.put("/b/a%2Fb", "x").await;
    assert_eq!(world.get("/b/a/b").await.status, 200);
}

#[tokio::test]
async fn key_of_1024_bytes_is_the_longest() {
    let world = World::default();
    let longest = "%C3%BC".repeat(512);
    world.put(&format!("/b/{longest}"), "x").await;
    assert_eq!(world.get(&format!("/b/{longest}")).await.status, 200);
    let message = world
        .send("PUT", &format!("/b/{longest}x"), &[], "x")
        .await
        .error(400);
    assert!(
        message.contains("1025 bytes") && message.contains("1024 bytes"),
        "{message}"
    );
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let world = World::default();
    for (path, part) in [
        ("//key", "empty"),
        ("/a%2Fb/key", "slash"),
        ("/%0Ab/key", "control"),
        ("/b/%FF", "UTF-8"),
        ("/%FF/k", "UTF-8"),
        (&format!("/{}/k", "x".repeat(256))[..], "255"),
    ] {
        for method in ["PUT", "GET", "DELETE"] {
            let message = world.send(method, path, &[], "x").await.error(400);
            assert!(message.contains(part), "{method} {path}: {message}");
        }
    }
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
    assert_eq!(world.used_bytes(), 0);
}
