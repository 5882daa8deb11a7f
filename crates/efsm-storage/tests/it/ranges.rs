//! Range requests through HTTP.

use bytes::Bytes;
use efsm_core::Body;
use proptest::prelude::*;

use crate::world::{Answer, World};

async fn ranged(world: &World, range: &str) -> Answer {
    world.send("GET", "/b/k", &[("range", range)], "").await
}

#[tokio::test]
async fn part_is_sent_with_its_place() {
    let world = World::default();
    let fields = [("content-type", "text/x"), ("x-amz-meta-a", "b")];
    world.send("PUT", "/b/k", &fields, "0123456789").await;
    for (range, body, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=5-100", "56789", "bytes 5-9/10"),
        ("bytes=0-9", "0123456789", "bytes 0-9/10"),
    ] {
        let answer = ranged(&world, range).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.body, body, "{range}");
        assert_eq!(answer.header("content-range"), Some(place));
        assert_eq!(
            answer.header("content-length"),
            Some(&body.len().to_string()[..])
        );
        assert_eq!(answer.header("content-type"), Some("text/x"));
        assert_eq!(answer.header("x-amz-meta-a"), Some("b"));
        assert!(answer.header("etag").is_some());
    }
}

#[tokio::test]
async fn range_past_the_end_is_told_the_length() {
    let world = World::default();
    world.put("/b/k", "0123456789").await;
    for range in ["bytes=10-", "bytes=10-20,30-", "bytes=-0"] {
        let answer = ranged(&world, range).await;
        let message = answer.error(416);
        assert!(message.contains("10 bytes"), "{message}");
        assert_eq!(answer.header("content-range"), Some("bytes */10"));
    }
}

#[tokio::test]
async fn range_that_is_not_understood_is_ignored() {
    let world = World::default();
    world.put("/b/k", "0123456789").await;
    for range in [
        "bytes=4-2",
        "lines=1-2",
        "bytes=x",
        "garbage",
        "bytes=0-,0-",
    ] {
        let answer = ranged(&world, range).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (200, &b"0123456789"[..]),
            "{range}"
        );
        assert_eq!(answer.header("content-range"), None);
    }
    let head = world
        .send("HEAD", "/b/k", &[("range", "bytes=0-1")], "")
        .await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length")),
        (200, Some("10"))
    );
    let twice = [("range", "bytes=0-1"), ("range", "bytes=2-3")];
    assert_eq!(world.send("GET", "/b/k", &twice, "").await.status, 200);
}

#[tokio::test]
async fn several_parts_come_as_multipart() {
    let world = World::default();
    let fields = [("content-type", "text/x")];
    world.send("PUT", "/b/k", &fields, "0123456789").await;
    let answer = ranged(&world, "bytes=0-1,-2,5-5").await;
    assert_eq!(answer.status, 206);
    assert_eq!(answer.header("content-range"), None);
    let kind = answer.header("content-type").unwrap();
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Type: text/x\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n\
         --{boundary}\r\nContent-Type: text/x\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n\
         --{boundary}\r\nContent-Type: text/x\r\nContent-Range: bytes 5-5/10\r\n\r\n5\r\n\
         --{boundary}--\r\n"
    );
    assert_eq!(answer.body, expected);
    let length = expected.len().to_string();
    assert_eq!(answer.header("content-length"), Some(&length[..]));
}

#[tokio::test]
async fn suffix_of_an_empty_object_is_all_of_it() {
    let world = World::default();
    world.put("/b/k", "").await;
    let answer = ranged(&world, "bytes=-5").await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    assert_eq!(ranged(&world, "bytes=0-").await.status, 416);
}

#[tokio::test]
async fn if_range_sends_the_part_only_of_the_same_object() {
    let world = World::default();
    world.put("/b/k", "old content").await;
    world.advance(10);
    world.put("/b/k", "0123456789").await;
    let got = world.get("/b/k").await;
    let etag = got.header("etag").unwrap();
    let date = got.header("last-modified").unwrap();
    for (if_range, status) in [
        (etag, 206),
        (date, 206),
        (&format!("W/{etag}")[..], 200),
        ("\"other\"", 200),
        (&format!("{etag}, \"other\"")[..], 200),
        ("Wed, 04 Mar 2026 05:06:16 GMT", 200),
        ("Wed, 04 Mar 2026 05:06:18 GMT", 200),
        ("*", 200),
        ("nonsense", 200),
    ] {
        let fields = [("range", "bytes=0-3"), ("if-range", if_range)];
        let answer = world.send("GET", "/b/k", &fields, "").await;
        assert_eq!(answer.status, status, "If-Range: {if_range}");
    }
    // Unsatisfiable, but of another object: the whole, not 416.
    let fields = [("range", "bytes=50-"), ("if-range", "\"other\"")];
    assert_eq!(world.send("GET", "/b/k", &fields, "").await.status, 200);
}

#[tokio::test]
async fn date_that_two_objects_share_is_no_if_range() {
    let world = World::default();
    for delete_between in [false, true] {
        world.put("/b/k", "first").await;
        if delete_between {
            world.send("DELETE", "/b/k", &[], "").await;
        }
        world.put("/b/k", "second").await;
        let date = world.get("/b/k").await;
        let date = date.header("last-modified").unwrap();
        let fields = [("range", "bytes=0-1"), ("if-range", date)];
        let answer = world.send("GET", "/b/k", &fields, "").await;
        assert_eq!(answer.status, 200, "deleted between: {delete_between}");
        world.advance(60);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn part_of_a_body_in_pieces_is_its_slice(
        sizes in proptest::collection::vec(prop_oneof![0..50usize, 16_380..16_390usize], 0..5),
        from in 0..50_000usize,
        length in 1..20_000usize,
    ) {
        let pieces: Vec<Bytes> = sizes.iter().map(|n| (0..*n).map(|i| (i * 7) as u8).collect()).collect();
        let whole = pieces.concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async {
            let world = World::default();
            world.put("/b/k", Body::Pieces(pieces.into())).await;
            ranged(&world, &format!("bytes={from}-{}", from + length - 1)).await
        });
        let part = whole.get(from..).filter(|part| !part.is_empty());
        match part {
            None => prop_assert_eq!(answer.status, 416),
            Some(part) => {
                let part = &part[..length.min(part.len())];
                prop_assert_eq!(answer.status, 206);
                prop_assert_eq!(&answer.body[..], part);
            }
        }
    }
}
