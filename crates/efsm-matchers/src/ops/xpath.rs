//! `matchesXPath`.

use std::collections::BTreeMap;

use super::accepts_any;
use crate::matcher::Matcher;
use crate::result::{Events, MatchContext, SubEvent};
use crate::subject::Subject;
use crate::text::grouped_number;
use efsm_xml::dom::{Document, Kind, NodeId};
use efsm_xml::print::pretty;
use efsm_xml::{Value, XPath};

/// An XPath that must find a node (or give any other value), or whose findings another matcher must accept.
#[derive(Debug)]
pub struct XPathMatcher {
    pub(crate) expression: String,
    /// WireMock accepts a stub with a malformed expression, which then matches nothing.
    path: Result<XPath, String>,
    /// Prefixes of the expression. Without them namespaces are not looked at.
    pub(crate) namespaces: Option<BTreeMap<String, String>>,
    pub(crate) inner: Option<Matcher>,
}

impl XPathMatcher {
    pub(crate) fn new(
        expression: &str,
        namespaces: Option<BTreeMap<String, String>>,
        inner: Option<Matcher>,
    ) -> Self {
        Self {
            expression: expression.to_owned(),
            path: XPath::parse(expression),
            namespaces: namespaces.filter(|namespaces| !namespaces.is_empty()),
            inner,
        }
    }

    pub(crate) fn holds(
        &self,
        subject: &Subject<'_>,
        context: &MatchContext,
        events: &mut Events,
    ) -> bool {
        let Some((document, value)) = self.evaluate(subject, events) else {
            return false;
        };
        match &self.inner {
            None => !matches!(value, Value::Nodes(nodes) if nodes.is_empty()),
            Some(inner) => {
                let found = self.found(document, value).map(Subject::text);
                accepts_any(inner, found, context, events)
            }
        }
    }

    pub(crate) fn distance(&self, subject: &Subject<'_>, context: &MatchContext) -> f64 {
        let (Some(inner), Some((document, value))) =
            (&self.inner, self.evaluate(subject, &mut Events::ignored()))
        else {
            return 1.0;
        };
        self.found(document, value)
            .map(|text| inner.distance(&Subject::text(text), context))
            .fold(1.0, f64::min)
    }

    /// What the expression finds first, as the right column of a diff shows it.
    pub(crate) fn result_text(&self, subject: &Subject<'_>) -> Option<String> {
        self.evaluate(subject, &mut Events::ignored())
            .and_then(|(document, value)| self.found(document, value).next())
    }

    fn evaluate<'s>(
        &self,
        subject: &'s Subject<'_>,
        events: &mut Events,
    ) -> Option<(&'s Document, Value)> {
        let text = subject.as_text();
        let Some(Ok(document)) = subject
            .as_xml()
            .filter(|_| text.is_some_and(|text| text.trim_start().starts_with('<')))
        else {
            events.add(|| {
                let reason = match subject.as_xml() {
                    Some(Err(error))
                        if text.is_some_and(|text| text.trim_start().starts_with('<')) =>
                    {
                        format!(". Reason: {error}")
                    }
                    _ => String::new(),
                };
                let text = text.unwrap_or("null");
                SubEvent::warning(format!(
                    "Warning: failed to parse the XML document{reason}\nXML: {text}"
                ))
            });
            return None;
        };
        let outcome = match (&self.path, &self.namespaces, &document.unbound) {
            (Err(reason), _, _) => Err(reason.clone()),
            (Ok(_), Some(_), Some(unbound)) => Err(unbound.clone()),
            (Ok(path), namespaces, _) => path.evaluate(document, namespaces.as_ref()),
        };
        match outcome {
            Ok(value) => Some((document, value)),
            Err(reason) => {
                events.add(|| {
                    let expression = &self.expression;
                    SubEvent::warning(format!(
                        "Warning: failed to evaluate the XPath expression {expression}: {reason}"
                    ))
                });
                None
            }
        }
    }

    fn found<'s>(&self, document: &'s Document, value: Value) -> impl Iterator<Item = String> + 's {
        let declarations = self.namespaces.is_some();
        let (nodes, atom) = match value {
            Value::Nodes(nodes) => (nodes, None),
            Value::Number(number) => (Vec::new(), Some(grouped_number(number))),
            other => (Vec::new(), Some(other.into_text(document))),
        };
        nodes
            .into_iter()
            .map(move |node| node_text(document, node, declarations))
            .chain(atom)
    }
}

fn node_text(document: &Document, node: NodeId, declarations: bool) -> String {
    match document.kind(node) {
        Kind::Root | Kind::Element(_) => pretty(document, node, declarations),
        Kind::Attribute { value, .. } => value.clone(),
        Kind::Text(text) | Kind::CData(text) => text.clone(),
        Kind::Comment(text) => format!("[#comment: {text}]"),
        Kind::Instruction { target, data } => format!("[{target}: {data}]"),
    }
}
