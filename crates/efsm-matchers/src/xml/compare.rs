//! `equalToXml`: the comparisons that XMLUnit makes and WireMock counts.

use super::placeholder::Placeholders;
use super::tree::{Attribute, Element, Item, Tree};
use crate::limits::XML_COMPARISONS;

macro_rules! comparison_types {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// A kind of comparison, by the names of XMLUnit's `ComparisonType`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ComparisonType { $($variant),+ }

        impl ComparisonType {
            /// XMLUnit's name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub(crate) fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

comparison_types! {
    XmlVersion = "XML_VERSION",
    XmlStandalone = "XML_STANDALONE",
    XmlEncoding = "XML_ENCODING",
    HasDoctypeDeclaration = "HAS_DOCTYPE_DECLARATION",
    DoctypeName = "DOCTYPE_NAME",
    DoctypePublicId = "DOCTYPE_PUBLIC_ID",
    DoctypeSystemId = "DOCTYPE_SYSTEM_ID",
    SchemaLocation = "SCHEMA_LOCATION",
    NoNamespaceSchemaLocation = "NO_NAMESPACE_SCHEMA_LOCATION",
    NodeType = "NODE_TYPE",
    NamespacePrefix = "NAMESPACE_PREFIX",
    NamespaceUri = "NAMESPACE_URI",
    TextValue = "TEXT_VALUE",
    ProcessingInstructionTarget = "PROCESSING_INSTRUCTION_TARGET",
    ProcessingInstructionData = "PROCESSING_INSTRUCTION_DATA",
    ElementTagName = "ELEMENT_TAG_NAME",
    ElementNumAttributes = "ELEMENT_NUM_ATTRIBUTES",
    AttrValue = "ATTR_VALUE",
    AttrValueExplicitlySpecified = "ATTR_VALUE_EXPLICITLY_SPECIFIED",
    ChildNodelistLength = "CHILD_NODELIST_LENGTH",
    ChildNodelistSequence = "CHILD_NODELIST_SEQUENCE",
    ChildLookup = "CHILD_LOOKUP",
    AttrNameLookup = "ATTR_NAME_LOOKUP",
}

/// How two documents are compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) exempted: Vec<ComparisonType>,
    pub(crate) same_node_order_ignored: bool,
    pub(crate) placeholders: Option<Placeholders>,
}

impl Rules {
    /// Whether the documents are equal, children in any order of their names.
    ///
    /// Siblings are sorted by name and then paired in order, so that siblings of one name must come in the same
    /// order unless [`Rules::same_node_order_ignored`] sorts them by their text as well.
    pub(crate) fn equals(&self, expected: &Tree, actual: &Tree) -> Result<bool, String> {
        let mut run = Run {
            rules: self,
            until_different: true,
            total: 0,
            different: 0,
            steps: XML_COMPARISONS,
        };
        run.document(expected, actual)?;
        Ok(run.different == 0)
    }

    /// The share of all comparisons that found a difference, children paired in document order.
    pub(crate) fn distance(&self, expected: &Tree, actual: &Tree) -> Result<f64, String> {
        let mut run = Run {
            rules: self,
            until_different: false,
            total: 0,
            different: 0,
            steps: XML_COMPARISONS,
        };
        run.document(expected, actual)?;
        Ok(run.different as f64 / run.total.max(1) as f64)
    }
}

struct Run<'a> {
    rules: &'a Rules,
    /// Equality is asked, not a distance.
    until_different: bool,
    total: usize,
    different: usize,
    steps: usize,
}

type Step = Result<(), String>;

impl Run<'_> {
    fn done(&self) -> bool {
        self.until_different && self.different > 0
    }

    fn record(&mut self, kind: ComparisonType, equal: bool) -> Step {
        self.record_unless(kind, equal, |_| Ok(false))
    }

    /// Counts a comparison whose control side has a value; `excused` may call a difference equal.
    fn record_unless(
        &mut self,
        kind: ComparisonType,
        equal: bool,
        excused: impl FnOnce(&Placeholders) -> Result<bool, String>,
    ) -> Step {
        self.steps = self.steps.checked_sub(1).ok_or_else(|| {
            format!(
                "the documents need more than {XML_COMPARISONS} comparisons; compare smaller ones"
            )
        })?;
        if self.rules.exempted.contains(&kind) {
            return Ok(());
        }
        let equal = equal
            || match &self.rules.placeholders {
                Some(placeholders) => excused(placeholders)?,
                None => false,
            };
        self.total += 1;
        self.different += usize::from(!equal);
        Ok(())
    }

    fn document(&mut self, expected: &Tree, actual: &Tree) -> Step {
        self.record(ComparisonType::NodeType, true)?;
        self.child_count(&expected.items, &actual.items)?;
        self.children(&expected.items, &actual.items)
    }

    fn child_count(&mut self, expected: &[Item], actual: &[Item]) -> Step {
        let equal = expected.len() == actual.len();
        self.record_unless(
            ComparisonType::ChildNodelistLength,
            equal,
            |placeholders| match (expected, actual) {
                ([Item::Text(text)], []) => placeholders.accepts(text, None),
                _ => Ok(false),
            },
        )
    }

    fn children(&mut self, expected: &[Item], actual: &[Item]) -> Step {
        let expected = self.ordered(expected);
        let actual = self.ordered(actual);
        let mut pairing = Pairing::new(&actual);
        let mut unmatched = Vec::new();
        for control in expected {
            if self.done() {
                return Ok(());
            }
            match pairing.first_like(control) {
                Some(test) => self.pair(control, test)?,
                None => unmatched.push(control),
            }
        }
        for control in unmatched {
            self.record_unless(
                ComparisonType::ChildLookup,
                false,
                |placeholders| match control {
                    Item::Text(text) => placeholders.accepts(text, None),
                    _ => Ok(false),
                },
            )?;
        }
        Ok(())
    }

    fn ordered<'i>(&self, items: &'i [Item]) -> Vec<&'i Item> {
        let mut ordered: Vec<_> = items.iter().collect();
        if self.until_different && ordered.len() > 1 {
            if self.rules.same_node_order_ignored {
                ordered
                    .sort_by_cached_key(|item| (item.sort_name().to_owned(), item.text_content()));
            } else {
                ordered.sort_by(|left, right| left.sort_name().cmp(right.sort_name()));
            }
        }
        ordered
    }

    fn pair(&mut self, control: &Item, test: &Item) -> Step {
        match (control, test) {
            (Item::Element(control), Item::Element(test)) => self.element(control, test),
            (
                Item::Text(expected) | Item::CData(expected),
                Item::Text(actual) | Item::CData(actual),
            ) => {
                let same_type = std::mem::discriminant(control) == std::mem::discriminant(test);
                self.record_unless(ComparisonType::NodeType, same_type, |placeholders| {
                    placeholders.accepts(expected, Some(actual))
                })?;
                self.record(ComparisonType::ChildNodelistLength, true)?;
                self.record_unless(
                    ComparisonType::TextValue,
                    expected == actual,
                    |placeholders| placeholders.accepts(expected, Some(actual)),
                )
            }
            (
                Item::Instruction { target, data },
                Item::Instruction {
                    target: test_target,
                    data: test_data,
                },
            ) => {
                self.record(ComparisonType::NodeType, true)?;
                self.record(ComparisonType::ChildNodelistLength, true)?;
                self.record(
                    ComparisonType::ProcessingInstructionTarget,
                    target == test_target,
                )?;
                self.record(ComparisonType::ProcessingInstructionData, data == test_data)
            }
            _ => self.record(ComparisonType::NodeType, false),
        }
    }

    fn element(&mut self, control: &Element, test: &Element) -> Step {
        self.record(ComparisonType::NodeType, true)?;
        if control.namespace.is_some() {
            self.record(
                ComparisonType::NamespaceUri,
                control.namespace == test.namespace,
            )?;
        }
        self.child_count(&control.items, &test.items)?;
        self.record(ComparisonType::ElementTagName, control.name == test.name)?;
        self.attributes(control, test)?;
        if self.done() {
            return Ok(());
        }
        self.children(&control.items, &test.items)
    }

    fn attributes(&mut self, control: &Element, test: &Element) -> Step {
        let equal = control.attributes.len() == test.attributes.len();
        self.record_unless(
            ComparisonType::ElementNumAttributes,
            equal,
            |placeholders| {
                // Attributes that may be missing make the numbers differ.
                let mut missing = 0;
                for attribute in &control.attributes {
                    if find(&test.attributes, attribute).is_none() {
                        if !placeholders.accepts(&attribute.value, None)? {
                            return Ok(false);
                        }
                        missing += 1;
                    }
                }
                Ok(control.attributes.len() - missing == test.attributes.len())
            },
        )?;
        if let Some(expected) = &control.type_name {
            self.record(ComparisonType::AttrNameLookup, test.type_name.is_some())?;
            if let Some(actual) = &test.type_name {
                self.record(ComparisonType::AttrValue, expected == actual)?;
            }
        }
        for (kind, expected, actual) in [
            (
                ComparisonType::SchemaLocation,
                &control.schema_location,
                &test.schema_location,
            ),
            (
                ComparisonType::NoNamespaceSchemaLocation,
                &control.no_namespace_schema_location,
                &test.no_namespace_schema_location,
            ),
        ] {
            if expected.is_some() {
                self.record(kind, expected == actual)?;
            }
        }
        for attribute in &control.attributes {
            let found = find(&test.attributes, attribute);
            self.record_unless(
                ComparisonType::AttrNameLookup,
                found.is_some(),
                |placeholders| placeholders.accepts(&attribute.value, None),
            )?;
            let Some(found) = found else { continue };
            self.record(ComparisonType::NodeType, true)?;
            if attribute.namespace.is_some() {
                self.record(ComparisonType::NamespaceUri, true)?;
            }
            let equal = attribute.value == found.value;
            self.record_unless(ComparisonType::AttrValue, equal, |placeholders| {
                placeholders.accepts(&attribute.value, Some(&found.value))
            })?;
        }
        Ok(())
    }
}

fn find<'a>(attributes: &'a [Attribute], wanted: &Attribute) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name == wanted.name && attribute.namespace == wanted.namespace)
}

/// Hands out the actual siblings, each once, in order, by what they can be compared with.
struct Pairing<'a> {
    elements: std::collections::VecDeque<&'a Item>,
    texts: std::collections::VecDeque<&'a Item>,
    instructions: std::collections::VecDeque<&'a Item>,
}

impl<'a> Pairing<'a> {
    fn new(items: &[&'a Item]) -> Self {
        let only =
            |wanted: fn(&Item) -> bool| items.iter().copied().filter(|item| wanted(item)).collect();
        Self {
            elements: only(|item| matches!(item, Item::Element(_))),
            texts: only(|item| matches!(item, Item::Text(_) | Item::CData(_))),
            instructions: only(|item| matches!(item, Item::Instruction { .. })),
        }
    }

    fn first_like(&mut self, control: &Item) -> Option<&'a Item> {
        match control {
            Item::Element(_) => self.elements.pop_front(),
            Item::Text(_) | Item::CData(_) => self.texts.pop_front(),
            Item::Instruction { .. } => self.instructions.pop_front(),
        }
    }
}
