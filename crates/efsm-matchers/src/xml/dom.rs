//! The document: nodes in one vector, in document order, attributes right behind their element.

/// A place in [`Document::nodes`]; document order is the order of the numbers.
pub(crate) type NodeId = usize;

/// The root node, parent of the document element.
pub(crate) const ROOT: NodeId = 0;

/// The name of an element or attribute as it was written, and the namespace that its prefix is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) full: String,
    pub(crate) namespace: Option<String>,
}

impl Name {
    /// The part after the colon.
    pub(crate) fn local(&self) -> &str {
        self.full
            .split_once(':')
            .map_or(&self.full, |(_, local)| local)
    }

    pub(crate) fn prefix(&self) -> Option<&str> {
        self.full.split_once(':').map(|(prefix, _)| prefix)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Root,
    Element(Name),
    /// `declares` for `xmlns` and `xmlns:*`.
    Attribute {
        name: Name,
        value: String,
        declares: bool,
    },
    Text(String),
    CData(String),
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parent: NodeId,
    /// Without attributes.
    pub(crate) children: Vec<NodeId>,
    pub(crate) attributes: std::ops::Range<NodeId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) nodes: Vec<Node>,
    /// The first prefix that no `xmlns` binds, as an error for readers that respect namespaces.
    pub(crate) unbound: Option<String>,
}

impl Document {
    pub(crate) fn kind(&self, node: NodeId) -> &Kind {
        &self.nodes[node].kind
    }

    pub(crate) fn children(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node].children
    }

    pub(crate) fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != ROOT).then(|| self.nodes[node].parent)
    }

    /// The string value of XPath: the text inside an element, the value of everything else.
    pub(crate) fn string_value(&self, node: NodeId) -> String {
        match self.kind(node) {
            Kind::Root | Kind::Element(_) => {
                let mut text = String::new();
                self.collect_text(node, &mut text);
                text
            }
            Kind::Attribute { value, .. } => value.clone(),
            Kind::Text(text) | Kind::CData(text) | Kind::Comment(text) => text.clone(),
            Kind::Instruction { data, .. } => data.clone(),
        }
    }

    fn collect_text(&self, node: NodeId, text: &mut String) {
        for &child in self.children(node) {
            match self.kind(child) {
                Kind::Text(part) | Kind::CData(part) => text.push_str(part),
                Kind::Element(_) => self.collect_text(child, text),
                _ => {}
            }
        }
    }

    /// The namespaces in scope at an element: prefixes (empty for the default) with their URIs.
    pub(crate) fn namespaces_at(&self, node: NodeId) -> Vec<(&str, &str)> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        let mut current = Some(node);
        while let Some(element) = current {
            for attribute in self.nodes[element].attributes.clone() {
                if let Kind::Attribute {
                    name,
                    value,
                    declares: true,
                } = self.kind(attribute)
                {
                    let prefix = name.full.strip_prefix("xmlns:").unwrap_or("");
                    if !found.iter().any(|(known, _)| *known == prefix) {
                        found.push((prefix, value));
                    }
                }
            }
            current = self.parent(element);
        }
        found
    }
}
