//! Characters, references and names.

use super::{Reader, XmlError};

impl Reader<'_> {
    pub(super) fn characters(&self, raw: &str) -> Result<(), XmlError> {
        match raw.chars().find(|c| !is_xml_char(*c)) {
            Some(bad) => Err(self.error(format!(
                "An invalid XML character (Unicode: 0x{:x}) was found in the element content of the document.",
                u32::from(bad)
            ))),
            None => Ok(()),
        }
    }

    /// Replaces character references and the five entities that every document has.
    pub(super) fn expand(&self, raw: &str) -> Result<String, XmlError> {
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(start) = rest.find('&') {
            text.push_str(&rest[..start]);
            let Some((reference, after)) = rest[start + 1..].split_once(';') else {
                return Err(self.error(
                    "The entity name must immediately follow the '&' in the entity reference.",
                ));
            };
            text.push(self.reference(reference)?);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn reference(&self, reference: &str) -> Result<char, XmlError> {
        let named = match reference {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        if let Some(named) = named {
            return Ok(named);
        }
        let Some(number) = reference.strip_prefix('#') else {
            return Err(self.error(format!(
                "The entity \"{reference}\" was referenced, but not declared."
            )));
        };
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        code.ok()
            .and_then(char::from_u32)
            .filter(|c| is_xml_char(*c))
            .ok_or_else(|| {
                self.error(format!(
                    "Character reference \"&{reference}\" is an invalid XML character."
                ))
            })
    }
}

pub(super) fn lines(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

pub(crate) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

pub(crate) fn is_name_char(c: char) -> bool {
    is_name_start(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}')
}
