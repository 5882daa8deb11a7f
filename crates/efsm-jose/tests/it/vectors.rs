//! The examples of RFC 7515 appendix A and RFC 7519 section 3.1, and MACs that another library made.

use efsm_jose::{Algorithm, Header, JoseError, SigningKey, VerifyingKey, base64url, sign, verify};

use crate::{A1_PAYLOAD, a1_secret};

const A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A2_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const A3_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const A3_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const A5: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

/// RFC 7515 appendix A.2's private key in two wrappings, and its public half.
const A2_PKCS8: &str = include_str!("../data/rfc7515_a2_pkcs8.pem");
const A2_PKCS1: &str = include_str!("../data/rfc7515_a2_pkcs1.pem");
const A2_PUBLIC: &str = include_str!("../data/rfc7515_a2_public.pem");

fn bytes(text: &str) -> Vec<u8> {
    base64url::decode(text).unwrap()
}

#[test]
fn hs256_of_the_rfc_verifies() {
    let key = VerifyingKey::hmac(Algorithm::Hs256, &a1_secret()).unwrap();
    let verified = verify(A1, &key).unwrap();
    assert_eq!(verified.payload, A1_PAYLOAD);
    assert_eq!(verified.header.typ.as_deref(), Some("JWT"));
}

#[test]
fn rs256_of_the_rfc_verifies_and_is_made_again() {
    let from_components = VerifyingKey::rs256_components(&bytes(A2_MODULUS), &[1, 0, 1]).unwrap();
    let from_pem = VerifyingKey::rs256_pem(A2_PUBLIC).unwrap();
    for key in [from_components, from_pem] {
        assert_eq!(verify(A2, &key).unwrap().payload, A1_PAYLOAD);
    }
    for pem in [A2_PKCS8, A2_PKCS1] {
        let key = SigningKey::rs256_pem(pem).unwrap();
        let mut header = Header::jwt(&key);
        header.typ = None;
        assert_eq!(sign(&header, A1_PAYLOAD, &key).unwrap(), A2);
    }
}

#[test]
fn es256_of_the_rfc_verifies() {
    let coordinate = |text| <[u8; 32]>::try_from(bytes(text)).unwrap();
    let key = VerifyingKey::es256_coordinates(&coordinate(A3_X), &coordinate(A3_Y)).unwrap();
    assert_eq!(verify(A3, &key).unwrap().payload, A1_PAYLOAD);
}

#[test]
fn unsecured_token_of_the_rfc_is_refused() {
    let key = VerifyingKey::hmac(Algorithm::Hs256, &a1_secret()).unwrap();
    let refused = verify(A5, &key).unwrap_err();
    assert_eq!(
        refused,
        JoseError::Algorithm {
            alg: "\"none\"".to_owned(),
            key: Algorithm::Hs256
        }
    );
}

#[test]
fn macs_are_those_of_another_library() {
    // Made by Python's hmac module over the same header and payload, with the key 00 01 .. 3f.
    let secret: Vec<u8> = (0..64).collect();
    for (algorithm, expected) in [
        (
            Algorithm::Hs256,
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.uLbL5bc8Qp7jfAtqPpwFehDm9fiV55-bPWS-HA7iHx4",
        ),
        (
            Algorithm::Hs384,
            "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.5TqK1AQQ15dapP48Kj4u2Vsk6IcRhUDngSMDNjhLSG7IamFwxWiOexJlqS_Nlvk2",
        ),
        (
            Algorithm::Hs512,
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9._Q1WWgDPwgeT_WbvI3X5vjfqmxujHaa7zKq5S1v_EfXEbbn1ioJ9LQxAjp9khZGAi__lOh2WTg-3-CP303lQeQ",
        ),
    ] {
        let key = SigningKey::hmac(algorithm, &secret).unwrap();
        let token = sign(&Header::jwt(&key), br#"{"sub":"alice"}"#, &key).unwrap();
        assert_eq!(token, expected);
        verify(&token, &key.verifying_key().unwrap()).unwrap();
    }
}
