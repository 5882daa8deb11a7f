//! Every block of Rust in README.md and docs/, compiled and run as it stands there.

#![allow(
    clippy::needless_borrows_for_generic_args,
    clippy::needless_pass_by_value,
    reason = "pages show what reads well, and values that are used again"
)]

use std::path::Path;

use bytes::Bytes;
use efsm::{EphemeralMockServer, Reply};
use efsm_auth::{AuthConfig, AuthService, User};
use efsm_core::{Clock, Context, Entropy, Limits};
use efsm_queue::{Delivery, StartFrom};
use efsm_storage::{PutOptions, StorageService};
use serde_json::json;

type Done = Result<(), Box<dyn std::error::Error>>;

fn context() -> Context {
    Context::new(Clock::system(), Entropy::seeded(1), Limits::default())
}

#[test]
#[rustfmt::skip]
fn readme() -> Done {
    use efsm::EphemeralMockServer;
    use serde_json::json;

    let server = EphemeralMockServer::builder().port(0).start()?;
    server.add_endpoint("GET", "/hello", json!({"msg": "world"}))?;
    server.queue().publish("orders", &json!({"id": 1}))?;

    let before = server.snapshot();      // a value
    let other = server.fork()?;          // another server on another port
    server.restore(&before)?;
    server.stop();                       // everything vanishes; Drop does the same
    drop(other);
    Ok(())
}

#[test]
#[rustfmt::skip]
fn http() -> Done {
    let server = EphemeralMockServer::builder().port(0).start()?;
    let call = || ureq::post(format!("{}/orders", server.url())).header("X-Tenant", "a").send("{}");
    // Nothing answers it yet, and it counts all the same.
    assert!(call().is_err());
    let http = server.http();
    http.add_endpoint("GET", "/hello", json!({"msg": "world"}))?;
    http.add_endpoint("POST", "/orders", Reply::from(json!({"id": 1})).status(201).header("Location", "/orders/1"))?;
    http.respond_with("GET", "/now/{zone}", |request| Reply::from(request.path().to_owned()))?;
    http.add_stub(&json!({"request": {"url": "/x"}, "response": {"fault": "CONNECTION_RESET_BY_PEER"}}))?;
    http.verify(&json!({"urlPath": "/orders", "headers": {"X-Tenant": {"equalTo": "a"}}}), 1)?;
    assert_eq!(call()?.status(), 201);
    Ok(())
}

#[test]
#[rustfmt::skip]
fn auth() -> Done {
    let context = context();
    let auth = AuthService::with_config(context, AuthConfig {
        secret: Some("shared with the backend".into()),
        users: vec![User::new("alice").with_claim("roles", vec!["admin"])],
        ..AuthConfig::default()
    })?;
    let token = auth.issue_jwt("alice", json!({"exp": 1}))?;   // a token that has already expired
    let reason = auth.validate_jwt(&token).unwrap_err();       // says so
    assert!(reason.to_string().contains("expired"), "{reason}");
    Ok(())
}

#[tokio::test]
#[rustfmt::skip]
async fn queue() -> Done {
    let server = EphemeralMockServer::builder().port(0).start_async().await?;
    let queue = server.queue();
    let mut orders = queue.subscribe("orders", StartFrom::New)?;
    queue.publish("orders", &json!({"id": 7}))?;
    match orders.next().await {
        Some(Delivery::Message(message)) => assert_eq!(message.seq, 1),
        Some(Delivery::Reset { after, .. }) => println!("goes on after {after}"),
        None => println!("the stack is gone"),
    }
    Ok(())
}

#[test]
#[rustfmt::skip]
fn storage() -> Done {
    let context = context();
    let bytes: &'static [u8] = b"\x89PNG";
    let storage = StorageService::new(context);
    storage.put_object("photos", "cat.png", bytes, PutOptions::content_type("image/png"))?;
    let cat = storage.get_object("photos", "cat.png")?;
    assert_eq!(cat.body().to_bytes(), bytes);
    assert_eq!(cat.body().to_bytes(), Bytes::from_static(bytes));
    Ok(())
}

/// Lines without their indentation, and without those that are empty.
fn lines(text: &str) -> Vec<&str> {
    let trimmed = text.lines().map(str::trim);
    trimmed.filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_block_is_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = std::fs::read_dir(root.join("docs")).unwrap();
    let pages = pages.map(|page| page.unwrap().path());
    let here = lines(include_str!("pages.rs"));
    let mut found = 0;
    for page in pages.chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in text.split("```rust\n").skip(1) {
            let block = lines(block.split("```").next().unwrap());
            found += 1;
            assert!(
                here.windows(block.len()).any(|part| part == block),
                "{}: not in {}: {block:#?}",
                page.display(),
                file!()
            );
        }
    }
    assert!(found >= 5, "{found} blocks");
}
