//! A non-validating XML 1.0 reader. A document type is skipped; entities that it declares are refused.

use std::fmt;

use super::dom::{Document, Kind, Name, Node, NodeId, ROOT};
use crate::limits::{XML_ATTRIBUTES, XML_BYTES, XML_DEPTH, XML_NODES, XML_PREFIXES};

/// A text that is not XML, in the words of Java's reader where it has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct XmlError {
    pub(crate) reason: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            reason,
            line,
            column,
        } = self;
        write!(f, "{reason}; line {line}; column {column}")
    }
}

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
pub(crate) const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Reads a document; comments and instructions are kept.
pub(crate) fn read(text: &str) -> Result<Document, XmlError> {
    let mut reader = Reader {
        text: text.strip_prefix('\u{feff}').unwrap_or(text),
        at: 0,
        document: Document {
            nodes: vec![Node {
                kind: Kind::Root,
                parent: ROOT,
                children: Vec::new(),
                attributes: 0..0,
            }],
            unbound: None,
        },
        open: vec![ROOT],
        scopes: vec![("xml".to_owned(), XML_NAMESPACE.to_owned())],
        scope_starts: Vec::new(),
    };
    if text.len() > XML_BYTES {
        return Err(reader.error(format!("The document is larger than {XML_BYTES} bytes.")));
    }
    reader.document()?;
    Ok(reader.document)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    document: Document,
    /// The root and the elements that are not closed yet.
    open: Vec<NodeId>,
    /// Bound prefixes with their URIs, innermost last.
    scopes: Vec<(String, String)>,
    /// For each open element how many scopes were there before it.
    scope_starts: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, reason: impl Into<String>) -> XmlError {
        let before = &self.text[..self.at];
        XmlError {
            reason: reason.into(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
        }
    }

    fn truncated(&mut self) -> XmlError {
        self.at = self.text.len();
        self.error("XML document structures must start and end within the same entity.")
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn space(&mut self) -> bool {
        let rest = self.rest();
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += skipped;
        skipped > 0
    }

    fn until(&mut self, end: &str) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.find(end)?;
        self.at += length + end.len();
        Some(&rest[..length])
    }

    fn push(&mut self, kind: Kind) -> Result<NodeId, XmlError> {
        if self.document.nodes.len() >= XML_NODES {
            return Err(self.error(format!("The document has more than {XML_NODES} nodes.")));
        }
        let id = self.document.nodes.len();
        let parent = self.open.last().copied().unwrap_or(ROOT);
        self.document.nodes.push(Node {
            kind,
            parent,
            children: Vec::new(),
            attributes: id + 1..id + 1,
        });
        Ok(id)
    }

    fn push_child(&mut self, kind: Kind) -> Result<NodeId, XmlError> {
        let id = self.push(kind)?;
        let parent = self.document.nodes[id].parent;
        self.document.nodes[parent].children.push(id);
        Ok(id)
    }

    fn document(&mut self) -> Result<(), XmlError> {
        if self.rest().is_empty() {
            return Err(self.error("Premature end of file."));
        }
        if self.rest().starts_with("<?xml")
            && self.rest()[5..].starts_with([' ', '\t', '\r', '\n'])
            && self.until("?>").is_none()
        {
            return Err(self.truncated());
        }
        let mut seen_root = false;
        loop {
            self.space();
            let rest = self.rest();
            if rest.is_empty() {
                return if seen_root {
                    Ok(())
                } else {
                    Err(self.error("Premature end of file."))
                };
            }
            if rest.starts_with("<!--") || rest.starts_with("<?") {
                self.markup()?;
            } else if rest.starts_with("<!DOCTYPE") && !seen_root {
                self.doctype()?;
            } else if !rest.starts_with('<') {
                return Err(self.error(if seen_root {
                    "Content is not allowed in trailing section."
                } else {
                    "Content is not allowed in prolog."
                }));
            } else if seen_root {
                return Err(self.error(
                    "The markup in the document following the root element must be well-formed.",
                ));
            } else if !rest[1..].starts_with(is_name_start) {
                self.at += 1;
                return Err(self.error(if rest.len() == 1 {
                    "XML document structures must start and end within the same entity."
                } else {
                    "The markup in the document preceding the root element must be well-formed."
                }));
            } else {
                seen_root = true;
                self.element()?;
                self.content()?;
            }
        }
    }

    /// The content of the document element, up to its end tag.
    fn content(&mut self) -> Result<(), XmlError> {
        while self.open.len() > 1 {
            let rest = self.rest();
            if rest.is_empty() {
                return Err(self.truncated());
            }
            if rest.starts_with("</") {
                self.end_tag()?;
            } else if rest.starts_with("<!") || rest.starts_with("<?") {
                self.markup()?;
            } else if rest.starts_with('<') {
                self.element()?;
            } else {
                self.text()?;
            }
        }
        Ok(())
    }

    /// A comment, a CDATA section or an instruction.
    fn markup(&mut self) -> Result<(), XmlError> {
        if self.take("<!--") {
            let comment = self.until("--").ok_or_else(|| self.truncated())?.to_owned();
            if !self.take(">") {
                return Err(self.error("The string \"--\" is not permitted within comments."));
            }
            self.push_child(Kind::Comment(lines(&comment)))?;
        } else if self.take("<![CDATA[") {
            let data = self.until("]]>").ok_or_else(|| self.truncated())?;
            self.characters(data)?;
            let data = lines(data);
            self.push_child(Kind::CData(data))?;
        } else if self.take("<?") {
            let target = self.name().ok_or_else(|| {
                self.error("The processing instruction must begin with the name of the target.")
            })?;
            if target.eq_ignore_ascii_case("xml") {
                return Err(self.error(
                    "The processing instruction target matching \"[xX][mM][lL]\" is not allowed.",
                ));
            }
            let data = self.until("?>").ok_or_else(|| self.truncated())?;
            let kind = Kind::Instruction {
                target: target.to_owned(),
                data: lines(data.trim_start()),
            };
            self.push_child(kind)?;
        } else {
            return Err(self.error(
                "The content of elements must consist of well-formed character data or markup.",
            ));
        }
        Ok(())
    }

    /// Skips a document type. Its declarations could only bring entities and defaults, which are not supported.
    fn doctype(&mut self) -> Result<(), XmlError> {
        let start = self.at;
        let mut brackets = 0_usize;
        let mut quote = None;
        for (offset, c) in self.rest().char_indices() {
            if let Some(open) = quote {
                if c == open {
                    quote = None;
                }
                continue;
            }
            match c {
                '"' | '\'' => quote = Some(c),
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                '>' if brackets == 0 => {
                    self.at += offset + 1;
                    if self.text[start..self.at].contains("<!ENTITY") {
                        return Err(self.error(
                            "The document type declares entities, which are refused; write their text instead.",
                        ));
                    }
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(self.truncated())
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        if !rest.starts_with(is_name_start) {
            return None;
        }
        let mut colons = 0;
        let end = rest
            .find(|c| {
                colons += usize::from(c == ':');
                !is_name_char(c) || colons > 1
            })
            .unwrap_or(rest.len());
        self.at += end;
        Some(&rest[..end])
    }

    fn element(&mut self) -> Result<(), XmlError> {
        self.at += 1;
        let Some(name) = self.name() else {
            return Err(self.error(
                "The content of elements must consist of well-formed character data or markup.",
            ));
        };
        if self.open.len() > XML_DEPTH {
            return Err(self.error(format!("Elements are nested more than {XML_DEPTH} deep.")));
        }
        let id = self.push_child(Kind::Element(Name {
            full: name.to_owned(),
            namespace: None,
        }))?;
        self.scope_starts.push(self.scopes.len());
        self.open.push(id);
        let closed = self.attributes(id, name)?;
        self.document.nodes[id].attributes = id + 1..self.document.nodes.len();
        self.resolve(id);
        if closed {
            self.close();
        }
        Ok(())
    }

    /// Reads up to the end of a start tag; whether the element is empty.
    fn attributes(&mut self, element: NodeId, element_name: &str) -> Result<bool, XmlError> {
        let mut seen = std::collections::HashSet::new();
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
    fn resolve(&mut self, element: NodeId) {
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

    fn element_name(&self, element: NodeId) -> &str {
        match &self.document.nodes[element].kind {
            Kind::Element(name) => &name.full,
            _ => "",
        }
    }

    fn close(&mut self) {
        self.open.pop();
        if let Some(scopes) = self.scope_starts.pop() {
            self.scopes.truncate(scopes);
        }
    }

    fn end_tag(&mut self) -> Result<(), XmlError> {
        self.at += 2;
        let name = self.name().unwrap_or("");
        let open = self
            .open
            .last()
            .map_or("", |&element| self.element_name(element));
        if name != open {
            let open = open.to_owned();
            return Err(self.error(format!(
                "The element type \"{open}\" must be terminated by the matching end-tag \"</{open}>\"."
            )));
        }
        self.space();
        if !self.take(">") {
            let name = name.to_owned();
            return if self.rest().is_empty() {
                Err(self.truncated())
            } else {
                Err(self.error(format!(
                    "The end-tag for element type \"{name}\" must end with a '>' delimiter."
                )))
            };
        }
        self.close();
        Ok(())
    }

    fn text(&mut self) -> Result<(), XmlError> {
        let rest = self.rest();
        let end = rest.find('<').unwrap_or(rest.len());
        let raw = &rest[..end];
        if let Some(offset) = raw.find("]]>") {
            self.at += offset;
            return Err(self.error(
                "The character sequence \"]]>\" must not appear in content unless used to mark the end of a CDATA section.",
            ));
        }
        self.characters(raw)?;
        let text = self.expand(&lines(raw))?;
        self.at += end;
        self.push_child(Kind::Text(text))?;
        Ok(())
    }

    fn characters(&self, raw: &str) -> Result<(), XmlError> {
        match raw.chars().find(|c| !is_xml_char(*c)) {
            Some(bad) => Err(self.error(format!(
                "An invalid XML character (Unicode: 0x{:x}) was found in the element content of the document.",
                u32::from(bad)
            ))),
            None => Ok(()),
        }
    }

    /// Replaces character references and the five entities that every document has.
    fn expand(&self, raw: &str) -> Result<String, XmlError> {
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

fn lines(text: &str) -> String {
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
