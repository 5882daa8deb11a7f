//! What becomes of a token: userinfo, introspection, validation, the log.

use efsm_auth::{AuthConfig, AuthError, AuthService};
use efsm_core::SignedDuration;
use efsm_jose::{Algorithm, Header, SigningKey, encode};
use serde_json::{Value, json};

use crate::{NOW_SECONDS, auth, auth_in, call, context, introspect, post_json, userinfo};

#[tokio::test]
async fn userinfo_gives_the_tokens_claims_and_the_registered_user() {
    let auth = auth();
    let token = auth.issue_jwt("alice", json!({"scope": "read"})).unwrap();
    let answer = userinfo(&auth, &format!("Bearer {token}")).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["sub"], "alice");
    assert_eq!(body["claims"]["scope"], "read");
    assert_eq!(body["claims"]["exp"], NOW_SECONDS + 3600);
    assert_eq!(
        body["user"],
        json!({"email": "alice@example.com", "roles": ["admin"]})
    );
    assert_eq!(
        userinfo(&auth, &format!("bearer  {token}")).await.status,
        200
    );

    let stranger = auth.issue_jwt("nobody-registered", Value::Null).unwrap();
    let body = userinfo(&auth, &format!("Bearer {stranger}")).await.json();
    assert_eq!(body["user"], json!({}));
}

#[tokio::test]
async fn userinfo_without_a_good_token_is_challenged() {
    let auth = auth();
    let good = auth.issue_jwt("alice", Value::Null).unwrap();
    let basic = format!("Basic {good}");
    let cut = format!("Bearer {}", &good[..good.len() - 1]);
    for authorization in ["", "Bearer", "Bearer ", "Bearer x", &basic, &cut, &good] {
        let answer = match authorization {
            "" => call(&auth, "GET", "/oauth/userinfo", &[], "").await,
            some => userinfo(&auth, some).await,
        };
        let (status, error, description) = answer.refusal();
        assert_eq!(
            (status, error.as_str()),
            (401, "invalid_token"),
            "{authorization}"
        );
        assert!(!description.is_empty());
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer "), "{challenge}");
        assert!(
            challenge.contains(r#"error="invalid_token""#),
            "{challenge}"
        );
    }
    let twice = [
        ("authorization", format!("Bearer {good}")),
        ("authorization", "Bearer x".to_owned()),
    ];
    let twice: Vec<_> = twice.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(
        call(&auth, "GET", "/oauth/userinfo", &twice, "")
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn introspection_shows_the_claims_of_an_active_token_only() {
    let auth = auth();
    let token = auth
        .issue_jwt("alice", json!({"scope": "read", "active": false}))
        .unwrap();
    let active = introspect(&auth, &token).await;
    assert_eq!(active["active"], true);
    assert_eq!(active["sub"], "alice");
    assert_eq!(active["iss"], "efsm");
    assert_eq!(active["exp"], NOW_SECONDS + 3600);
    assert_eq!(active["scope"], "read");
    let by_json = post_json(&auth, "/oauth/introspect", json!({"token": token})).await;
    assert_eq!(by_json.json(), active);
    assert_eq!(by_json.header("cache-control"), "no-store");

    assert_eq!(
        introspect(&auth, "nonsense").await,
        json!({"active": false})
    );
    let missing = post_json(&auth, "/oauth/introspect", json!({})).await;
    let (status, code, description) = missing.refusal();
    assert_eq!((status, code.as_str()), (400, "invalid_request"));
    assert!(description.contains("'token' is missing"));
}

#[tokio::test]
async fn moved_clock_expires_tokens() {
    let context = context();
    let auth = auth_in(context.clone());
    let token = auth.issue_jwt("alice", Value::Null).unwrap();
    context
        .clock()
        .advance(SignedDuration::from_secs(3599))
        .unwrap();
    assert_eq!(introspect(&auth, &token).await["active"], true);
    context
        .clock()
        .advance(SignedDuration::from_secs(1))
        .unwrap();
    assert_eq!(introspect(&auth, &token).await, json!({"active": false}));
    let error = auth.validate_jwt(&token).unwrap_err().to_string();
    assert!(error.contains("expired at 2026-01-01T01:00:00Z"), "{error}");
    let (_, _, description) = userinfo(&auth, &format!("Bearer {token}")).await.refusal();
    assert!(description.contains("expired"), "{description}");

    context
        .clock()
        .advance(SignedDuration::from_secs(-1))
        .unwrap();
    assert_eq!(introspect(&auth, &token).await["active"], true);
}

#[test]
fn extra_claims_add_replace_and_remove() {
    let auth = auth();
    let extra = json!({"aud": "shop", "exp": NOW_SECONDS + 5, "email": null, "sub": "mallory"});
    let token = auth.issue_jwt("alice", extra).unwrap();
    let claims = auth.validate_jwt(&token).unwrap();
    assert_eq!(claims.subject(), Some("mallory"));
    assert_eq!(claims.text("aud"), Some("shop"));
    assert_eq!(claims.get("email"), None);
    assert_eq!(claims.get("exp"), Some(&json!(NOW_SECONDS + 5)));

    for (extra, why) in [
        (json!({"exp": NOW_SECONDS}), "expired"),
        (json!({"exp": null}), "no claim `exp`"),
        (json!({"exp": "soon"}), "`exp` is not a number"),
        (json!({"nbf": NOW_SECONDS + 1}), "valid from"),
        (json!({"iss": "evil"}), "issued by \"evil\""),
    ] {
        let token = auth.issue_jwt("alice", extra.clone()).unwrap();
        let error = auth.validate_jwt(&token).unwrap_err().to_string();
        assert!(error.contains(why), "{extra}: {error}");
    }
    assert_eq!(
        auth.issue_jwt("alice", json!([1])).unwrap_err(),
        AuthError::ClaimsNotAnObject { found: "a list" }
    );
}

#[test]
fn tokens_of_others_are_refused() {
    let auth = auth();
    let sign = |key: &SigningKey, iss: &str| {
        let claims = efsm_auth::Claims::new()
            .with("iss", iss)
            .with("sub", "alice")
            .with("exp", NOW_SECONDS + 60);
        encode(&Header::jwt(key), &claims, key).unwrap()
    };
    let ours = SigningKey::hmac(Algorithm::Hs256, crate::SECRET.as_bytes()).unwrap();
    let theirs = SigningKey::hmac(Algorithm::Hs256, b"another").unwrap();
    let longer = SigningKey::hmac(Algorithm::Hs512, crate::SECRET.as_bytes()).unwrap();
    // A backend that knows the secret can make tokens itself.
    auth.validate_jwt(&sign(&ours, "efsm")).unwrap();
    for (token, why) in [
        (sign(&ours, "evil"), "trusted"),
        (sign(&theirs, "efsm"), "signature"),
        (sign(&longer, "efsm"), "\"HS512\" is not accepted"),
        (
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.".to_owned(),
            "\"none\" is not accepted",
        ),
    ] {
        let error = auth.validate_jwt(&token).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn unset_secret_is_random_and_known_to_the_library() {
    let (a, b) = (AuthService::new(context()), AuthService::new(context()));
    assert_ne!(a.secret(), b.secret(), "although the seeds are equal");
    assert!(a.secret().len() >= 43);
    let token = a.issue_jwt("alice", Value::Null).unwrap();
    assert!(b.validate_jwt(&token).is_err());
    let config = AuthConfig {
        secret: Some(a.secret()),
        ..AuthConfig::default()
    };
    AuthService::with_config(context(), config)
        .unwrap()
        .validate_jwt(&token)
        .unwrap();
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let check = |config: AuthConfig, why: &str| {
        let error = AuthService::with_config(context(), config)
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    };
    let config = AuthConfig::default;
    check(
        AuthConfig {
            ttl_seconds: 0,
            ..config()
        },
        "at least one second",
    );
    check(
        AuthConfig {
            secret: Some(String::new()),
            ..config()
        },
        "empty",
    );
    let users = vec![efsm_auth::User::new("a").with_claim("exp", 1)];
    check(
        AuthConfig { users, ..config() },
        "cannot have the claim `exp`",
    );
}

#[tokio::test]
async fn log_of_issued_tokens_is_answered() {
    let auth = auth();
    let first = auth.issue_jwt("alice", Value::Null).unwrap();
    let body = json!({"grant_type": "client_credentials", "client_id": "shop", "scope": "x"});
    post_json(&auth, "/oauth/token", body).await;
    auth.issue_jwt("alice", Value::Null).unwrap();

    let get = async |query: &str| call(&auth, "GET", &format!("/issued{query}"), &[], "").await;
    let all = get("").await.json();
    assert_eq!(all["count"], 3);
    assert_eq!(all["tokens"][0]["token"], first);
    assert_eq!(all["tokens"][0]["grant"], "direct");
    assert_eq!(all["tokens"][0]["issued_at"], "2026-01-01T00:00:00Z");
    assert_eq!(all["tokens"][0]["expires_at"], "2026-01-01T01:00:00Z");
    assert_eq!(all["tokens"][1]["sub"], "shop");
    assert_eq!(all["tokens"][1]["grant"], "client_credentials");
    assert_eq!(all["tokens"][1]["scope"], "x");
    assert_eq!(all["tokens"][1]["claims"]["client_id"], "shop");
    assert_eq!(get("?sub=alice").await.json()["count"], 2);
    assert_eq!(
        get("?sub=alice&limit=1").await.json()["tokens"][0],
        all["tokens"][2]
    );
    assert_eq!(get("?limit=x").await.status, 400);
}

#[test]
fn oldest_tokens_fall_out_of_the_log_and_stay_counted() {
    let auth = auth();
    let tokens: Vec<String> = (0..10_003)
        .map(|_| auth.issue_jwt("alice", Value::Null).unwrap())
        .collect();
    let log = auth.issued_tokens();
    assert_eq!(log.len(), 10_000);
    assert_eq!(log[0].token, tokens[3]);
    assert_eq!(auth.counts().issued, 10_003);
    auth.validate_jwt(&tokens[0]).unwrap();

    let long = json!({"pad": "x".repeat(40_000)});
    for _ in 0..1_000 {
        auth.issue_jwt("alice", long.clone()).unwrap();
    }
    let bytes: usize = auth.issued_tokens().iter().map(|t| t.token.len()).sum();
    assert!(bytes < 32 << 20, "{bytes} bytes");
}
