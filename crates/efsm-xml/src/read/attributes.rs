//! Start tags: attributes and the binding of prefixes.

use std::collections::HashSet;

use super::characters::lines;
use super::{Reader, XMLNS_NAMESPACE, XmlError};
use crate::dom::{Kind, Name, NodeId};
use crate::limits::{XML_ATTRIBUTES, XML_PREFIXES};

impl Reader<'_> {
    /// Reads up to the end of a start tag; whether the element is empty.
    pub(super) fn attributes(
        &mut self,
        element: NodeId,
        element_name: &str,
    ) -> Result<bool, XmlError> {
        let mut seen = HashSet::new();
        loop {
            let spaced = self.space();
            if self.take("/>") {
                return Ok(true);
            }
            if self.take(">") {
                return Ok(false);
            }
            if self.rest().is_empty() {
                return Err(self.truncated());
            }
            let name = match self.name() {
                Some(name) if spaced => name,
                _ => {
                    return Err(self.error(format!(
                        "Element type \"{element_name}\" must be followed by either attribute specifications, \">\" or \"/>\"."
                    )));
                }
            };
            self.space();
            if !self.take("=") {
                return Err(self.error(format!(
                    "Attribute name \"{name}\" associated with an element type \"{element_name}\" must be followed by the ' = ' character."
                )));
            }
            self.space();
            let value = self.attribute_value(name, element_name)?;
            if self.document.nodes.len() - element > XML_ATTRIBUTES
                || self.scopes.len() > XML_PREFIXES
            {
                return Err(self.error(format!(
                    "Element \"{element_name}\" has more than {XML_ATTRIBUTES} attributes, or more than {XML_PREFIXES} namespaces are in scope."
                )));
            }
            let known = !seen.insert(name);
            if known {
                return Err(self.error(format!(
                    "Attribute \"{name}\" was already specified for element \"{element_name}\"."
                )));
            }
            let declared = name
                .strip_prefix("xmlns:")
                .or((name == "xmlns").then_some(""));
            if let Some(prefix) = declared {
                if !prefix.is_empty() && value.is_empty() {
                    return Err(self.error(format!(
                        "The value of the attribute \"{name}\" is invalid. Prefixed namespace bindings may not be empty."
                    )));
                }
                self.scopes.push((prefix.to_owned(), value.clone()));
            }
            self.push(Kind::Attribute {
                name: Name {
                    full: name.to_owned(),
                    namespace: None,
                },
                value,
                declares: declared.is_some(),
            })?;
        }
    }

    fn attribute_value(&mut self, name: &str, element: &str) -> Result<String, XmlError> {
        let quote = if self.take("\"") {
            "\""
        } else if self.take("'") {
            "'"
        } else {
            return Err(self.error(format!(
                "Open quote is expected for attribute \"{name}\" associated with an  element type  \"{element}\"."
            )));
        };
        let start = self.at;
        let raw = self.until(quote).ok_or_else(|| self.truncated())?;
        if raw.contains('<') {
            return Err(self.error(format!(
                "The value of attribute \"{name}\" associated with an element type \"{element}\" must not contain the '<' character."
            )));
        }
        let end = self.at;
        self.at = start;
        self.characters(raw)?;
        let value = self.expand(&lines(raw).replace(['\t', '\n'], " "))?;
        self.at = end;
        Ok(value)
    }

    /// Binds the prefixes of an element and its attributes.
    pub(super) fn resolve(&mut self, element: NodeId) {
        for id in element..self.document.nodes.len() {
            let (full, is_attribute, declares) = match &self.document.nodes[id].kind {
                Kind::Element(name) => (&name.full, false, false),
                Kind::Attribute { name, declares, .. } => (&name.full, true, *declares),
                _ => continue,
            };
            let prefix = full.split_once(':').map_or("", |(prefix, _)| prefix);
            let namespace = if declares {
                Some(XMLNS_NAMESPACE.to_owned())
            } else if is_attribute && prefix.is_empty() {
                None
            } else {
                let bound = self.scopes.iter().rev().find(|(known, _)| known == prefix);
                if bound.is_none() && !prefix.is_empty() && self.document.unbound.is_none() {
                    let what = if is_attribute {
                        let owner = self.element_name(element);
                        format!("attribute \"{full}\" associated with an element type \"{owner}\"")
                    } else {
                        format!("element \"{full}\"")
                    };
                    let reason = format!("The prefix \"{prefix}\" for {what} is not bound.");
                    self.document.unbound = Some(reason);
                }
                bound
                    .map(|(_, uri)| uri.clone())
                    .filter(|uri| !uri.is_empty())
            };
            match &mut self.document.nodes[id].kind {
                Kind::Element(name) | Kind::Attribute { name, .. } => name.namespace = namespace,
                _ => {}
            }
        }
    }

    pub(super) fn element_name(&self, element: NodeId) -> &str {
        match &self.document.nodes[element].kind {
            Kind::Element(name) => &name.full,
            _ => "",
        }
    }
}
