//! A reader of XML without namespaces, document types and entities of its own.
//!
//! Names are kept as they are written: WireMock's XPath looks at the part behind the colon only.

use crate::value::MAX_VALUE_DEPTH;

/// A place in [`Document::nodes`].
pub(super) type NodeId = usize;

/// The document itself.
pub(super) const ROOT: NodeId = 0;

/// Elements, texts, comments and instructions of one document.
const MAX_NODES: usize = 200_000;

#[derive(Debug)]
pub(super) struct Document {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) children: Vec<NodeId>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Root,
    Element {
        name: String,
        /// Sorted by name, as the DOM of Java keeps them.
        attributes: Vec<(String, String)>,
    },
    Text(String),
    CData(String),
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
}

/// The text is not XML that is read here.
#[derive(Debug)]
pub(super) struct NotXml;

impl Document {
    /// The text inside a node.
    pub(super) fn text(&self, node: NodeId) -> String {
        let mut out = String::new();
        self.collect_text(node, &mut out);
        out
    }

    /// How deep elements nest.
    pub(super) fn depth(&self) -> usize {
        // A node stands behind its parent, so one pass is enough.
        let mut depths = vec![1; self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate() {
            for child in &node.children {
                depths[*child] = depths[id] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(1)
    }

    fn collect_text(&self, node: NodeId, out: &mut String) {
        match &self.nodes[node].kind {
            Kind::Text(text) | Kind::CData(text) => out.push_str(text),
            Kind::Root | Kind::Element { .. } => {
                for child in &self.nodes[node].children {
                    self.collect_text(*child, out);
                }
            }
            Kind::Comment(_) | Kind::Instruction { .. } => {}
        }
    }

    /// Removes the texts that are white space alone.
    pub(super) fn drop_blank_texts(&mut self) {
        for node in 0..self.nodes.len() {
            let mut children = std::mem::take(&mut self.nodes[node].children);
            children.retain(|child| match &self.nodes[*child].kind {
                Kind::Text(text) | Kind::CData(text) => !text.trim().is_empty(),
                _ => true,
            });
            self.nodes[node].children = children;
        }
    }
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Document, NotXml> {
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        document: Document {
            nodes: vec![Node {
                kind: Kind::Root,
                children: Vec::new(),
            }],
        },
        open: vec![ROOT],
    };
    reader.prolog()?;
    reader.content()?;
    let elements = reader.document.nodes[ROOT]
        .children
        .iter()
        .filter(|child| matches!(reader.document.nodes[**child].kind, Kind::Element { .. }));
    if elements.count() != 1 || reader.open.len() != 1 {
        return Err(NotXml);
    }
    Ok(reader.document)
}

struct Reader<'t> {
    rest: &'t str,
    document: Document,
    /// The elements that are not closed, the document first.
    open: Vec<NodeId>,
}

impl<'t> Reader<'t> {
    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), NotXml> {
        self.take(token).then_some(()).ok_or(NotXml)
    }

    fn space(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let skipped = rest.len() < self.rest.len();
        self.rest = rest;
        skipped
    }

    fn until(&mut self, end: &str) -> Result<&'t str, NotXml> {
        let (found, rest) = self.rest.split_once(end).ok_or(NotXml)?;
        self.rest = rest;
        Ok(found)
    }

    fn name(&mut self) -> Result<&'t str, NotXml> {
        let start = |c: char| c.is_alphabetic() || matches!(c, '_' | ':');
        if !self.rest.starts_with(start) {
            return Err(NotXml);
        }
        let end = self
            .rest
            .find(|c: char| !(start(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}')));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Ok(name)
    }

    fn push(&mut self, kind: Kind) -> Result<NodeId, NotXml> {
        let id = self.document.nodes.len();
        if id == MAX_NODES {
            return Err(NotXml);
        }
        let parent = *self.open.last().ok_or(NotXml)?;
        self.document.nodes.push(Node {
            kind,
            children: Vec::new(),
        });
        self.document.nodes[parent].children.push(id);
        Ok(id)
    }

    /// The XML declaration and a document type without declarations of its own.
    fn prolog(&mut self) -> Result<(), NotXml> {
        let declared = self
            .rest
            .strip_prefix("<?xml")
            .is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']));
        if declared {
            self.until("?>")?;
        }
        Ok(())
    }

    fn content(&mut self) -> Result<(), NotXml> {
        while !self.rest.is_empty() {
            if self.take("</") {
                self.end_tag()?;
            } else if self.take("<!--") {
                let comment = normalized(self.until("-->")?);
                if comment.contains("--") {
                    return Err(NotXml);
                }
                self.push(Kind::Comment(comment))?;
            } else if self.take("<![CDATA[") {
                self.inside_element()?;
                let text = normalized(self.until("]]>")?);
                self.push(Kind::CData(text))?;
            } else if self.take("<?") {
                let target = self.name()?.to_owned();
                if target.eq_ignore_ascii_case("xml") {
                    return Err(NotXml);
                }
                let data = normalized(self.until("?>")?.trim_start());
                self.push(Kind::Instruction { target, data })?;
            } else if self.rest.starts_with("<!DOCTYPE") {
                let before_root = self.open.len() == 1;
                let doctype = self.until(">")?;
                if !before_root || doctype.contains('[') {
                    return Err(NotXml);
                }
            } else if self.take("<") {
                self.start_tag()?;
            } else {
                self.text()?;
            }
        }
        Ok(())
    }

    fn inside_element(&self) -> Result<(), NotXml> {
        (self.open.len() > 1).then_some(()).ok_or(NotXml)
    }

    fn text(&mut self) -> Result<(), NotXml> {
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if self.open.len() == 1 {
            // Between the parts of the document itself only white space may stand.
            return text.trim().is_empty().then_some(()).ok_or(NotXml);
        }
        if text.contains("]]>") {
            return Err(NotXml);
        }
        let text = expanded(&normalized(text))?;
        self.push(Kind::Text(text))?;
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), NotXml> {
        let name = self.name()?.to_owned();
        let mut attributes: Vec<(String, String)> = Vec::new();
        let closed = loop {
            let spaced = self.space();
            if self.take("/>") {
                break true;
            }
            if self.take(">") {
                break false;
            }
            if !spaced {
                return Err(NotXml);
            }
            let attribute = self.name()?.to_owned();
            self.space();
            self.expect("=")?;
            self.space();
            let quote = if self.take("\"") {
                "\""
            } else {
                self.expect("'")?;
                "'"
            };
            let raw = self.until(quote)?;
            if raw.contains('<') {
                return Err(NotXml);
            }
            let value = expanded(&normalized(raw).replace(['\n', '\t'], " "))?;
            attributes.push((attribute, value));
        };
        attributes.sort();
        if attributes.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(NotXml);
        }
        let id = self.push(Kind::Element { name, attributes })?;
        if !closed {
            if self.open.len() > MAX_VALUE_DEPTH {
                return Err(NotXml);
            }
            self.open.push(id);
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), NotXml> {
        let name = self.name()?;
        self.space();
        self.expect(">")?;
        self.inside_element()?;
        let id = self.open.pop().ok_or(NotXml)?;
        match &self.document.nodes[id].kind {
            Kind::Element { name: opened, .. } if opened == name => Ok(()),
            _ => Err(NotXml),
        }
    }
}

/// Line ends are line feeds.
fn normalized(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

/// Character references and the five entities that need no declaration.
fn expanded(text: &str) -> Result<String, NotXml> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (reference, after) = after.split_once(';').ok_or(NotXml)?;
        out.push(match reference {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = reference.strip_prefix('#').ok_or(NotXml)?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                code.ok().and_then(char::from_u32).ok_or(NotXml)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    let allowed = |c: char| {
        c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\t' | '\n' | '\r')
    };
    out.chars().all(allowed).then_some(out).ok_or(NotXml)
}
