//! The one block of a PEM text (RFC 7468) that holds a key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::KeyError;

pub(crate) struct Block<'t> {
    pub(crate) label: &'t str,
    pub(crate) der: Vec<u8>,
}

/// The first block whose label ends in `kind` (`PRIVATE KEY`, `PUBLIC KEY`).
pub(crate) fn block<'t>(text: &'t str, kind: &'static str) -> Result<Block<'t>, KeyError> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, after)) = after.split_once("-----") else {
            break;
        };
        rest = after;
        if !label.ends_with(kind) {
            continue;
        }
        let encoding = || KeyError::PemEncoding {
            label: label.to_owned(),
        };
        let (body, end) = after.split_once("-----END ").ok_or_else(encoding)?;
        if !end.starts_with(label) {
            return Err(encoding());
        }
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| encoding())?;
        return Ok(Block { label, der });
    }
    Err(KeyError::NoPem { expected: kind })
}
