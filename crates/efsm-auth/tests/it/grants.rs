//! The token endpoint: what is granted, what is refused, and how both are said.

use efsm_jose::{Algorithm, Validation, VerifyingKey, decode, verify};
use serde_json::{Value, json};

use crate::{FORM, JSON, NOW_SECONDS, SECRET, auth, call, context, post_form, post_json};

const TOKEN: &str = "/oauth/token";

/// The claims of a token, read with the shared secret and nothing else of the service.
fn claims_of(token: &Value) -> Value {
    let key = VerifyingKey::hmac(Algorithm::Hs256, SECRET.as_bytes()).unwrap();
    let token = token.as_str().unwrap();
    assert_eq!(
        verify(token, &key).unwrap().header.typ.as_deref(),
        Some("JWT")
    );
    let claims = decode(token, &key, &Validation::at(context().now())).unwrap();
    serde_json::to_value(claims).unwrap()
}

#[tokio::test]
async fn token_is_answered_in_the_contracts_shape() {
    let auth = auth();
    let request = json!({"grant_type": "password", "username": "carol", "scope": "read write"});
    let answer = post_json(&auth, TOKEN, request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["access_token", "token_type", "expires_in", "scope"]
    );
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "read write");

    let claims = claims_of(&body["access_token"]);
    assert!(!claims["jti"].as_str().unwrap().is_empty());
    assert_eq!(claims["iss"], "efsm");
    assert_eq!(claims["sub"], "carol");
    assert_eq!(claims["iat"], NOW_SECONDS);
    assert_eq!(claims["exp"], NOW_SECONDS + 3600);
    assert_eq!(claims["scope"], "read write");
}

#[tokio::test]
async fn both_grants_take_forms_and_json() {
    let auth = auth();
    for (body, subject, client) in [
        (
            "grant_type=password&username=carol&password=any",
            "carol",
            Value::Null,
        ),
        (
            "grant_type=client_credentials&client_id=shop",
            "shop",
            "shop".into(),
        ),
        (
            "grant_type=password&username=carol&client_id=shop",
            "carol",
            "shop".into(),
        ),
        (
            "grant_type=client_credentials&username=carol",
            "carol",
            Value::Null,
        ),
        ("grant_type=password&client_id=shop", "shop", "shop".into()),
        (
            "grant_type=password&username=z%C3%A9&scope=",
            "zé",
            Value::Null,
        ),
    ] {
        let object: serde_json::Map<_, _> = efsm_wire::form_pairs(body.as_bytes())
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect();
        for answer in [
            post_form(&auth, TOKEN, body).await,
            post_json(&auth, TOKEN, Value::Object(object)).await,
        ] {
            assert_eq!(answer.status, 200, "{body}: {}", answer.text);
            let claims = claims_of(&answer.json()["access_token"]);
            assert_eq!(claims["sub"], subject, "{body}");
            assert_eq!(claims["client_id"], client, "{body}");
            assert_eq!(claims["scope"], Value::Null, "{body}");
            assert_eq!(answer.json()["scope"], "", "{body}");
        }
    }
}

#[tokio::test]
async fn registered_claims_are_in_the_token() {
    let auth = auth();
    let answer = post_form(&auth, TOKEN, "grant_type=password&username=alice").await;
    let claims = claims_of(&answer.json()["access_token"]);
    assert_eq!(claims["email"], "alice@example.com");
    assert_eq!(claims["roles"], json!(["admin"]));
}

#[tokio::test]
async fn two_tokens_of_one_second_differ() {
    let auth = auth();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let answer = post_form(&auth, TOKEN, "grant_type=password&username=alice").await;
        tokens.push(answer.json()["access_token"].clone());
    }
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn registered_password_must_be_right() {
    let auth = auth();
    for (body, status, error) in [
        ("grant_type=password&username=bob&password=b0b", 200, ""),
        (
            "grant_type=password&username=bob&password=bob",
            400,
            "invalid_grant",
        ),
        ("grant_type=password&username=bob", 400, "invalid_grant"),
        (
            "grant_type=client_credentials&client_id=bob&client_secret=b0b",
            200,
            "",
        ),
        (
            "grant_type=client_credentials&client_id=bob&client_secret=x",
            401,
            "invalid_client",
        ),
        (
            "grant_type=client_credentials&client_id=bob&password=b0b",
            401,
            "invalid_client",
        ),
    ] {
        let answer = post_form(&auth, TOKEN, body).await;
        let (got, code, _) = answer.refusal();
        assert_eq!((got, code.as_str()), (status, error), "{body}");
    }
}

#[tokio::test]
async fn basic_authentication_names_the_client() {
    let auth = auth();
    // "bob:b0b", "my%20app:s%3Aecret" and "nocolon" in base64.
    let basic = |credentials: &str| format!("Basic {credentials}");
    let body = "grant_type=client_credentials";
    let send = async |credentials: &str, body: &str| {
        let authorization = basic(credentials);
        call(
            &auth,
            "POST",
            TOKEN,
            &[FORM, ("authorization", &authorization)],
            body,
        )
        .await
    };
    let answer = send("Ym9iOmIwYg==", body).await;
    assert_eq!(claims_of(&answer.json()["access_token"])["sub"], "bob");
    let answer = send("bXklMjBhcHA6cyUzQWVjcmV0", body).await;
    assert_eq!(claims_of(&answer.json()["access_token"])["sub"], "my app");
    let same = format!("{body}&client_id=bob");
    assert_eq!(send("Ym9iOmIwYg==", &same).await.status, 200);

    for (credentials, body, status, error) in [
        ("Ym9iOng=", body, 401, "invalid_client"),
        ("bm9jb2xvbg==", body, 401, "invalid_client"),
        ("***", body, 401, "invalid_client"),
        (
            "Ym9iOmIwYg==",
            "grant_type=client_credentials&client_id=eve",
            400,
            "invalid_request",
        ),
        (
            "Ym9iOmIwYg==",
            "grant_type=client_credentials&client_secret=b0b",
            400,
            "invalid_request",
        ),
    ] {
        let answer = send(credentials, body).await;
        let (got, code, _) = answer.refusal();
        assert_eq!(
            (got, code.as_str()),
            (status, error),
            "{credentials} {body}"
        );
        let challenge = answer.header("www-authenticate");
        assert_eq!(
            challenge.starts_with("Basic "),
            status == 401,
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn refusals_are_those_of_the_rfc() {
    let auth = auth();
    for (body, status, error, why) in [
        ("", 400, "invalid_request", "grant_type is missing"),
        (
            "username=alice",
            400,
            "invalid_request",
            "grant_type is missing",
        ),
        (
            "grant_type=&username=alice",
            400,
            "invalid_request",
            "grant_type is missing",
        ),
        (
            "grant_type=magic&username=alice",
            400,
            "unsupported_grant_type",
            "'magic'",
        ),
        (
            "grant_type=refresh_token",
            400,
            "unsupported_grant_type",
            "refresh_token",
        ),
        (
            "grant_type=password",
            400,
            "invalid_request",
            "username is missing",
        ),
        (
            "grant_type=client_credentials",
            401,
            "invalid_client",
            "client_id is missing",
        ),
        (
            "grant_type=password&username=a&username=b",
            400,
            "invalid_request",
            "'username' is repeated",
        ),
        (
            "grant_type=password&username=a&scope=%22",
            400,
            "invalid_scope",
            "scope",
        ),
        (
            "grant_type=password&username=a&scope=caf%C3%A9",
            400,
            "invalid_scope",
            "scope",
        ),
    ] {
        let answer = post_form(&auth, TOKEN, body).await;
        let (got, code, description) = answer.refusal();
        assert_eq!((got, code.as_str()), (status, error), "{body}");
        assert!(description.contains(why), "{body}: {description}");
        assert_eq!(answer.header("cache-control"), "no-store", "{body}");
        let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        assert!(description.chars().all(allowed), "{description}");
    }
    assert_eq!(auth.issued_tokens().len(), 0);
}

#[tokio::test]
async fn bodies_that_cannot_be_parameters_are_refused_with_the_reason() {
    let auth = auth();
    for (headers, body, status, why) in [
        (
            &[JSON][..],
            "{\"grant_type\": oops}",
            400,
            "line 1 column 16",
        ),
        (&[JSON], "", 400, "empty"),
        (&[JSON], "[]", 400, "a JSON object"),
        (
            &[JSON],
            r#"{"grant_type":7}"#,
            400,
            "'grant_type' must be a string",
        ),
        (
            &[JSON],
            r#"{"grant_type":"password","grant_type":"password"}"#,
            400,
            "twice",
        ),
        (
            &[("content-type", "text/plain")],
            "grant_type=password",
            415,
            "text/plain",
        ),
    ] {
        let answer = call(&auth, "POST", TOKEN, headers, body).await;
        let (got, code, description) = answer.refusal();
        assert_eq!((got, code.as_str()), (status, "invalid_request"), "{body}");
        assert!(description.contains(why), "{body}: {description}");
    }
}

#[tokio::test]
async fn json_that_curl_calls_a_form_is_understood() {
    let auth = auth();
    let body = r#"{"grant_type":"password","username":"alice"}"#;
    assert_eq!(post_form(&auth, TOKEN, body).await.status, 200);
}

#[tokio::test]
async fn oversized_scope_makes_no_token() {
    let auth = auth();
    let scope = "s".repeat(70_000);
    let body = format!("grant_type=password&username=alice&scope={scope}");
    let answer = post_form(&auth, TOKEN, &body).await;
    let (status, code, description) = answer.refusal();
    assert_eq!((status, code.as_str()), (400, "invalid_request"));
    assert!(description.contains("65536"), "{description}");
    assert!(auth.issued_tokens().is_empty());
}
