//! Bodies on their way in: bounds, memory, digests, and uploads that end early.

use bytes::Bytes;
use efsm_core::{Body, BodyError, Limits};
use serde_json::json;

use crate::world::{World, announced, channel};

fn tight(memory_bytes: u64, storage_part_bytes: u64) -> World {
    World::with_limits(Limits {
        memory_bytes,
        storage_part_bytes,
        body_bytes: 10_000,
        ..Limits::default()
    })
}

fn pieces(count: usize, each: usize) -> Body {
    Body::Pieces(vec![Bytes::from(vec![b'x'; each]); count].into())
}

/// A body that does not say how long it is.
fn unannounced(count: usize, each: usize) -> Body {
    let (sender, body) = channel();
    for _ in 0..count {
        sender.send(Ok(Bytes::from(vec![b'x'; each]))).unwrap();
    }
    body
}

#[tokio::test]
async fn body_over_the_limit_of_a_part_is_refused_whether_announced_or_not() {
    let world = tight(1 << 20, 1000);
    world.put("/b/k", pieces(10, 100)).await;
    let before = world.used_bytes();
    for body in [pieces(11, 100), unannounced(11, 100)] {
        let message = world.send("PUT", "/b/k", &[], body).await.error(413);
        assert!(message.contains("1000 bytes"), "{message}");
    }
    assert_eq!(world.get("/b/k").await.body.len(), 1000);
    assert_eq!(world.used_bytes(), before);
}

#[tokio::test]
async fn body_over_the_memory_cap_is_refused_and_its_memory_given_back() {
    let world = tight(5000, 1 << 20);
    for body in [pieces(50, 100), unannounced(50, 100)] {
        let message = world.send("PUT", "/b/k", &[], body).await.error(507);
        assert!(
            message.contains("5000 bytes") && message.contains("`memory`"),
            "{message}"
        );
        assert_eq!(world.used_bytes(), 0);
    }
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
    // Refused in process alike.
    let options = efsm_storage::PutOptions::default;
    let refused = world.storage.put_object("b", "k", vec![0; 5000], options());
    assert!(matches!(
        refused,
        Err(efsm_storage::StorageError::OutOfMemory(_))
    ));
    world
        .storage
        .put_object("b", "k", vec![0; 4000], options())
        .unwrap();
    // The old object stays until the new one is whole, so both must find room.
    assert!(
        world
            .storage
            .put_object("b", "k", vec![0; 4000], options())
            .is_err()
    );
    assert_eq!(world.get("/b/k").await.body.len(), 4000);
}

#[tokio::test]
async fn very_many_empty_objects_meet_the_memory_cap_too() {
    let world = tight(100_000, 1000);
    let mut stored = 0;
    while world
        .send("PUT", &format!("/b/{stored}"), &[], "")
        .await
        .status
        == 200
    {
        stored += 1;
        assert!(stored < 1000, "an empty object costs nothing");
    }
    assert!(stored > 100, "{stored}");
}

#[tokio::test]
async fn upload_holds_memory_as_it_grows_and_only_then() {
    let world = tight(1 << 20, 1 << 20);
    let (sender, body) = channel();
    let upload = world.send("PUT", "/b/k", &[], body);
    tokio::pin!(upload);
    sender.send(Ok(Bytes::from(vec![1; 100_000]))).unwrap();
    assert!(futures_util::poll!(&mut upload).is_pending());
    let one = world.used_bytes();
    assert!(one >= 100_000, "{one}");
    sender.send(Ok(Bytes::from(vec![1; 100_000]))).unwrap();
    assert!(futures_util::poll!(&mut upload).is_pending());
    assert_eq!(world.used_bytes(), one + 100_000);
    drop(sender);
    assert_eq!(upload.await.json()["size"], json!(200_000));
    world.send("DELETE", "/b/k", &[], "").await;
    world.send("DELETE", "/b", &[], "").await;
    assert_eq!(world.used_bytes(), 0);
}

#[tokio::test]
async fn aborted_upload_stores_nothing_and_gives_its_memory_back() {
    let world = World::default();
    world.put("/b/k", "old").await;
    let before = world.used_bytes();
    // The connection breaks: the gateway says so, or drops the request.
    for broken in [true, false] {
        let (sender, body) = channel();
        sender.send(Ok(Bytes::from(vec![1; 100_000]))).unwrap();
        {
            let upload = world.send("PUT", "/b/k", &[], body);
            tokio::pin!(upload);
            assert!(futures_util::poll!(&mut upload).is_pending());
            assert!(world.used_bytes() > before);
            if broken {
                let error = BodyError::Incomplete("connection reset".to_owned());
                sender.send(Err(error)).unwrap();
                let message = upload.await.error(400);
                assert!(message.contains("connection reset"), "{message}");
            }
        }
        assert_eq!(world.used_bytes(), before);
        assert_eq!(world.get("/b/k").await.body, "old");
    }
}

#[tokio::test]
async fn sender_who_stops_sending_is_timed_out_without_harm() {
    let world = World::default();
    let (sender, body) = channel();
    sender.send(Ok(Bytes::from_static(b"half"))).unwrap();
    sender
        .send(Err(BodyError::TimedOut { seconds: 30 }))
        .unwrap();
    world.send("PUT", "/b/k", &[], body).await.error(408);
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
    assert_eq!(world.used_bytes(), 0);
}

#[tokio::test]
async fn million_tiny_pieces_are_one_object() {
    let world = World::default();
    let body = Body::Pieces(
        (0..1_000_000u32)
            .map(|n| Bytes::copy_from_slice(&[n as u8]))
            .collect(),
    );
    world.put("/b/k", body).await;
    let object = world.storage.get_object("b", "k").unwrap();
    assert_eq!(object.size(), 1_000_000);
    assert!(object.body().pieces().len() <= 4);
}

#[tokio::test]
async fn large_pieces_are_sent_from_where_they_came() {
    let world = World::default();
    let piece = Bytes::from(vec![7; 64 * 1024]);
    world
        .put("/b/k", Body::Pieces(vec![piece.clone(); 2].into()))
        .await;
    let request = efsm_core::Request::new(http::Request::get("/b/k").body(()).unwrap());
    let answer = efsm_core::Service::http(&world.storage, request).await;
    let Body::Pieces(sent) = answer.into_body() else {
        panic!("sent in pieces");
    };
    let places: Vec<_> = sent.iter().map(|p| p.as_ptr()).collect();
    assert_eq!(places, [piece.as_ptr(); 2]);
}

#[tokio::test]
async fn announced_digest_is_checked() {
    let world = World::default();
    // The MD5 of `meow`.
    let good = [("content-md5", "SkvkDJasYxTpHZPzgEOmNA==")];
    let answer = world.send("PUT", "/b/k", &good, "meow").await;
    assert_eq!(answer.status, 200);
    assert!(world.storage.get_object("b", "k").unwrap().etag_is_known());
    for (digest, body, part) in [
        ("SkvkDJasYxTpHZPzgEOmNA==", "woof", "MD5"),
        ("4a4be40c96ac6314e91d93f38043a634", "meow", "base64"),
        ("", "meow", "base64"),
        ("AAAA", "meow", "base64"),
    ] {
        let message = world
            .send("PUT", "/b/k", &[("content-md5", digest)], body)
            .await
            .error(400);
        assert!(message.contains(part), "{message}");
        assert_eq!(world.get("/b/k").await.body, "meow");
    }
}

#[tokio::test]
async fn put_costs_no_hash() {
    let world = World::default();
    world.put("/b/k", "meow").await;
    let object = world.storage.head_object("b", "k").unwrap();
    assert!(!object.etag_is_known());
    world.get("/b/k").await;
    assert!(object.etag_is_known());
}

#[tokio::test]
async fn part_of_an_object_is_not_taken_for_the_whole() {
    let world = World::default();
    world.put("/b/k", "0123456789").await;
    let fields = [("content-range", "bytes 0-1/10")];
    let message = world.send("PUT", "/b/k", &fields, "ab").await.error(400);
    assert!(message.contains("Content-Range"), "{message}");
    assert_eq!(world.get("/b/k").await.body, "0123456789");
}

#[tokio::test]
async fn upload_is_refused_before_it_comes() {
    let world = tight(10_000, 1000);
    world.put("/b/k", "x").await;
    for (fields, status) in [
        ([("if-none-match", "*")], 412),
        ([("if-match", "\"other\"")], 412),
        ([("content-md5", "?")], 400),
        ([("content-range", "bytes 0-1/2")], 400),
    ] {
        // Nothing is ever sent: to wait for a piece would be to wait for ever.
        let (_sender, body) = channel();
        world.send("PUT", "/b/k", &fields, body).await.error(status);
    }
    let (_sender, body) = announced(1001);
    world.send("PUT", "/b/k", &[], body).await.error(413);
    let world = tight(10_000, 1 << 40);
    let (_sender, body) = announced(10_000);
    world.send("PUT", "/b/k", &[], body).await.error(507);
    // To announce is not to take.
    assert_eq!(world.used_bytes(), 0);
}

#[tokio::test]
async fn condition_is_looked_at_again_when_the_upload_is_whole() {
    let world = World::default();
    let (sender, body) = channel();
    let upload = world.send("PUT", "/b/k", &[("if-none-match", "*")], body);
    tokio::pin!(upload);
    sender.send(Ok(Bytes::from_static(b"late"))).unwrap();
    assert!(futures_util::poll!(&mut upload).is_pending());
    world.put("/b/k", "early").await;
    drop(sender);
    upload.await.error(412);
    assert_eq!(world.get("/b/k").await.body, "early");
}

#[tokio::test]
async fn metadata_that_no_header_can_carry_is_refused_in_process() {
    let world = World::default();
    for (name, value) in [
        ("a b", "x"),
        ("", "x"),
        ("Upper", "x"),
        ("n", "line\r\nX-Evil: 1"),
    ] {
        let mut options = efsm_storage::PutOptions::default();
        options
            .metadata
            .user
            .insert(name.to_owned(), value.to_owned());
        let refused = world.storage.put_object("b", "k", "x", options);
        assert!(
            matches!(
                refused,
                Err(efsm_storage::StorageError::InvalidMetadata { .. })
            ),
            "{name:?}: {refused:?}"
        );
    }
}
