//! The dispatch as a table: a request line, what it carries, and where it must arrive.

use super::*;
use efsm_core::http::AwsScope;
use http::Request;
use proptest::prelude::*;

fn directory(services: &[(&'static str, &'static str)]) -> Directory {
    Directory {
        services: services.to_vec(),
        own: Some(([127, 0, 0, 1], 8888).into()),
    }
}

fn all() -> Directory {
    directory(&[
        ("http", "/http"),
        ("database", "/db"),
        ("auth", "/auth"),
        ("queue", "/queue"),
        ("storage", "/storage"),
    ])
}

/// `line` is `METHOD target [header: value]...`, headers after ` | `.
fn target(line: &str, directory: &Directory) -> Target {
    let mut parts = line.split(" | ");
    let (method, uri) = parts.next().unwrap().split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri);
    let mut form = None;
    for part in parts {
        match part.split_once(": ").unwrap() {
            ("form", body) => form = Some(body.as_bytes()),
            (name, value) => request = request.header(name, value),
        }
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    dispatch(&head, form, directory)
}

/// A target in short: `database Rest 3`, `control 6`, `health`.
fn short(target: &Target) -> String {
    match target {
        Target::Control { mount } => format!("control {mount}"),
        Target::Mcp => "mcp".into(),
        Target::Health => "health".into(),
        Target::Nobody => "nobody".into(),
        Target::Tunnel { is_own: true } => "tunnel to itself".into(),
        Target::Tunnel { is_own: false } => "tunnel".into(),
        Target::Service { name, route } => {
            let face = match &route.face {
                Face::Aws(scope) => {
                    let AwsScope {
                        service,
                        account,
                        region,
                    } = scope;
                    format!("Aws({service} {account} {region})")
                }
                face => format!("{face:?}"),
            };
            format!("{name} {face} {}", route.mount)
        }
        Target::Unclaimed { name, route } => match &route.face {
            Face::Aws(scope) => format!("{name} Aws({}), or a stub", scope.service),
            face => format!("{name} {face:?}, or a stub"),
        },
    }
}

const SIGNED: &str = "authorization: AWS4-HMAC-SHA256 Credential=";

#[test]
fn every_request_arrives_where_section_4_says() {
    let s3 = format!("{SIGNED}AKIA/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host");
    let sqs = format!("{SIGNED}123456789012/20260101/us-east-1/sqs/aws4_request, Signature=x");
    let ws = "upgrade: websocket | connection: Upgrade | sec-websocket-protocol";
    for (line, expected) in [
        // The forward proxy.
        ("GET http://api.example.com/db/x", "http ForwardProxy 0"),
        (
            "GET http://api.example.com/_efsm/status",
            "http ForwardProxy 0",
        ),
        ("GET http://localhost/db/x", "http ForwardProxy 0"),
        ("GET http://localhost:3000/db/x", "http ForwardProxy 0"),
        ("GET https://api.localhost:8889/", "http ForwardProxy 0"),
        (
            "GET http://10.0.0.1:8888/_efsm/status",
            "http ForwardProxy 0",
        ),
        ("CONNECT api.example.com:443", "tunnel"),
        ("CONNECT localhost:443", "tunnel"),
        ("CONNECT 127.0.0.1:8888", "tunnel to itself"),
        ("CONNECT [::1]:8888", "tunnel to itself"),
        ("GET http://localhost:8888/_efsm/status", "control 6"),
        ("GET https://shop.localhost:8888/db/x", "database Rest 3"),
        ("GET http://localhost:8888/db/tables", "database Rest 3"),
        ("GET http://127.0.0.1:8888/hello", "http Rest 0"),
        // Reserved paths.
        ("GET /_efsm/status", "control 6"),
        ("GET /_efsm", "control 6"),
        ("GET /_efsm/db/diff?from=a", "database Control 9"),
        ("GET /_efsm/dbx", "control 6"),
        ("GET /_efsmx", "http Rest 0"),
        ("POST /__admin/mappings", "http Admin 8"),
        ("POST /__administration", "http Rest 0"),
        ("POST /mcp", "mcp"),
        ("POST /mcp2", "http Rest 0"),
        ("GET /health", "health"),
        ("GET /health/live", "http Rest 0"),
        // AWS, with and without a prefix, with every word in bucket and key.
        (
            &format!("PUT /b/k | {s3}"),
            "storage Aws(s3 000000000000 eu-west-1) 0",
        ),
        (
            &format!("PUT /storage/b/k | {s3}"),
            "storage Aws(s3 000000000000 eu-west-1) 8",
        ),
        (
            &format!("PUT /queue/db | {s3}"),
            "storage Aws(s3 000000000000 eu-west-1) 0",
        ),
        (
            &format!("PUT /b/v2/pipeline | {s3}"),
            "storage Aws(s3 000000000000 eu-west-1) 0",
        ),
        (
            &format!("GET /health2/auth | {s3}"),
            "storage Aws(s3 000000000000 eu-west-1) 0",
        ),
        (
            &format!("POST / | {sqs}"),
            "queue Aws(sqs 123456789012 us-east-1) 0",
        ),
        (
            &format!("POST /queue/ | {sqs}"),
            "queue Aws(sqs 123456789012 us-east-1) 6",
        ),
        (
            "GET /b/k?X-Amz-Credential=AKIA%2F20260101%2Fus-west-2%2Fs3%2Faws4_request",
            "storage Aws(s3 000000000000 us-west-2) 0",
        ),
        (
            "GET /b/k?AWSAccessKeyId=111122223333&Signature=x&Expires=1",
            "storage Aws(s3 111122223333 us-east-1) 0",
        ),
        (
            "GET /b | authorization: AWS AKIA:sig",
            "storage Aws(s3 000000000000 us-east-1) 0",
        ),
        (
            "POST / | x-amz-target: DynamoDB_20120810.GetItem",
            "queue Aws(dynamodb), or a stub",
        ),
        (
            "POST / | x-amz-target: AmazonSQS.SendMessage",
            "queue Aws(sqs 000000000000 us-east-1) 0",
        ),
        (
            "POST / | form: Action=ListTopics&Version=2010-03-31",
            "queue Aws(query 000000000000 us-east-1) 0",
        ),
        (
            "GET /000000000000/q?Action=SendMessage&Version=2012-11-05",
            "queue Aws(sqs 000000000000 us-east-1) 0",
        ),
        ("POST /login | form: Action=buy&item=1", "http Rest 0"),
        (
            "GET /k | host: pics.s3.localhost:8888",
            "storage Aws(s3 000000000000 us-east-1) 0",
        ),
        ("GET /k | host: s3.localhost:8888", "http Rest 0"),
        // Hrana at any prefix.
        ("POST /v2/pipeline", "database Hrana 0"),
        ("POST /db/v3/pipeline", "database Hrana 0"),
        ("POST /any/where/v3/cursor", "database Hrana 0"),
        ("POST /v3-protobuf/pipeline", "database Hrana 0"),
        ("GET /v3-protobuf", "database Hrana, or a stub"),
        ("GET /v2", "database Hrana, or a stub"),
        ("GET /api/v2", "http Rest 0"),
        ("POST /v1/execute", "database Hrana, or a stub"),
        ("POST /v1/batch", "database Hrana, or a stub"),
        ("GET /v1/batch", "http Rest 0"),
        ("POST /api/v1/batch", "http Rest 0"),
        ("POST /db/v1/batch", "database Rest 3"),
        ("GET /api/v2", "http Rest 0"),
        ("GET /v2/pipeline", "http Rest 0"),
        ("POST /v2/pipelines", "http Rest 0"),
        (
            &format!("GET /db | {ws}: hrana2,hrana1"),
            "database Hrana 0",
        ),
        (
            &format!("GET / | {ws}: hrana3-protobuf"),
            "database Hrana 0",
        ),
        (
            &format!("GET /queue/subscribe/t | {ws}: chat"),
            "queue Rest 6",
        ),
        // Prefixes on segment boundaries.
        ("GET /db/tables", "database Rest 3"),
        ("GET /db", "database Rest 3"),
        ("GET /dbx/tables", "http Rest 0"),
        ("GET /http/_efsm/status", "http Rest 5"),
        ("PUT /storage/b/_efsm/status", "storage Rest 8"),
        ("PUT /storage/b/__admin/http", "storage Rest 8"),
        ("GET /auth/oauth/userinfo", "auth Rest 5"),
        ("GET /%64b/tables", "http Rest 0"),
        // Stubs.
        ("GET /hello", "http Rest 0"),
        ("GET /", "http Rest 0"),
        ("OPTIONS *", "http Rest 0"),
    ] {
        assert_eq!(short(&target(line, &all())), expected, "{line}");
    }
}

#[test]
fn only_enabled_services_take_their_words() {
    let http_only = directory(&[("http", "/http")]);
    for line in [
        "POST /auth/login",
        "POST /v2/pipeline",
        "GET /db/tables",
        "PUT /storage/b/k",
        "PUT /b/k | authorization: AWS AKIA:sig",
    ] {
        assert_eq!(short(&target(line, &http_only)), "http Rest 0", "{line}");
    }
    let queue_only = directory(&[("queue", "/queue")]);
    assert_eq!(short(&target("GET /hello", &queue_only)), "nobody");
    assert_eq!(
        short(&target("GET /__admin/mappings", &queue_only)),
        "nobody"
    );
    assert_eq!(short(&target("CONNECT a:1", &queue_only)), "nobody");
    assert_eq!(short(&target("GET http://a.test/", &queue_only)), "nobody");
    let own = target("CONNECT localhost:8888", &queue_only);
    assert_eq!(short(&own), "tunnel to itself");
}

#[test]
fn stack_on_one_address_is_not_on_another() {
    let on = |own: &str| Directory {
        own: Some(own.parse().unwrap()),
        ..all()
    };
    for (own, line, expected) in [
        ("0.0.0.0:80", "GET http://localhost/db", "database Rest 3"),
        ("0.0.0.0:443", "GET https://127.0.0.1/db", "database Rest 3"),
        ("10.0.0.7:80", "GET http://10.0.0.7/db", "database Rest 3"),
        (
            "10.0.0.7:80",
            "GET http://localhost/db",
            "http ForwardProxy 0",
        ),
        ("[::1]:80", "GET http://[::1]/db", "database Rest 3"),
    ] {
        assert_eq!(short(&target(line, &on(own))), expected, "{own}: {line}");
    }
}

proptest! {
    #[test]
    fn mount_is_always_a_boundary_of_the_path(path in "(/[a-z_%0-9]{0,6}){0,4}", word in 0..8usize) {
        let words = ["", "/db", "/http", "/queue", "/storage", "/auth", "/_efsm", "/_efsm/db"];
        let path = format!("{}{path}", words[word]);
        let uri = if path.is_empty() { "/" } else { path.as_str() };
        let request = Request::get(uri).body(());
        prop_assume!(request.is_ok());
        let (head, ()) = request.unwrap().into_parts();
        let mount = match dispatch(&head, None, &all()) {
            Target::Service { route, .. } => route.mount,
            Target::Control { mount } => mount,
            _ => 0,
        };
        let rest = &head.uri.path()[mount..];
        prop_assert!(rest.is_empty() || rest.starts_with('/'));
    }
}
