//! HTTP Basic authentication of a client (RFC 6749 section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_core::Request;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

pub(super) struct Credentials {
    pub(super) id: String,
    pub(super) secret: String,
}

/// The client's credentials; `None` without a Basic header, an error when it cannot be read.
pub(super) fn credentials(request: &Request) -> Result<Option<Credentials>, &'static str> {
    let Some(header) = request.header(AUTHORIZATION) else {
        return Ok(None);
    };
    let Some(encoded) = super::userinfo::of_scheme(header, "basic") else {
        return Ok(None);
    };
    let decoded = STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or("the Basic credentials are not base64 of UTF-8 text")?;
    let (id, secret) = decoded
        .split_once(':')
        .ok_or("the Basic credentials have no colon between client_id and secret")?;
    Ok(Some(Credentials {
        id: form_decoded(id)?,
        secret: form_decoded(secret)?,
    }))
}

/// Both halves are form-encoded before they are joined.
fn form_decoded(text: &str) -> Result<String, &'static str> {
    let text = text.replace('+', " ");
    percent_decode_str(&text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "the Basic credentials are not UTF-8 once decoded")
}
