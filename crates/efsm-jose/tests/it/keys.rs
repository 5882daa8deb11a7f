use efsm_jose::{Algorithm, Header, JoseError, KeyError, SigningKey, VerifyingKey, sign, verify};

use crate::hs256;

#[test]
fn generated_keys_sign_what_their_public_half_verifies() {
    for key in [
        SigningKey::generate_es256().unwrap(),
        SigningKey::generate_rs256().unwrap(),
    ] {
        let header = Header::jwt(&key).with_kid("k1");
        let token = sign(&header, b"payload", &key).unwrap();
        let verified = verify(&token, &key.verifying_key().unwrap()).unwrap();
        assert_eq!(verified.header, header);
        assert_eq!(verified.payload, b"payload");
    }
}

#[test]
fn another_key_of_the_same_algorithm_does_not_verify() {
    let signer = SigningKey::generate_es256().unwrap();
    let other = SigningKey::generate_es256().unwrap();
    let token = sign(&Header::jwt(&signer), b"x", &signer).unwrap();
    let refused = verify(&token, &other.verifying_key().unwrap()).unwrap_err();
    assert_eq!(refused, JoseError::Signature);
}

#[test]
fn header_for_another_algorithm_is_not_signed() {
    let (hmac, _) = hs256();
    let es256 = SigningKey::generate_es256().unwrap();
    let refused = sign(&Header::jwt(&hmac), b"x", &es256).unwrap_err();
    assert_eq!(
        refused,
        JoseError::HeaderAlgorithm {
            header: Algorithm::Hs256,
            key: Algorithm::Es256
        }
    );
}

#[test]
fn unusable_keys_say_why() {
    assert_eq!(
        SigningKey::hmac(Algorithm::Hs256, b"").unwrap_err(),
        KeyError::EmptySecret
    );
    assert_eq!(
        VerifyingKey::hmac(Algorithm::Rs256, b"x").unwrap_err(),
        KeyError::NotHmac(Algorithm::Rs256)
    );
    for (pem, expected) in [
        (
            "",
            KeyError::NoPem {
                expected: "PRIVATE KEY",
            },
        ),
        (
            "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----",
            KeyError::PemEncoding {
                label: "PRIVATE KEY".to_owned(),
            },
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA",
            KeyError::PemEncoding {
                label: "PRIVATE KEY".to_owned(),
            },
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
            KeyError::PemLabel {
                label: "ENCRYPTED PRIVATE KEY".to_owned(),
                expected: "an unencrypted PKCS #8 or PKCS #1 key",
            },
        ),
    ] {
        assert_eq!(SigningKey::rs256_pem(pem).unwrap_err(), expected);
    }
    let rsa = include_str!("../data/rfc7515_a2_pkcs8.pem");
    assert!(matches!(
        SigningKey::es256_pem(rsa),
        Err(KeyError::Rejected {
            algorithm: Algorithm::Es256,
            ..
        })
    ));
    assert!(matches!(
        VerifyingKey::es256_pem(include_str!("../data/rfc7515_a2_public.pem")),
        Err(KeyError::Rejected {
            algorithm: Algorithm::Es256,
            ..
        })
    ));
}

#[test]
fn keys_do_not_show_themselves() {
    let (key, verifying) = hs256();
    assert_eq!(format!("{key:?}"), "SigningKey(HS256)");
    assert_eq!(format!("{verifying:?}"), "VerifyingKey(HS256)");
}

#[test]
fn p256_keys_are_read_from_both_wrappings() {
    let public = VerifyingKey::es256_pem(include_str!("../data/p256_public.pem")).unwrap();
    for pem in [
        include_str!("../data/p256_rfc5915.pem"),
        include_str!("../data/p256_pkcs8.pem"),
    ] {
        let key = SigningKey::es256_pem(pem).unwrap();
        let token = sign(&Header::jwt(&key), b"x", &key).unwrap();
        assert_eq!(verify(&token, &public).unwrap().payload, b"x");
    }
}
