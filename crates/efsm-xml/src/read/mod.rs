//! A non-validating XML 1.0 reader. A document type is skipped; entities that it declares are refused.

mod attributes;
mod characters;

use std::fmt;

use characters::lines;
pub(crate) use characters::{is_name_char, is_name_start};

use crate::dom::{Document, Kind, Name, Node, NodeId, ROOT};
use crate::limits::{XML_BYTES, XML_DEPTH, XML_NODES};

/// A text that is not XML, in the words of Java's reader where it has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlError {
    pub reason: String,
    pub line: usize,
    pub column: usize,
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
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Reads a document; comments and instructions are kept.
pub fn read(text: &str) -> Result<Document, XmlError> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_are_not_well_formed_are_refused_with_their_place() {
        for (text, reason, line, column) in [
            ("", "Premature end of file.", 1, 1),
            ("\n ", "Premature end of file.", 2, 2),
            ("t<a/>", "Content is not allowed in prolog.", 1, 1),
            (
                "<a/> t",
                "Content is not allowed in trailing section.",
                1,
                6,
            ),
            (
                "<a/><b/>",
                "The markup in the document following the root element must be well-formed.",
                1,
                5,
            ),
            (
                "<1/>",
                "The markup in the document preceding the root element must be well-formed.",
                1,
                2,
            ),
            (
                "<a>\n<b>",
                "XML document structures must start and end within the same entity.",
                2,
                4,
            ),
            (
                "<a></b>",
                "The element type \"a\" must be terminated by the matching end-tag \"</a>\".",
                1,
                7,
            ),
            (
                "<a b='1' b='2'/>",
                "Attribute \"b\" was already specified for element \"a\".",
                1,
                15,
            ),
            (
                "<a>&x;</a>",
                "The entity \"x\" was referenced, but not declared.",
                1,
                4,
            ),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.reason, reason, "{text}");
            assert_eq!((error.line, error.column), (line, column), "{text}");
        }
        for text in [
            "<a b=1/>",
            "<a b/>",
            "<a b='<'/>",
            "<a b='1'c='2'/>",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<a>&lt</a>",
            "<a>\u{1}</a>",
            "<a xmlns:p=''/>",
            "<a:b:c xmlns:a='u'/>",
            " <?xml version='1.0'?><a/>",
            "<a><![CDATA[x</a>",
            "<a><?xml x?></a>",
            "<!DOCTYPE a [",
            "<a/><!DOCTYPE a>",
            "<a></a b>",
            "<a><!ELEMENT b></a>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn references_line_ends_and_document_types_are_read() {
        let document = read(
            "<!DOCTYPE a SYSTEM 'x>.dtd' [<!ELEMENT a ANY>]>\r\n<a b='&lt;&#x41;\n&quot;'>x\r\ny&amp;&#66;<![CDATA[<&]]></a>",
        )
        .expect("a well-formed document");
        assert_eq!(document.string_value(ROOT), "x\ny&B<&");
        let attribute = document.nodes[1].attributes.start;
        assert_eq!(document.string_value(attribute), "<A \"");
    }
}
