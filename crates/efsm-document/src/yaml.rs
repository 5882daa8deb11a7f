//! YAML 1.2 with the core schema, from the events of the parser.
//!
//! The tree is built here rather than by a loader, because messages need what loaders throw away: where
//! each key stands, and that a key was given twice.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use crate::node::{Entries, Entry, Kind, Node};
use crate::{DEPTH, NODES, SyntaxError, line_at};

/// Reads a document; an empty text is null.
pub fn document(text: &str) -> Result<Arc<Node>, SyntaxError> {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::new(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            SyntaxError::new(
                builder.range_at(*error.marker()),
                capital_free(error.info()),
            )
        })?;
        builder.event(event, span)?;
    }
    Ok(builder.root.unwrap_or_else(|| {
        Arc::new(Node {
            span: 0..0,
            kind: Kind::Null,
        })
    }))
}

/// The parser's sentence without anything that repeats the place.
fn capital_free(info: &str) -> String {
    format!("not valid YAML: {info}")
}

struct Builder<'a> {
    text: &'a str,
    /// Byte offsets of the characters; empty when the text is ASCII and they are the same.
    offsets: Vec<usize>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Arc<Node>, usize)>,
    root: Option<Arc<Node>>,
    documents: usize,
    nodes: usize,
}

/// A list or a map whose end has not been seen.
struct Open {
    start: usize,
    anchor: usize,
    /// Nodes of the document before this one: what it holds is the difference.
    nodes_before: usize,
    items: Items,
}

enum Items {
    List(Vec<Arc<Node>>),
    Map {
        entries: Entries,
        merged: Vec<Arc<Node>>,
        key: Option<(String, Range<usize>, bool)>,
    },
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).collect()
        };
        Self {
            text,
            offsets,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            nodes: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let range = self.range(span);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(SyntaxError::new(range, "a second document begins here")
                        .with_help("a file holds one document: remove what follows `---`"));
                }
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "seq", &range)?;
                self.begin(range, anchor, Items::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "map", &range)?;
                let items = Items::Map {
                    entries: Entries::default(),
                    merged: Vec::new(),
                    key: None,
                };
                self.begin(range, anchor, items)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&range),
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let kind = match tag.as_deref() {
                    Some(tag) => tagged(&text, tag, &range)?,
                    None if is_plain => plain(&text),
                    None => Kind::Text(text.to_string()),
                };
                // An empty plain scalar has no width of its own; its place is where it would stand.
                let node = Node { span: range, kind };
                self.nodes += 1;
                self.value(Arc::new(node), Some((&text, is_plain)), anchor, 1)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(SyntaxError::new(range, "this alias points into itself"));
                };
                self.nodes += size;
                if self.nodes > NODES {
                    return Err(SyntaxError::new(
                        range,
                        format!("the aliases of this document stand for more than {NODES} values"),
                    ));
                }
                // Errors in what an alias stands for are shown where it was written out.
                self.value(node, None, 0, size)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, at: Range<usize>, anchor: usize, items: Items) -> Result<(), SyntaxError> {
        if self.open.len() >= DEPTH {
            return Err(SyntaxError::new(
                at,
                format!("nested more than {DEPTH} levels deep"),
            ));
        }
        self.nodes += 1;
        self.open.push(Open {
            start: at.start,
            anchor,
            nodes_before: self.nodes - 1,
            items,
        });
        Ok(())
    }

    fn end(&mut self, at: &Range<usize>) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let text = self.text;
        let end = at.end.max(open.start);
        // A block ends where the next thing begins; the space between belongs to neither.
        let span = open.start..open.start + text[open.start..end].trim_end().len();
        let kind = match open.items {
            Items::List(items) => Kind::List(items),
            Items::Map {
                mut entries,
                merged,
                ..
            } => {
                merge(&mut entries, &merged)?;
                Kind::Map(entries.into_vec())
            }
        };
        let size = self.nodes - open.nodes_before;
        self.value(Arc::new(Node { span, kind }), None, open.anchor, size)
    }

    /// Puts a finished node into what is open, as a key or a value. `scalar` has its text and whether it was
    /// plain, as only scalars can be keys.
    fn value(
        &mut self,
        node: Arc<Node>,
        scalar: Option<(&str, bool)>,
        anchor: usize,
        size: usize,
    ) -> Result<(), SyntaxError> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let (entries, merged, key) = match &mut open.items {
            Items::List(items) => {
                items.push(node);
                return Ok(());
            }
            Items::Map {
                entries,
                merged,
                key,
            } => (entries, merged, key),
        };
        match (key.take(), scalar) {
            (None, Some((text, is_plain))) => {
                *key = Some((text.to_owned(), node.span.clone(), is_plain && text == "<<"));
                Ok(())
            }
            (None, None) => {
                let span = node.span.clone();
                let found = node.in_words();
                Err(SyntaxError::new(
                    span,
                    format!("a key must be a text, found {found}"),
                ))
            }
            (Some((_, _, true)), _) => {
                merged.push(node);
                Ok(())
            }
            (Some((name, key_span, false)), _) => {
                if let Some(first) = entries.find(&name) {
                    let line = line_at(self.text, first.key_span.start);
                    return Err(SyntaxError::new(
                        key_span,
                        format!("the key `{name}` is given twice"),
                    )
                    .with_help(format!(
                        "it is given first on line {line}: keep one of the two"
                    )));
                }
                entries.push(Entry {
                    key: name,
                    key_span,
                    value: node,
                });
                Ok(())
            }
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let start = self.offset(span.start);
        start..self.offset(span.end).max(start)
    }

    /// The character at a marker: a place for an error that has no width.
    fn range_at(&self, marker: Marker) -> Range<usize> {
        let start = self.offset(marker);
        let width = self.text[start..].chars().next().map_or(0, char::len_utf8);
        start..start + width
    }

    fn offset(&self, marker: Marker) -> usize {
        let length = self.text.len();
        if self.offsets.is_empty() {
            marker.index().min(length)
        } else {
            self.offsets.get(marker.index()).copied().unwrap_or(length)
        }
    }
}

/// `<<: *base` and `<<: [*a, *b]`: keys that the map does not give itself, the first that has one winning.
fn merge(entries: &mut Entries, merged: &[Arc<Node>]) -> Result<(), SyntaxError> {
    let parts = merged.iter().flat_map(|node| match &node.kind {
        Kind::List(items) => &items[..],
        _ => std::slice::from_ref(node),
    });
    for part in parts {
        let Kind::Map(theirs) = &part.kind else {
            let found = part.in_words();
            return Err(SyntaxError::new(
                part.span.clone(),
                format!("`<<` merges maps, found {found}"),
            ));
        };
        for entry in theirs {
            if entries.find(&entry.key).is_none() {
                entries.push(Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span.clone(),
                    value: entry.value.clone(),
                });
            }
        }
    }
    Ok(())
}

fn collection_tag(tag: Option<&Tag>, own: &str, at: &Range<usize>) -> Result<(), SyntaxError> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() || tag.suffix != own => Err(tag_error(tag, at)),
        _ => Ok(()),
    }
}

fn tagged(text: &str, tag: &Tag, at: &Range<usize>) -> Result<Kind, SyntaxError> {
    let kind = match tag.suffix.as_str() {
        _ if !tag.is_yaml_core_schema() => None,
        "str" => Some(Kind::Text(text.to_owned())),
        "null" | "bool" | "int" | "float" => match (plain(text), tag.suffix.as_str()) {
            (Kind::Integer(value), "float") => Some(Kind::Float(value as f64)),
            (kind @ Kind::Null, "null")
            | (kind @ Kind::Bool(_), "bool")
            | (kind @ Kind::Integer(_), "int")
            | (kind @ Kind::Float(_), "float") => Some(kind),
            _ => None,
        },
        _ => None,
    };
    kind.ok_or_else(|| tag_error(tag, at))
}

fn tag_error(tag: &Tag, at: &Range<usize>) -> SyntaxError {
    SyntaxError::new(
        at.clone(),
        format!("the tag `{tag}` does not fit this value"),
    )
    .with_help("no tag is needed here: remove it, and quote a text that looks like a number")
}

/// A plain scalar in the core schema (YAML 1.2.2, 10.3.2).
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Kind::Float(f64::NAN),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        return Kind::Float(sign * f64::INFINITY);
    }
    let radix = [("0x", 16), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix
        && digits.chars().all(|c| c.is_digit(radix))
        && let Ok(value) = i128::from_str_radix(digits, radix)
    {
        return Kind::Integer(value);
    }
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.bytes().any(|c| c.is_ascii_digit())
        && text
            .bytes()
            .all(|c| c.is_ascii_digit() || matches!(c, b'+' | b'-' | b'.' | b'e' | b'E'));
    if is_number {
        if let Ok(value) = text.parse() {
            return Kind::Integer(value);
        }
        if let Ok(value) = text.parse() {
            return Kind::Float(value);
        }
    }
    Kind::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each compared with all before it, the keys would take minutes.
    #[test]
    fn map_of_very_many_keys_is_read() {
        let lines: Vec<String> = (0..150_000).map(|n| format!("k{n}: {n}\n")).collect();
        let text = lines.concat();
        let node = document(&text).unwrap();
        assert!(matches!(&node.kind, Kind::Map(entries) if entries.len() == 150_000));
        let error = document(&format!("{text}k1: 0\n")).unwrap_err();
        assert_eq!(error.message, "the key `k1` is given twice");
        let help = "it is given first on line 2: keep one of the two";
        assert_eq!(error.help.as_deref(), Some(help));
    }

    #[test]
    fn merged_maps_give_only_what_is_not_there() {
        let text = "a: &a {x: 1, y: 1}\nb: {<<: [*a, {y: 2, z: 2}], x: 0}\n";
        let json = document(text).unwrap().to_json().unwrap();
        assert_eq!(json["b"], serde_json::json!({"x": 0, "y": 1, "z": 2}));
    }
}
