//! Base64, URL encoding and forms.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use indexmap::IndexMap;

use super::lists::repeated;
use crate::render::{Call, Failure, Outcome, refuse, variable};
use crate::{Map, Value};

const PADDED: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false),
);

/// `{{base64 value decode=true padding=false}}`, or of a block's body.
pub(super) fn base64(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let text: Arc<str> = if call.is_block() {
        call.body_in_context()?.into()
    } else {
        call.context_text()?
    };
    if matches!(call.hash("decode"), Some(Value::Bool(true))) {
        return match PADDED.decode(text.as_bytes()) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned().into()),
            Err(error) => refuse(format!("the text is not Base64: {error}")),
        };
    }
    call.renderer.reserve(text.len().saturating_mul(4) / 3)?;
    let padded = matches!(call.hash("padding"), None | Some(Value::Bool(true)));
    let engine = if padded { &PADDED } else { &UNPADDED };
    Ok(engine.encode(text.as_bytes()).into())
}

/// The character sets of URL encoding.
#[derive(Clone, Copy, PartialEq)]
enum Charset {
    Utf8,
    /// Bytes are the first 256 characters; what lies beyond becomes `?`.
    Latin1,
    /// Bytes up to 127.
    Ascii,
}

impl Charset {
    fn of(name: &str) -> Result<Self, Failure> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "iso-8859-1" | "iso8859-1" | "latin1" => Ok(Self::Latin1),
            "us-ascii" | "ascii" => Ok(Self::Ascii),
            _ => refuse(format!(
                "the encoding `{name}` is not supported; use utf-8, iso-8859-1 or us-ascii"
            )),
        }
    }

    fn bytes(self, text: &str) -> Vec<u8> {
        let most = match self {
            Self::Utf8 => return text.as_bytes().to_vec(),
            Self::Latin1 => 0xff,
            Self::Ascii => 0x7f,
        };
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).ok().filter(|b| *b <= most))
            .map(|byte| byte.unwrap_or(b'?'))
            .collect()
    }

    fn text(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Self::Ascii => bytes
                .iter()
                .map(|byte| match byte {
                    0..=0x7f => char::from(*byte),
                    _ => char::REPLACEMENT_CHARACTER,
                })
                .collect(),
        }
    }
}

fn charset(call: &mut Call<'_, '_>) -> Result<Charset, Failure> {
    match call.hash_text("encoding")? {
        Some(name) => Charset::of(&name),
        None => Ok(Charset::Utf8),
    }
}

/// `{{urlEncode value decode=true encoding='iso-8859-1'}}` as `java.net.URLEncoder` does: a space is `+`.
pub(super) fn url_encode(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let text = call.context_text()?;
    let charset = charset(call)?;
    if matches!(call.hash("decode"), Some(Value::Bool(true))) {
        return Ok(decoded(&text, charset)?.into());
    }
    call.renderer.reserve(text.len().saturating_mul(3))?;
    let mut out = String::with_capacity(text.len());
    for byte in charset.bytes(&text) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                const HEX: [u8; 16] = *b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    Ok(out.into())
}

/// `java.net.URLDecoder`: a malformed escape is refused.
fn decoded(text: &str, charset: Charset) -> Result<String, Failure> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['%', '+']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('+') {
            out.push(' ');
            rest = after;
            continue;
        }
        let mut bytes = Vec::new();
        while let Some(after) = rest.strip_prefix('%') {
            let byte = after
                .get(..2)
                .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            let Some(byte) = byte else {
                let shown: String = rest.chars().take(3).collect();
                return refuse(format!(
                    "`{shown}` is not an escape of two hexadecimal digits"
                ));
            };
            bytes.push(byte);
            rest = &after[2..];
        }
        out.push_str(&charset.text(&bytes));
    }
    out.push_str(rest);
    Ok(out)
}

/// `{{formData request.body 'form' urlDecode=true}}`: a map of the fields, repeated ones indexable.
pub(super) fn form_data(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let text = call.context_text()?;
    let decode = matches!(call.hash("urlDecode"), Some(Value::Bool(true)));
    let charset = charset(call)?;
    let mut fields: IndexMap<Arc<str>, Vec<Value>> = IndexMap::new();
    for field in text.split('&') {
        let mut parts = field.split('=');
        let name = parts.next().unwrap_or("");
        // Java drops empty parts at the end: `a=` and `a==` have no value.
        let value = parts
            .next()
            .filter(|v| !v.is_empty() || parts.any(|p| !p.is_empty()));
        let Some(value) = value.map(str::trim) else {
            continue;
        };
        let value = if decode {
            decoded(value, charset)?
        } else {
            value.to_owned()
        };
        fields.entry(name.into()).or_default().push(value.into());
    }
    let mut entries = Vec::with_capacity(fields.len());
    for (name, values) in fields {
        entries.push((name, repeated(values)?));
    }
    let form = Value::from(Map::new(entries)?);
    match call.params.first().cloned() {
        Some(Value::Null) => Ok(Outcome::Value(Value::Null)),
        Some(name) => {
            let name = variable(&name)?;
            call.renderer.assign(name, form);
            Ok(Outcome::Value(Value::Null))
        }
        None => Ok(Outcome::Value(form)),
    }
}
