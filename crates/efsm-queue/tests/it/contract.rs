//! Publish, consume and topics over plain REST.

use efsm_core::{Body, Limits, Service as _};
use efsm_queue::{QueueError, QueueService};
use serde_json::json;

use crate::{call, consume, context_with, publish, queue};

#[tokio::test]
async fn messages_are_published_and_peeked_in_order() {
    let queue = queue();
    for n in 1..=12 {
        let answer = publish(&queue, "orders", format!(r#"{{"n": {n}}}"#)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.text,
            format!(r#"{{"topic":"orders","message_count":{n}}}"#)
        );
    }
    let all = consume(&queue, "orders?limit=100").await;
    assert_eq!(all["count"], 12);
    assert_eq!(all["messages"][11], json!({"n": 12}));
    for _ in 0..2 {
        let peeked = consume(&queue, "orders?limit=2").await;
        let expected = json!({"topic": "orders", "messages": [{"n": 1}, {"n": 2}], "count": 2});
        assert_eq!(peeked, expected);
    }
    assert_eq!(
        consume(&queue, "orders").await["count"],
        10,
        "ten unless said otherwise"
    );
    assert_eq!(
        consume(&queue, "orders?limit=0").await["messages"],
        json!([])
    );
    let later = consume(&queue, "orders?from=11").await;
    assert_eq!(later["messages"], json!([{"n": 11}, {"n": 12}]));
}

#[tokio::test]
async fn unknown_topic_is_empty_and_stays_unknown() {
    let queue = queue();
    let empty = json!({"topic": "nothing", "messages": [], "count": 0});
    assert_eq!(consume(&queue, "nothing").await, empty);
    assert_eq!(
        call(&queue, "GET", "/topics", "").await.json(),
        json!({"topics": []})
    );
}

#[tokio::test]
async fn messages_come_back_byte_by_byte() {
    let queue = queue();
    let texts = [
        "12345678901234567890123456789.000100",
        r#"{"z":1,"a":2,"a":3,"e":1.0e+400}"#,
        "\"\\ud83d\\ude00 😀 \\u0000\"",
        "{\"a\":\n\t1}",
        "null",
        "\"\"",
        "[]",
    ];
    for text in texts {
        let padded = format!(" \r\n{text}\t ");
        assert_eq!(publish(&queue, "exact", padded).await.status, 200, "{text}");
    }
    let answer = call(&queue, "GET", "/consume/exact?limit=100", "").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let expected = format!(
        r#"{{"topic":"exact","messages":[{}],"count":{}}}"#,
        texts.join(","),
        texts.len()
    );
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn long_messages_and_short_ones_stand_in_one_answer() {
    let queue = queue();
    let long = format!("\"{}\"", "x".repeat(100_000));
    for text in [&long, "1", "2", &long] {
        publish(&queue, "t", text.to_owned()).await;
    }
    let answer = call(&queue, "GET", "/consume/t", "").await;
    let expected = format!(r#"{{"topic":"t","messages":[{long},1,2,{long}],"count":4}}"#);
    assert!(answer.text == expected, "{} bytes", answer.text.len());
}

#[tokio::test]
async fn body_that_is_not_json_stores_nothing() {
    let queue = queue();
    for (body, why) in [
        (&b""[..], "empty"),
        (b"  \n ", "empty"),
        (b"{\"a\":\n oops}", "line 2 column 2"),
        (b"{\"a\": 1} trailing", "trailing characters"),
        (b"{'a': 1}", "line 1 column 2"),
        (b"\"\xff\"", "malformed JSON"),
        (b"NaN", "malformed JSON"),
        (b"\xef\xbb\xbf{}", "malformed JSON"),
    ] {
        let answer = publish(&queue, "orders", body.to_vec()).await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!(answer.status, 400, "{shown}");
        assert!(answer.error().contains(why), "{shown}: {}", answer.error());
    }
    assert!(queue.topics().is_empty());
}

#[tokio::test]
async fn deep_nesting_is_refused_at_the_limit() {
    let queue = queue();
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(publish(&queue, "t", nested(128)).await.status, 200);
    for depth in [129, 500_000] {
        let answer = publish(&queue, "t", nested(depth)).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.error().contains("deeper than 128"),
            "{}",
            answer.error()
        );
    }
    assert_eq!(queue.message_count("t"), 1);
}

#[tokio::test]
async fn topic_is_the_rest_of_the_path_decoded() {
    let queue = queue();
    for (path, topic) in [
        ("orders", "orders"),
        ("a/b", "a/b"),
        ("a%2Fb", "a/b"),
        ("caf%C3%A9%20au%20lait", "café au lait"),
        ("a+b", "a+b"),
        ("publish", "publish"),
        ("%22%5C", "\"\\"),
        ("..", ".."),
    ] {
        let answer = publish(&queue, path, "1").await;
        assert_eq!(answer.json()["topic"], topic, "{path}");
        assert_eq!(consume(&queue, path).await["topic"], topic, "{path}");
    }
    assert_eq!(queue.message_count("a/b"), 2);
    let topics = call(&queue, "GET", "/topics", "").await.json();
    let expected = [
        "\"\\",
        "..",
        "a+b",
        "a/b",
        "café au lait",
        "orders",
        "publish",
    ];
    assert_eq!(topics, json!({ "topics": expected }));
}

#[tokio::test]
async fn topics_that_cannot_be_are_refused() {
    let queue = queue();
    let (most, long) = ("é".repeat(256), "x".repeat(257));
    for path in [
        "/publish",
        "/publish/",
        "/publish/%FF",
        &format!("/publish/{long}"),
    ] {
        let answer = call(&queue, "POST", path, "1").await;
        assert_eq!(answer.status, 400, "{path}");
    }
    assert_eq!(queue.publish(&most, &1).unwrap().seq, 1);
    assert_eq!(queue.publish("", &1), Err(QueueError::UnnamedTopic));
    assert_eq!(
        queue.publish(&long, &1),
        Err(QueueError::LongTopic { limit: 256 })
    );
    assert_eq!(queue.topics().len(), 1);
}

#[tokio::test]
async fn limits_and_places_that_are_no_numbers_are_refused() {
    let queue = queue();
    for query in [
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.5",
        "from=x",
        "from=-1",
        "from=new",
    ] {
        let answer = call(&queue, "GET", &format!("/consume/t?{query}"), "").await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(
            answer.json()["hint"].as_str().unwrap().contains('?'),
            "{query}"
        );
    }
    assert_eq!(
        consume(&queue, "t?limit=18446744073709551615").await["count"],
        0
    );
    assert_eq!(
        consume(&queue, "t?from=18446744073709551615").await["count"],
        0
    );
}

#[tokio::test]
async fn topics_are_made_and_shown() {
    let queue = queue();
    let made = call(&queue, "PUT", "/topics/a%2Fb", "").await;
    let figures = json!({"topic": "a/b", "message_count": 0, "last_seq": 0});
    assert_eq!((made.status.as_u16(), made.json()), (201, figures));
    publish(&queue, "a/b", "1").await;
    let again = call(&queue, "PUT", "/topics/a/b", "").await;
    let figures = json!({"topic": "a/b", "message_count": 1, "last_seq": 1});
    assert_eq!(
        (again.status.as_u16(), again.json()),
        (200, figures.clone())
    );
    assert_eq!(call(&queue, "GET", "/topics/a/b", "").await.json(), figures);
    assert_eq!(call(&queue, "GET", "/topics/a", "").await.status, 404);
}

#[tokio::test]
async fn other_methods_and_paths_are_told_what_there_is() {
    let queue = queue();
    for (method, path, allow) in [
        ("GET", "/publish/t", "POST"),
        ("PUT", "/publish/t", "POST"),
        ("POST", "/consume/t", "GET, HEAD"),
        ("DELETE", "/consume/t", "GET, HEAD"),
        ("POST", "/subscribe/t", "GET"),
        ("HEAD", "/subscribe/t", "GET"),
        ("POST", "/topics", "GET, HEAD"),
        ("DELETE", "/topics/t", "GET, HEAD, PUT"),
    ] {
        let answer = call(&queue, method, path, "").await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    for path in ["/", "", "/nothing", "/nothing/t", "/Publish/t"] {
        let answer = call(&queue, "POST", &format!("http://x{path}"), "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.json()["hint"]
                .as_str()
                .unwrap()
                .contains("/publish/{topic}")
        );
    }
}

#[tokio::test]
async fn full_memory_refuses_and_stores_nothing() {
    let context = context_with(Limits {
        memory_bytes: 1_000,
        ..Limits::default()
    });
    let queue = QueueService::new(context.clone());
    assert_eq!(publish(&queue, "t", "1").await.status, 200);
    let used = context.memory().used_bytes();
    assert_eq!(queue.status().memory_bytes, used);
    let big = format!("\"{}\"", "x".repeat(2_000));
    for topic in ["t", "new"] {
        let answer = publish(&queue, topic, big.clone()).await;
        assert_eq!(answer.status, 507);
        assert!(
            answer.error().contains("memory cap of 1000 bytes"),
            "{}",
            answer.error()
        );
    }
    assert_eq!(queue.topics(), ["t"]);
    assert_eq!(queue.message_count("t"), 1);
    assert_eq!(context.memory().used_bytes(), used);
    assert_eq!(publish(&queue, "t", "2").await.status, 200);
    drop(queue);
    assert_eq!(context.memory().used_bytes(), 0);
}

#[tokio::test]
async fn body_past_its_limit_is_refused() {
    let queue = QueueService::new(context_with(Limits {
        body_bytes: 10,
        ..Limits::default()
    }));
    let pieces = ["\"123456", "7890\""].map(|text| text.as_bytes().into());
    let answer = publish(&queue, "t", Body::Pieces(pieces.into())).await;
    assert_eq!(answer.status, 413);
    assert!(answer.error().contains("10 bytes"), "{}", answer.error());
    assert!(queue.topics().is_empty());
}

#[tokio::test]
async fn kept_message_lets_go_of_the_buffer_that_it_was_read_into() {
    let queue = queue();
    let buffer = bytes::Bytes::from(vec![b'1'; 8192]);
    publish(&queue, "t", Body::from(buffer.slice(..4))).await;
    assert_eq!(consume(&queue, "t").await["messages"], json!([1111]));
    assert!(buffer.is_unique(), "something still holds the buffer");
}
