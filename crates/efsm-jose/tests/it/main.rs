#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod claims;
mod keys;
mod tampering;
mod vectors;

use efsm_jose::{Algorithm, SigningKey, VerifyingKey, base64url};

/// The examples' payload and HMAC key of RFC 7515 appendix A.1.
const A1_PAYLOAD: &[u8] =
    b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
const A1_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn a1_secret() -> Vec<u8> {
    base64url::decode(A1_KEY).unwrap()
}

fn hs256() -> (SigningKey, VerifyingKey) {
    let key = SigningKey::hmac(Algorithm::Hs256, &a1_secret()).unwrap();
    let verifying = key.verifying_key().unwrap();
    (key, verifying)
}

/// A token of the given parts, signed with the HMAC key of [`hs256`] whatever its header says.
fn forged(header: &str, payload: &[u8]) -> String {
    let signed = format!(
        "{}.{}",
        base64url::encode(header),
        base64url::encode(payload)
    );
    let signature = hs256().0.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", base64url::encode(signature))
}
