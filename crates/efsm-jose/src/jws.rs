//! The compact serialisation of a JWS (RFC 7515 section 3.1).

use crate::{Header, JoseError, Segment, SigningKey, VerifyingKey, base64url};

/// The longest token that is made or looked at: as much as a request's headers may have.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// What a token with a good signature says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub header: Header,
    pub payload: Vec<u8>,
}

/// Signs `payload`: `header.payload.signature`.
pub fn sign(header: &Header, payload: &[u8], key: &SigningKey) -> Result<String, JoseError> {
    if header.algorithm != key.algorithm() {
        return Err(JoseError::HeaderAlgorithm {
            header: header.algorithm,
            key: key.algorithm(),
        });
    }
    let mut token = base64url::encode(header.to_json().to_string());
    token.push('.');
    token.push_str(&base64url::encode(payload));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&base64url::encode(signature));
    check_size(&token)?;
    Ok(token)
}

/// Verifies a token's form and signature; nothing of the payload is looked at before the signature fits.
pub fn verify(token: &str, key: &VerifyingKey) -> Result<Verified, JoseError> {
    check_size(token)?;
    let found = token.split('.').count();
    let (Some((signed, signature)), 3) = (token.rsplit_once('.'), found) else {
        return Err(JoseError::Segments { found });
    };
    let (header, payload) = signed
        .split_once('.')
        .ok_or(JoseError::Segments { found })?;
    let header = Header::parse(&decoded(header, Segment::Header)?, key)?;
    let signature = decoded(signature, Segment::Signature)?;
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(JoseError::Signature);
    }
    Ok(Verified {
        header,
        payload: decoded(payload, Segment::Payload)?,
    })
}

fn decoded(text: &str, segment: Segment) -> Result<Vec<u8>, JoseError> {
    base64url::decode(text).ok_or(JoseError::Base64(segment))
}

fn check_size(token: &str) -> Result<(), JoseError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JoseError::TooLarge {
            bytes: token.len(),
            limit_bytes: MAX_TOKEN_BYTES,
        });
    }
    Ok(())
}
