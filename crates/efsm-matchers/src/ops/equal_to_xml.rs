//! `equalToXml`.

use crate::error::PatternError;
use crate::result::{Events, SubEvent};
use crate::subject::Subject;
use crate::xml::compare::{ComparisonType, Rules};
use crate::xml::placeholder::Placeholders;
use crate::xml::tree::{NamespaceAwareness, Tree};
use efsm_xml::dom::{Document, ROOT};
use efsm_xml::print::pretty;
use efsm_xml::read::read;

/// XML equality: comments, outer white space, and the order of differently named siblings never count.
#[derive(Debug)]
pub struct EqualToXml {
    pub(crate) text: String,
    pub(crate) options: XmlOptions,
    document: Document,
    tree: Tree,
    rules: Rules,
}

/// The options as they were given.
#[derive(Debug, Clone, Default)]
pub(crate) struct XmlOptions {
    pub(crate) enable_placeholders: Option<bool>,
    pub(crate) opening_delimiter: Option<String>,
    pub(crate) closing_delimiter: Option<String>,
    pub(crate) exempted_comparisons: Option<Vec<ComparisonType>>,
    pub(crate) ignore_order_of_same_node: Option<bool>,
    pub(crate) namespace_awareness: Option<NamespaceAwareness>,
}

impl XmlOptions {
    fn mode(&self) -> NamespaceAwareness {
        self.namespace_awareness
            .unwrap_or(NamespaceAwareness::Strict)
    }
}

impl EqualToXml {
    pub(crate) fn new(text: &str, options: XmlOptions) -> Result<Self, PatternError> {
        let document = read(text).map_err(|error| PatternError::new(error.to_string()))?;
        let tree = Tree::new(&document, options.mode()).map_err(PatternError::new)?;
        let placeholders = (options.enable_placeholders == Some(true))
            .then(|| {
                let (opening, closing) = (&options.opening_delimiter, &options.closing_delimiter);
                Placeholders::new(opening.as_deref(), closing.as_deref())
            })
            .transpose()
            .map_err(|error| PatternError::new(error.to_string()))?;
        let rules = Rules {
            exempted: options.exempted_comparisons.clone().unwrap_or_default(),
            same_node_order_ignored: options.ignore_order_of_same_node == Some(true),
            placeholders,
        };
        Ok(Self {
            text: text.to_owned(),
            options,
            document,
            tree,
            rules,
        })
    }

    pub(crate) fn holds(&self, subject: &Subject<'_>, events: &mut Events) -> bool {
        if subject.as_text().is_none_or(str::is_empty) {
            return false;
        }
        let outcome = match subject.as_tree(self.options.mode()) {
            Some(Ok(actual)) => self.rules.equals(&self.tree, actual),
            Some(Err(reason)) => Err(reason.to_owned()),
            None => return false,
        };
        outcome.unwrap_or_else(|reason| {
            events.add(|| SubEvent::warning(reason));
            false
        })
    }

    pub(crate) fn distance(&self, subject: &Subject<'_>) -> f64 {
        match subject.as_tree(self.options.mode()) {
            Some(Ok(actual)) => self.rules.distance(&self.tree, actual).unwrap_or(1.0),
            _ => 1.0,
        }
    }

    pub(crate) fn expected_text(&self) -> String {
        // Java's printer fails on prefixes that are not bound, and the text is shown as it was written.
        if self.document.unbound.is_some() {
            return self.text.clone();
        }
        pretty(&self.document, ROOT, false)
    }
}
