//! Preconditions in the order of RFC 9110 section 13.2.2, as tables.

use crate::world::World;

const BEFORE: &str = "Wed, 04 Mar 2026 05:06:06 GMT";
const SAME: &str = "Wed, 04 Mar 2026 05:06:07 GMT";
const AFTER: &str = "Wed, 04 Mar 2026 05:06:08 GMT";
// The MD5 of `meow`.
const TAG: &str = "\"4a4be40c96ac6314e91d93f38043a634\"";
const OTHER: &str = "\"00000000000000000000000000000000\"";

async fn check(method: &str, exists: bool, fields: &[(&str, &str)], status: u16) {
    let world = World::default();
    if exists {
        world.put("/b/k", "meow").await;
    }
    let answer = world.send(method, "/b/k", fields, "").await;
    assert_eq!(answer.status, status, "{method} exists={exists} {fields:?}");
    match status {
        412 if method != "HEAD" => assert!(answer.error(412).contains("If-")),
        304 => {
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), Some(TAG));
            assert_eq!(answer.header("last-modified"), Some(SAME));
        }
        _ => {}
    }
    // What was refused changed nothing.
    if exists && status == 412 {
        assert_eq!(world.get("/b/k").await.body, "meow");
    }
}

#[tokio::test]
async fn reads_obey_each_condition() {
    for method in ["GET", "HEAD"] {
        for (name, value, status) in [
            ("if-match", TAG, 200),
            ("if-match", "*", 200),
            ("if-match", OTHER, 412),
            ("if-match", &format!("{OTHER}, {TAG}"), 200),
            // The comparison of If-Match is strong, that of If-None-Match weak.
            ("if-match", &format!("W/{TAG}"), 412),
            ("if-none-match", &format!("W/{TAG}"), 304),
            ("if-none-match", TAG, 304),
            ("if-none-match", TAG.trim_matches('"'), 304),
            ("if-none-match", "*", 304),
            ("if-none-match", OTHER, 200),
            ("if-modified-since", BEFORE, 200),
            ("if-modified-since", SAME, 304),
            ("if-modified-since", AFTER, 304),
            ("if-modified-since", "yesterday", 200),
            ("if-unmodified-since", BEFORE, 412),
            ("if-unmodified-since", SAME, 200),
            ("if-unmodified-since", AFTER, 200),
            ("if-unmodified-since", "yesterday", 200),
        ] {
            check(method, true, &[(name, value)], status).await;
        }
    }
}

#[tokio::test]
async fn tag_decides_before_date() {
    for (fields, status) in [
        ([("if-match", TAG), ("if-unmodified-since", BEFORE)], 200),
        ([("if-match", OTHER), ("if-unmodified-since", AFTER)], 412),
        (
            [("if-none-match", OTHER), ("if-modified-since", AFTER)],
            200,
        ),
        ([("if-none-match", TAG), ("if-modified-since", BEFORE)], 304),
        // What is required comes before what is not wanted.
        ([("if-match", OTHER), ("if-none-match", TAG)], 412),
        ([("if-match", TAG), ("if-none-match", TAG)], 304),
        (
            [("if-unmodified-since", BEFORE), ("if-none-match", TAG)],
            412,
        ),
        (
            [("if-unmodified-since", SAME), ("if-modified-since", SAME)],
            304,
        ),
        // A condition comes before a range.
        ([("if-none-match", TAG), ("range", "bytes=0-0")], 304),
        ([("if-match", TAG), ("range", "bytes=0-0")], 206),
        ([("if-match", OTHER), ("range", "bytes=99-")], 412),
    ] {
        check("GET", true, &fields, status).await;
    }
}

#[tokio::test]
async fn conditions_of_a_missing_object_leave_a_read_not_found() {
    for fields in [
        ("if-match", "*"),
        ("if-match", TAG),
        ("if-none-match", "*"),
        ("if-modified-since", AFTER),
        ("if-unmodified-since", BEFORE),
    ] {
        check("GET", false, &[fields], 404).await;
    }
}

#[tokio::test]
async fn writes_obey_each_condition() {
    for method in ["PUT", "DELETE"] {
        for (exists, name, value, status) in [
            (true, "if-match", TAG, 200),
            (true, "if-match", "*", 200),
            (true, "if-match", OTHER, 412),
            (false, "if-match", TAG, 412),
            (false, "if-match", "*", 412),
            (true, "if-none-match", "*", 412),
            (true, "if-none-match", TAG, 412),
            (true, "if-none-match", OTHER, 200),
            (false, "if-none-match", "*", 200),
            (false, "if-none-match", TAG, 200),
            (true, "if-unmodified-since", BEFORE, 412),
            (true, "if-unmodified-since", SAME, 200),
            (false, "if-unmodified-since", BEFORE, 200),
            // Of reads alone.
            (true, "if-modified-since", AFTER, 200),
        ] {
            check(method, exists, &[(name, value)], status).await;
        }
    }
}

#[tokio::test]
async fn malformed_tags_are_refused_rather_than_ignored() {
    for method in ["GET", "PUT", "DELETE"] {
        for name in ["if-match", "if-none-match"] {
            let world = World::default();
            world.put("/b/k", "meow").await;
            let message = world
                .send(method, "/b/k", &[(name, "\"open")], "new")
                .await
                .error(400);
            assert!(message.contains(name), "{message}");
            assert_eq!(world.get("/b/k").await.body, "meow");
        }
    }
}

#[tokio::test]
async fn of_two_conditional_creations_one_wins() {
    let world = World::default();
    let create = |body: &'static str| world.send("PUT", "/b/k", &[("if-none-match", "*")], body);
    let (a, b) = tokio::join!(create("a"), create("b"));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}
