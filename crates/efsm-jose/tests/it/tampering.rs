use efsm_jose::{
    Algorithm, Header, JoseError, MAX_TOKEN_BYTES, Segment, VerifyingKey, base64url, sign, verify,
};
use proptest::prelude::*;

use crate::{A1_PAYLOAD, forged, hs256};

fn refusal(token: &str) -> JoseError {
    verify(token, &hs256().1).expect_err("refused")
}

#[test]
fn the_key_decides_the_algorithm() {
    for alg in [
        "none", "None", "NONE", "hs256", "HS512", "RS256", "ES512", "",
    ] {
        let token = forged(&format!(r#"{{"alg":"{alg}"}}"#), A1_PAYLOAD);
        assert!(
            matches!(
                refusal(&token),
                JoseError::Algorithm {
                    key: Algorithm::Hs256,
                    ..
                }
            ),
            "{alg}"
        );
    }
}

#[test]
fn public_key_used_as_a_shared_secret_is_refused() {
    // The classic confusion: HS256 with the bytes of the RSA public key as the secret.
    let pem = include_str!("../data/rfc7515_a2_public.pem");
    let public = VerifyingKey::rs256_pem(pem).unwrap();
    let secret = efsm_jose::SigningKey::hmac(Algorithm::Hs256, pem.as_bytes()).unwrap();
    let token = sign(&Header::jwt(&secret), A1_PAYLOAD, &secret).unwrap();
    assert!(matches!(
        verify(&token, &public),
        Err(JoseError::Algorithm {
            key: Algorithm::Rs256,
            ..
        })
    ));
}

#[test]
fn headers_that_are_not_understood_are_refused() {
    for (header, why) in [
        (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, "critical"),
        (r#"{"alg":"HS256","crit":[]}"#, "critical"),
        (r#"{"alg":"HS256","crit":"exp"}"#, "critical"),
        (r#"{"alg":"HS256","alg":"none"}"#, "\"alg\" appears twice"),
        (r#"{"alg":"none","alg":"HS256"}"#, "\"alg\" appears twice"),
        (r#"{"typ":"JWT"}"#, "no `alg`"),
        (r#"{"alg":256}"#, "`alg` is not a string"),
        (r#"{"alg":"HS256","kid":1}"#, "`kid` is not a string"),
        (r#"{"alg":"HS256","typ":[]}"#, "`typ` is not a string"),
        (r#"["HS256"]"#, "expected a JSON object"),
        ("", "EOF"),
    ] {
        let error = refusal(&forged(header, A1_PAYLOAD)).to_string();
        assert!(error.contains(why), "{header}: {error}");
    }
}

#[test]
fn keys_inside_a_header_are_not_used() {
    let header = r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"jku":"http://evil"}"#;
    let verified = verify(&forged(header, A1_PAYLOAD), &hs256().1).unwrap();
    assert!(verified.header.other.contains_key("jwk"));
}

#[test]
fn tokens_of_a_wrong_form_are_refused() {
    let token = forged(r#"{"alg":"HS256"}"#, A1_PAYLOAD);
    for (bad, found) in [
        (String::new(), 1),
        ("a.b".to_owned(), 2),
        (format!("{token}."), 4),
        ("a.b.c.d.e".to_owned(), 5),
    ] {
        assert_eq!(refusal(&bad), JoseError::Segments { found });
    }
    let parts: Vec<&str> = token.split('.').collect();
    for (bad, segment) in [
        (
            format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
            Segment::Header,
        ),
        (format!(" {token}"), Segment::Header),
        (format!("{token}="), Segment::Signature),
        (format!("{token}\n"), Segment::Signature),
    ] {
        assert_eq!(refusal(&bad), JoseError::Base64(segment));
    }
    assert_eq!(
        refusal(&format!("{}.{}.", parts[0], parts[1])),
        JoseError::Signature
    );
}

#[test]
fn payload_is_strict_too_once_its_signature_fits() {
    let signed = format!("{}.e30=", base64url::encode(r#"{"alg":"HS256"}"#));
    let signature = hs256().0.sign(signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", base64url::encode(signature));
    assert_eq!(refusal(&token), JoseError::Base64(Segment::Payload));
}

#[test]
fn oversized_tokens_are_neither_made_nor_looked_at() {
    let (key, _) = hs256();
    let made = sign(&Header::jwt(&key), &vec![b'x'; MAX_TOKEN_BYTES], &key);
    assert!(matches!(made, Err(JoseError::TooLarge { .. })));
    let long = "a".repeat(MAX_TOKEN_BYTES + 1);
    assert!(matches!(refusal(&long), JoseError::TooLarge { .. }));
}

#[test]
fn messages_do_not_repeat_long_input() {
    let alg = "x".repeat(10_000);
    let error = refusal(&forged(&format!(r#"{{"alg":"{alg}"}}"#), b"{}")).to_string();
    assert!(error.len() < 300, "{} bytes", error.len());
}

proptest! {
    #[test]
    fn one_changed_character_ends_a_token(at in any::<prop::sample::Index>(), to in "[ -~]") {
        let token = forged(r#"{"alg":"HS256","typ":"JWT"}"#, A1_PAYLOAD);
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != token);
        prop_assert!(verify(&changed, &hs256().1).is_err());
    }

    #[test]
    fn cut_tokens_are_refused(length in any::<prop::sample::Index>()) {
        let token = forged(r#"{"alg":"HS256"}"#, A1_PAYLOAD);
        let cut = &token[..length.index(token.len())];
        prop_assert!(verify(cut, &hs256().1).is_err());
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC{0,200}") {
        prop_assert!(verify(&text, &hs256().1).is_err());
    }

    #[test]
    fn any_payload_comes_back(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let (key, verifying) = hs256();
        let token = sign(&Header::jwt(&key), &payload, &key).unwrap();
        prop_assert_eq!(verify(&token, &verifying).unwrap().payload, payload);
    }

    #[test]
    fn another_secret_refuses(secret in prop::collection::vec(any::<u8>(), 1..80)) {
        prop_assume!(secret != crate::a1_secret());
        let other = VerifyingKey::hmac(Algorithm::Hs256, &secret).unwrap();
        let token = forged(r#"{"alg":"HS256"}"#, A1_PAYLOAD);
        prop_assert_eq!(verify(&token, &other).unwrap_err(), JoseError::Signature);
    }
}
