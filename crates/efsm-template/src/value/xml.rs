//! A node that an XPath selected.

use std::sync::Arc;

use super::{Map, Value};

/// A node of an XML document, detached from it.
#[derive(Debug, Clone)]
pub struct XmlNode {
    name: Arc<str>,
    text: Arc<str>,
    rendered: Arc<str>,
    attributes: Arc<Map>,
}

impl XmlNode {
    /// A node: its name, its text content, its markup, and its attributes by name.
    pub fn new(
        name: impl Into<Arc<str>>,
        text: impl Into<Arc<str>>,
        rendered: impl Into<Arc<str>>,
        attributes: Map,
    ) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            rendered: rendered.into(),
            attributes: Arc::new(attributes),
        }
    }

    /// What the node prints: markup for an element, text for an attribute or a text node.
    pub fn rendered(&self) -> &str {
        &self.rendered
    }

    pub(super) fn property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::Text(self.name.clone()),
            "text" => Value::Text(self.text.clone()),
            "attributes" => Value::Map(self.attributes.clone()),
            _ => return None,
        })
    }
}
