//! XML as Java's indenting transformer prints it.

use std::fmt::Write as _;

use crate::dom::{Document, Kind, NodeId, ROOT};

/// The node with two spaces a level and a final line end; attributes by name.
///
/// With `declarations`, an element that is not the document element also declares the namespaces which it inherits.
pub fn pretty(document: &Document, node: NodeId, declarations: bool) -> String {
    let mut text = String::new();
    let printer = Printer { document };
    if node == ROOT {
        for &child in document.children(ROOT) {
            printer.node(child, Some(0), &[], &mut text);
        }
    } else {
        let inherited = if declarations {
            printer.inherited(node)
        } else {
            Vec::new()
        };
        printer.node(node, Some(0), &inherited, &mut text);
    }
    text.push('\n');
    text
}

/// The node without any white space of its own.
pub fn compact(document: &Document, node: NodeId) -> String {
    let mut text = String::new();
    let printer = Printer { document };
    let children = std::slice::from_ref(&node);
    let nodes = if node == ROOT {
        document.children(ROOT)
    } else {
        children
    };
    for &node in nodes {
        printer.node(node, None, &[], &mut text);
    }
    text
}

struct Printer<'a> {
    document: &'a Document,
}

impl Printer<'_> {
    /// The namespace of the element and of its attributes, where an ancestor declares it.
    fn inherited(&self, element: NodeId) -> Vec<(String, String)> {
        let mut wanted = Vec::new();
        let names = std::iter::once(element).chain(self.document.nodes[element].attributes.clone());
        for node in names {
            match self.document.kind(node) {
                Kind::Element(name) => wanted.push(name.prefix().unwrap_or("")),
                Kind::Attribute {
                    name,
                    declares: false,
                    ..
                } => wanted.extend(name.prefix()),
                _ => {}
            }
        }
        let own = |attribute: &str| {
            self.document.nodes[element].attributes.clone().any(
                |node| matches!(self.document.kind(node), Kind::Attribute { name, .. } if name.full == attribute),
            )
        };
        self.document
            .namespaces_at(element)
            .into_iter()
            .filter(|(prefix, _)| wanted.contains(prefix))
            .map(|(prefix, uri)| {
                let attribute = if prefix.is_empty() {
                    "xmlns".to_owned()
                } else {
                    format!("xmlns:{prefix}")
                };
                (attribute, uri.to_owned())
            })
            .filter(|(attribute, _)| !own(attribute))
            .collect()
    }

    /// Whether an ancestor already declares the same namespace.
    fn repeats(&self, element: NodeId, attribute: &str, uri: &str) -> bool {
        let prefix = attribute.strip_prefix("xmlns:").unwrap_or("");
        let parent = self.document.parent(element).unwrap_or(ROOT);
        self.document.namespaces_at(parent).contains(&(prefix, uri))
    }

    /// A node at a level of indentation, or without any.
    fn node(
        &self,
        node: NodeId,
        level: Option<usize>,
        extra: &[(String, String)],
        text: &mut String,
    ) {
        match self.document.kind(node) {
            Kind::Element(name) => self.element(node, &name.full, level, extra, text),
            Kind::Text(data) => escape(data, false, text),
            Kind::CData(data) => {
                text.push_str("<![CDATA[");
                text.push_str(data);
                text.push_str("]]>");
            }
            Kind::Comment(data) => {
                text.push_str("<!--");
                text.push_str(data);
                text.push_str("-->");
            }
            Kind::Instruction { target, data } => {
                text.push_str("<?");
                text.push_str(target);
                if !data.is_empty() {
                    text.push(' ');
                    text.push_str(data);
                }
                text.push_str("?>");
            }
            Kind::Root | Kind::Attribute { .. } => {}
        }
    }

    fn element(
        &self,
        node: NodeId,
        name: &str,
        level: Option<usize>,
        extra: &[(String, String)],
        text: &mut String,
    ) {
        text.push('<');
        text.push_str(name);
        let mut attributes: Vec<(&str, &str)> = extra
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        for attribute in self.document.nodes[node].attributes.clone() {
            if let Kind::Attribute {
                name,
                value,
                declares,
            } = self.document.kind(attribute)
                && !(*declares && self.repeats(node, &name.full, value))
            {
                attributes.push((&name.full, value));
            }
        }
        // The declaration of the element's own prefix first, then the others, then the attributes.
        let own = name
            .split_once(':')
            .map_or("xmlns".to_owned(), |(prefix, _)| format!("xmlns:{prefix}"));
        attributes.sort_by_key(|(name, _)| {
            let declares = *name == "xmlns" || name.starts_with("xmlns:");
            (*name != own, !declares, *name)
        });
        for (name, value) in attributes {
            text.push(' ');
            text.push_str(name);
            text.push_str("=\"");
            escape(value, true, text);
            text.push('"');
        }
        let children = self.document.children(node);
        if children.is_empty() {
            text.push_str("/>");
            return;
        }
        text.push('>');
        // Text alone stays in its line. Beside elements everything gets a line of its own, white space too.
        let inline = children
            .iter()
            .all(|&child| matches!(self.document.kind(child), Kind::Text(_) | Kind::CData(_)));
        let keeps_space = self
            .document
            .attributes(node)
            .any(|a| a == ("xml:space", "preserve"));
        let level = level.filter(|_| !inline && !keeps_space);
        for &child in children {
            let Some(level) = level else {
                self.node(child, None, &[], text);
                continue;
            };
            line(level + 1, text);
            match self.document.kind(child) {
                Kind::Text(data) => escape(data.trim_start_matches('\n'), false, text),
                _ => self.node(child, Some(level + 1), &[], text),
            }
        }
        if let Some(level) = level {
            line(level, text);
        }
        text.push_str("</");
        text.push_str(name);
        text.push('>');
    }
}

fn line(level: usize, text: &mut String) {
    text.push('\n');
    for _ in 0..level {
        text.push_str("  ");
    }
}

fn escape(data: &str, attribute: bool, text: &mut String) {
    for c in data.chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' if attribute => text.push_str("&quot;"),
            '\r' => text.push_str("&#13;"),
            '\n' if attribute => text.push_str("&#10;"),
            '\t' if attribute => text.push_str("&#9;"),
            // Java writes what lies beyond the basic plane as a reference.
            c if c > '\u{ffff}' => {
                let _ = write!(text, "&#{};", u32::from(c));
            }
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read;

    #[test]
    fn documents_are_indented_as_java_indents_them() {
        let cases = [
            ("<a><b>1</b><c/></a>", "<a>\n  <b>1</b>\n  <c/>\n</a>\n"),
            ("<a>text<b/>more</a>", "<a>\n  text\n  <b/>\n  more\n</a>\n"),
            ("<a x='1' b='2'/>", "<a b=\"2\" x=\"1\"/>\n"),
            ("<?xml version='1.0'?><a/>", "<a/>\n"),
            ("<?pi x?><a/>", "<?pi x?><a/>\n"),
            ("<a><!-- c --><b/></a>", "<a>\n  <!-- c -->\n  <b/>\n</a>\n"),
            ("<a><![CDATA[x < y]]></a>", "<a><![CDATA[x < y]]></a>\n"),
            ("<a>\n  <b>1</b>\n</a>", "<a>\n    \n  <b>1</b>\n  \n</a>\n"),
            (
                "<a>\n  text\n  <b/>\n</a>",
                "<a>\n    text\n  \n  <b/>\n  \n</a>\n",
            ),
            (
                "<a b='&quot;&lt;&amp;\n'>&gt;&amp;\"'</a>",
                "<a b=\"&quot;&lt;&amp; \">&gt;&amp;\"'</a>\n",
            ),
            (
                "<b y='2' xmlns:p='u' x='2'><c xmlns:p='u'/></b>",
                "<b xmlns:p=\"u\" x=\"2\" y=\"2\">\n  <c/>\n</b>\n",
            ),
            (
                "<p:a xmlns:p='u'><p:b/></p:a>",
                "<p:a xmlns:p=\"u\">\n  <p:b/>\n</p:a>\n",
            ),
            ("<a>&#13;x</a>", "<a>&#13;x</a>\n"),
        ];
        for (source, printed) in cases {
            let document = read(source).unwrap();
            assert_eq!(pretty(&document, ROOT, false), printed, "{source}");
        }
    }
}
