//! XML as Java's transformer prints it.

use super::dom::{Document, Kind, NodeId};

/// Indented by two, with a line feed at the end. Elements that hold text alone stay on one line.
pub(super) fn pretty(document: &Document, node: NodeId) -> String {
    let mut printer = Printer {
        document,
        out: String::new(),
    };
    printer.node(node, Some(0));
    printer.out.push('\n');
    printer.out
}

/// Without any white space of its own.
pub(super) fn compact(document: &Document, node: NodeId) -> String {
    let mut printer = Printer {
        document,
        out: String::new(),
    };
    printer.node(node, None);
    printer.out
}

struct Printer<'d> {
    document: &'d Document,
    out: String,
}

impl Printer<'_> {
    /// A node at a level of indentation, or without any.
    fn node(&mut self, node: NodeId, level: Option<usize>) {
        let children = &self.document.nodes[node].children;
        match &self.document.nodes[node].kind {
            Kind::Root => {
                for child in children {
                    self.node(*child, level);
                }
            }
            Kind::Text(text) => self.text(text),
            Kind::CData(text) => {
                self.out.push_str("<![CDATA[");
                self.out.push_str(text);
                self.out.push_str("]]>");
            }
            Kind::Comment(text) => {
                self.out.push_str("<!--");
                self.out.push_str(text);
                self.out.push_str("-->");
            }
            Kind::Instruction { target, data } => {
                self.out.push_str("<?");
                self.out.push_str(target);
                if !data.is_empty() {
                    self.out.push(' ');
                    self.out.push_str(data);
                }
                self.out.push_str("?>");
            }
            Kind::Element { name, attributes } => {
                self.out.push('<');
                self.out.push_str(name);
                self.attributes(attributes);
                if children.is_empty() {
                    self.out.push_str("/>");
                    return;
                }
                self.out.push('>');
                let keeps_space = attributes
                    .iter()
                    .any(|(name, value)| name == "xml:space" && value == "preserve");
                self.children(children, level.filter(|_| !keeps_space));
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
    }

    fn children(&mut self, children: &[NodeId], level: Option<usize>) {
        let is_text = |child: &NodeId| {
            matches!(
                self.document.nodes[*child].kind,
                Kind::Text(_) | Kind::CData(_)
            )
        };
        let level = level.filter(|_| !children.iter().all(is_text));
        for child in children {
            if let Some(level) = level {
                self.new_line(level + 1);
                // Of a text that brings its own line feed, that one is not doubled.
                if let Kind::Text(text) = &self.document.nodes[*child].kind {
                    self.text(text.strip_prefix('\n').unwrap_or(text));
                    continue;
                }
            }
            self.node(*child, level.map(|level| level + 1));
        }
        if let Some(level) = level {
            self.new_line(level);
        }
    }

    fn new_line(&mut self, level: usize) {
        self.out.push('\n');
        for _ in 0..level {
            self.out.push_str("  ");
        }
    }

    /// Declarations of namespaces first, then the others by name.
    fn attributes(&mut self, attributes: &[(String, String)]) {
        let declares = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
        for wanted in [true, false] {
            for (name, value) in attributes.iter().filter(|(n, _)| declares(n) == wanted) {
                self.out.push(' ');
                self.out.push_str(name);
                self.out.push_str("=\"");
                for character in value.chars() {
                    match character {
                        '"' => self.out.push_str("&quot;"),
                        '\n' => self.out.push_str("&#10;"),
                        '\t' => self.out.push_str("&#9;"),
                        other => self.character(other),
                    }
                }
                self.out.push('"');
            }
        }
    }

    fn text(&mut self, text: &str) {
        for character in text.chars() {
            self.character(character);
        }
    }

    fn character(&mut self, character: char) {
        match character {
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            '&' => self.out.push_str("&amp;"),
            '\r' => self.out.push_str("&#13;"),
            // Java writes what lies beyond the basic plane as a reference.
            beyond if beyond > '\u{ffff}' => {
                self.out.push_str("&#");
                self.out.push_str(&u32::from(beyond).to_string());
                self.out.push(';');
            }
            other => self.out.push(other),
        }
    }
}
