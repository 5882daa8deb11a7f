//! The document: nodes in one vector, in document order, attributes right behind their element.

/// A place in [`Document::nodes`]; document order is the order of the numbers.
pub type NodeId = usize;

/// The root node, parent of the document element.
pub const ROOT: NodeId = 0;

/// The name of an element or attribute as it was written, and the namespace that its prefix is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub full: String,
    pub namespace: Option<String>,
}

impl Name {
    /// The part after the colon.
    pub fn local(&self) -> &str {
        self.full
            .split_once(':')
            .map_or(&self.full, |(_, local)| local)
    }

    pub fn prefix(&self) -> Option<&str> {
        self.full.split_once(':').map(|(prefix, _)| prefix)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
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
pub struct Node {
    pub kind: Kind,
    pub parent: NodeId,
    /// Without attributes.
    pub children: Vec<NodeId>,
    pub attributes: std::ops::Range<NodeId>,
}

#[derive(Debug, Clone)]
pub struct Document {
    pub nodes: Vec<Node>,
    /// The first prefix that no `xmlns` binds, as an error for readers that respect namespaces.
    pub unbound: Option<String>,
}

impl Document {
    pub fn kind(&self, node: NodeId) -> &Kind {
        &self.nodes[node].kind
    }

    pub fn children(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node].children
    }

    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != ROOT).then(|| self.nodes[node].parent)
    }

    /// Names and values of an element's attributes, declarations of namespaces included.
    pub fn attributes(&self, element: NodeId) -> impl Iterator<Item = (&str, &str)> {
        let attributes = self.nodes[element].attributes.clone();
        attributes.filter_map(|attribute| match self.kind(attribute) {
            Kind::Attribute { name, value, .. } => Some((name.full.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// Removes the texts that are white space alone.
    pub fn drop_blank_texts(&mut self) {
        for node in 0..self.nodes.len() {
            let mut children = std::mem::take(&mut self.nodes[node].children);
            children.retain(|child| match self.kind(*child) {
                Kind::Text(text) | Kind::CData(text) => !text.trim().is_empty(),
                _ => true,
            });
            self.nodes[node].children = children;
        }
    }

    /// The string value of XPath: the text inside an element, the value of everything else.
    pub fn string_value(&self, node: NodeId) -> String {
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
    pub fn namespaces_at(&self, node: NodeId) -> Vec<(&str, &str)> {
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
