//! A value of a request, read as text, JSON or XML at most once.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::json::print::pretty;
use crate::json::read::{Dialect, JsonError, read as read_json};
use crate::xml::tree::{NamespaceAwareness, Tree};
use efsm_xml::dom::Document;
use efsm_xml::read::{XmlError, read as read_xml};

/// What a matcher looks at: a header, a parameter, a body, or nothing.
///
/// What was read from it is kept, so one subject for a request's body serves all stubs that look at that body.
#[derive(Debug, Default)]
pub struct Subject<'a> {
    content: Content<'a>,
    /// The text of content that is not text already.
    text: OnceLock<String>,
    json: OnceLock<Result<Arc<Value>, JsonError>>,
    smart_json: OnceLock<Result<Arc<Value>, JsonError>>,
    xml: OnceLock<Result<Arc<Document>, XmlError>>,
    trees: [OnceLock<Result<Arc<Tree>, String>>; 3],
}

#[derive(Debug, Default)]
enum Content<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    Json(Arc<Value>),
}

impl<'a> Subject<'a> {
    /// No value at all: a header that was not sent.
    pub fn absent() -> Self {
        Self::default()
    }

    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Content::Text(text.into()))
    }

    /// Bytes, whose text is UTF-8; what is no UTF-8 becomes U+FFFD. A body in another charset is decoded by the
    /// caller and passed as text.
    pub fn bytes(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let content = match bytes.into() {
            Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Content::Text(Cow::Borrowed(text)),
                Err(_) => Content::Bytes(Cow::Borrowed(bytes)),
            },
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Content::Text(Cow::Owned(text)),
                Err(error) => Content::Bytes(Cow::Owned(error.into_bytes())),
            },
        };
        Self::new(content)
    }

    /// A JSON value, whose text is its pretty print, as WireMock matches stub metadata.
    pub fn json(value: impl Into<Arc<Value>>) -> Self {
        Self::new(Content::Json(value.into()))
    }

    /// A text if there is one.
    pub fn from_option(text: Option<&'a str>) -> Self {
        text.map_or_else(Self::absent, Self::text)
    }

    fn new(content: Content<'a>) -> Self {
        Self {
            content,
            ..Self::default()
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self.content, Content::Absent)
    }

    /// The value of a subject that was made of one.
    pub(crate) fn as_value(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The value as text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Absent => None,
            Content::Text(text) => Some(text),
            Content::Bytes(bytes) => {
                let text = self
                    .text
                    .get_or_init(|| String::from_utf8_lossy(bytes).into_owned());
                Some(text)
            }
            Content::Json(value) => Some(self.text.get_or_init(|| pretty(value))),
        }
    }

    /// The value as bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            _ => self.as_text().map(str::as_bytes),
        }
    }

    /// The value read as JSON, `None` when there is no value.
    pub(crate) fn as_json(&self, dialect: Dialect) -> Option<Result<&Value, &JsonError>> {
        if let Content::Json(value) = &self.content {
            return Some(Ok(value));
        }
        let text = self.as_text()?;
        let jackson = self
            .json
            .get_or_init(|| read_json(text, Dialect::Jackson).map(Arc::new));
        let read = match (dialect, jackson) {
            // What the stricter dialect reads is shared.
            (Dialect::Jackson, _) | (Dialect::Smart, Ok(_)) => jackson,
            (Dialect::Smart, Err(_)) => self
                .smart_json
                .get_or_init(|| read_json(text, dialect).map(Arc::new)),
        };
        Some(read.as_ref().map(|value| &**value))
    }

    /// The value read as XML, `None` when there is no value.
    pub(crate) fn as_xml(&self) -> Option<Result<&Document, &XmlError>> {
        let text = self.as_text()?;
        let read = self.xml.get_or_init(|| read_xml(text).map(Arc::new));
        Some(read.as_ref().map(|document| &**document))
    }

    /// The value as an XML tree for comparison; `Err` says why it is none.
    pub(crate) fn as_tree(&self, mode: NamespaceAwareness) -> Option<Result<&Tree, &str>> {
        let document = self.as_xml()?;
        let slot = &self.trees[mode as usize];
        let read = slot.get_or_init(|| match document {
            Ok(document) => Tree::new(document, mode).map(Arc::new),
            Err(error) => Err(error.reason.clone()),
        });
        Some(read.as_ref().map(|tree| &**tree).map_err(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_once_in_each_form() {
        let subject = Subject::text(r#"{"a":1}"#);
        let first = std::ptr::from_ref(subject.as_json(Dialect::Jackson).unwrap().unwrap());
        let again = std::ptr::from_ref(subject.as_json(Dialect::Jackson).unwrap().unwrap());
        let smart = std::ptr::from_ref(subject.as_json(Dialect::Smart).unwrap().unwrap());
        assert_eq!(first, again);
        assert_eq!(first, smart);
        let subject = Subject::text("<a/>");
        let first = std::ptr::from_ref(subject.as_xml().unwrap().unwrap());
        assert_eq!(
            first,
            std::ptr::from_ref(subject.as_xml().unwrap().unwrap())
        );
    }

    #[test]
    fn bytes_that_are_no_text_keep_their_bytes() {
        let subject = Subject::bytes(&[0xff, b'a'][..]);
        assert_eq!(subject.as_bytes(), Some(&[0xff, b'a'][..]));
        assert_eq!(subject.as_text(), Some("\u{fffd}a"));
        assert_eq!(Subject::absent().as_text(), None);
    }
}
