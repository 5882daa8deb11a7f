//! What XMLUnit compares: the document without comments and outer white space, names seen as the namespace mode says.

use efsm_xml::dom::{Document, Kind, NodeId, ROOT};

/// How namespaces count in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamespaceAwareness {
    /// Prefixes must be bound, and names are equal when URI and local name are (what an omitted value means).
    Strict,
    /// WireMock before 3.12: prefixes of elements are ignored, a default `xmlns` counts, attributes by full name.
    Legacy,
    /// Names and `xmlns` attributes are compared as they are written.
    None,
}

impl NamespaceAwareness {
    /// WireMock's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "STRICT",
            Self::Legacy => "LEGACY",
            Self::None => "NONE",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Strict, Self::Legacy, Self::None]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }
}

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A document ready for comparison.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    /// Children of the document: its element and the instructions around it.
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(crate) enum Item {
    Element(Box<Element>),
    Text(String),
    CData(String),
    Instruction { target: String, data: String },
}

#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// The name that is compared and sorted by.
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) attributes: Vec<Attribute>,
    /// `xsi:type` as URI and local name.
    pub(crate) type_name: Option<(Option<String>, String)>,
    pub(crate) schema_location: Option<String>,
    pub(crate) no_namespace_schema_location: Option<String>,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Tree {
    /// Fails when the mode needs bound prefixes and the document has others.
    pub(crate) fn new(document: &Document, mode: NamespaceAwareness) -> Result<Self, String> {
        if let (NamespaceAwareness::Strict, Some(unbound)) = (mode, &document.unbound) {
            return Err(unbound.clone());
        }
        Ok(Self {
            items: items(document, ROOT, mode, None),
        })
    }
}

impl Item {
    /// What siblings are sorted by; texts and instructions keep their order, in front.
    pub(crate) fn sort_name(&self) -> &str {
        match self {
            Self::Element(element) => &element.name,
            _ => "",
        }
    }

    /// The text inside, without outer white space.
    pub(crate) fn text_content(&self) -> String {
        match self {
            Self::Element(element) => element.items.iter().map(Self::text_content).collect(),
            Self::Text(text) | Self::CData(text) => text.clone(),
            Self::Instruction { .. } => String::new(),
        }
    }
}

fn items(
    document: &Document,
    parent: NodeId,
    mode: NamespaceAwareness,
    default: Option<&str>,
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, items: &mut Vec<Item>| {
        let trimmed = trim(text);
        if !trimmed.is_empty() {
            items.push(Item::Text(trimmed.to_owned()));
        }
        text.clear();
    };
    for &child in document.children(parent) {
        match document.kind(child) {
            // A comment is as if it had not been written: the texts around it are one.
            Kind::Comment(_) | Kind::Root | Kind::Attribute { .. } => {}
            Kind::Text(part) => text.push_str(part),
            // The transformation that once dropped comments made text of it.
            Kind::CData(data) if mode == NamespaceAwareness::Legacy => text.push_str(data),
            Kind::CData(data) => {
                flush(&mut text, &mut items);
                let data = trim(data);
                if !data.is_empty() {
                    items.push(Item::CData(data.to_owned()));
                }
            }
            Kind::Instruction { target, data } => {
                flush(&mut text, &mut items);
                items.push(Item::Instruction {
                    target: target.clone(),
                    data: trim(data).to_owned(),
                });
            }
            Kind::Element(_) => {
                flush(&mut text, &mut items);
                let element = element(document, child, mode, default);
                items.push(Item::Element(Box::new(element)));
            }
        }
    }
    flush(&mut text, &mut items);
    items
}

fn element(
    document: &Document,
    id: NodeId,
    mode: NamespaceAwareness,
    default: Option<&str>,
) -> Element {
    let Kind::Element(name) = document.kind(id) else {
        unreachable!("called for elements only");
    };
    let mut default = default.map(str::to_owned);
    let mut made = Element {
        name: match mode {
            NamespaceAwareness::None => name.full.clone(),
            _ => name.local().to_owned(),
        },
        namespace: None,
        attributes: Vec::new(),
        type_name: None,
        schema_location: None,
        no_namespace_schema_location: None,
        items: Vec::new(),
    };
    for attribute in document.nodes[id].attributes.clone() {
        let Kind::Attribute {
            name,
            value,
            declares,
        } = document.kind(attribute)
        else {
            continue;
        };
        if *declares && name.full == "xmlns" {
            default = (!value.is_empty()).then(|| value.clone());
        }
        if *declares && mode != NamespaceAwareness::None {
            continue;
        }
        let value = trim(value).to_owned();
        if mode != NamespaceAwareness::Strict {
            made.attributes.push(Attribute {
                namespace: None,
                name: name.full.clone(),
                value,
            });
            continue;
        }
        let special = name.namespace.as_deref() == Some(SCHEMA_INSTANCE);
        match name.local() {
            "schemaLocation" if special => made.schema_location = Some(value),
            "noNamespaceSchemaLocation" if special => {
                made.no_namespace_schema_location = Some(value);
            }
            "type" if special => made.type_name = Some(qualified(document, id, &value)),
            local => made.attributes.push(Attribute {
                namespace: name.namespace.clone(),
                name: if name.namespace.is_some() {
                    local
                } else {
                    &name.full
                }
                .to_owned(),
                value,
            }),
        }
    }
    made.namespace = match mode {
        NamespaceAwareness::Strict => name.namespace.clone(),
        NamespaceAwareness::Legacy => default.clone(),
        NamespaceAwareness::None => None,
    };
    made.items = items(document, id, mode, default.as_deref());
    made
}

fn qualified(document: &Document, element: NodeId, value: &str) -> (Option<String>, String) {
    let (prefix, local) = value.split_once(':').unwrap_or(("", value));
    let uri = document
        .namespaces_at(element)
        .into_iter()
        .find(|(known, _)| *known == prefix)
        .map(|(_, uri)| uri.to_owned());
    (uri, local.to_owned())
}

/// `String.trim` of Java: everything up to U+0020 counts as white space.
fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}
