use std::time::Duration;

use efsm_jose::{Claims, Header, JoseError, Validation, decode, encode};
use serde_json::{Value, json};

use crate::{forged, hs256};

const NOW: &str = "2026-01-01T00:00:00Z";
const NOW_SECONDS: i64 = 1_767_225_600;

fn validation() -> Validation<'static> {
    Validation::at(NOW.parse().unwrap())
}

/// Signs `claims`, reads them back under `validation`; the refusal's message, or nothing.
#[track_caller]
fn check(claims: Value, validation: &Validation<'_>, refusal: &str) {
    let (key, verifying) = hs256();
    let Value::Object(map) = claims else {
        panic!("claims are an object")
    };
    let claims = Claims::from(map);
    let token = encode(&Header::jwt(&key), &claims, &key).unwrap();
    match decode(&token, &verifying, validation) {
        Ok(read) => {
            assert_eq!(refusal, "", "accepted");
            assert_eq!(read, claims);
        }
        Err(error) => {
            assert_ne!(refusal, "", "refused: {error}");
            assert!(error.to_string().contains(refusal), "{error}");
        }
    }
}

#[test]
fn token_lives_until_the_second_of_its_expiry() {
    let exp = |exp: Value| json!({ "exp": exp });
    check(exp(json!(NOW_SECONDS + 1)), &validation(), "");
    check(
        exp(json!(NOW_SECONDS)),
        &validation(),
        "expired at 2026-01-01T00:00:00Z; it is 2026-01-01T00:00:00Z now",
    );
    check(exp(json!(NOW_SECONDS as f64 + 0.5)), &validation(), "");
    check(
        exp(json!(NOW_SECONDS as f64 - 0.5)),
        &validation(),
        "expired",
    );
    check(exp(json!(-1)), &validation(), "expired");
    check(exp(json!(u64::MAX)), &validation(), "");
    check(exp(json!(1e300)), &validation(), "");
    check(exp(json!(-1e300)), &validation(), "expired");
}

#[test]
fn leeway_forgives_a_clock_that_is_off() {
    let lenient = validation().with_leeway(Duration::from_mins(1));
    check(json!({"exp": NOW_SECONDS - 59}), &lenient, "");
    check(json!({"exp": NOW_SECONDS - 60}), &lenient, "expired");
    let later = json!({"exp": NOW_SECONDS + 900, "nbf": NOW_SECONDS + 60});
    check(later.clone(), &lenient, "");
    check(later, &validation(), "valid from 2026-01-01T00:01:00Z");
}

#[test]
fn not_before_is_the_first_valid_second() {
    let nbf = |nbf: i64| json!({"exp": NOW_SECONDS + 900, "nbf": nbf});
    check(nbf(NOW_SECONDS), &validation(), "");
    check(nbf(NOW_SECONDS + 1), &validation(), "valid from");
}

#[test]
fn registered_claims_of_a_wrong_type_are_refused() {
    for (claim, value) in [
        ("exp", json!("1767229200")),
        ("exp", json!(null)),
        ("nbf", json!(true)),
        ("iat", json!("now")),
        ("iss", json!(1)),
        ("sub", json!({})),
        ("jti", json!(7)),
        ("aud", json!(7)),
        ("aud", json!(["a", 7])),
    ] {
        let mut claims = json!({"exp": NOW_SECONDS + 900});
        claims[claim] = value;
        check(
            claims,
            &validation(),
            &format!("the claim `{claim}` is not"),
        );
    }
}

#[test]
fn issuer_and_audience_are_compared_when_they_are_expected() {
    let strict = validation().with_issuer("efsm").with_audience("shop");
    let claims = |iss: Value, aud: Value| json!({"exp": NOW_SECONDS + 1, "iss": iss, "aud": aud});
    check(claims(json!("efsm"), json!("shop")), &strict, "");
    check(claims(json!("efsm"), json!(["a", "shop"])), &strict, "");
    check(
        claims(json!("evil"), json!("shop")),
        &strict,
        "issued by \"evil\", and \"efsm\" is trusted",
    );
    check(
        claims(json!("efsm"), json!(["a", "b"])),
        &strict,
        "meant for \"a, b\"",
    );
    check(json!({"exp": NOW_SECONDS + 1}), &strict, "issued by nobody");
    check(
        json!({"exp": NOW_SECONDS + 1, "iss": "efsm"}),
        &strict,
        "meant for nobody",
    );
    check(claims(json!("evil"), json!("b")), &validation(), "");
}

#[test]
fn required_claims_must_be_there() {
    check(json!({"sub": "a"}), &validation(), "no claim `exp`");
    check(json!({"sub": "a"}), &validation().requiring(&[]), "");
    let strict = validation().requiring(&["exp", "jti"]);
    check(json!({"exp": NOW_SECONDS + 1}), &strict, "no claim `jti`");
}

#[test]
fn payload_that_is_not_an_object_without_repetitions_is_refused() {
    let (_, verifying) = hs256();
    for (payload, why) in [
        ("[]", "expected a JSON object"),
        ("nonsense", "line 1 column 2"),
        (r#"{"exp":1,"exp":99999999999}"#, "\"exp\" appears twice"),
    ] {
        let token = forged(r#"{"alg":"HS256"}"#, payload.as_bytes());
        let refused = decode(&token, &verifying, &validation()).unwrap_err();
        assert!(
            matches!(&refused, JoseError::Claims { problem } if problem.contains(why)),
            "{refused}"
        );
    }
}
