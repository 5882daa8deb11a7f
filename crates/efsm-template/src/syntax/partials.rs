//! Partials and where they are defined.

use std::sync::Arc;

use super::Path;
use super::parser::Parser;
use super::tree::{Inline, Node, Param, Partial, PartialName};
use crate::TemplateError;

impl Parser<'_> {
    /// Behind `{{#*`.
    pub(super) fn inline(&mut self, from: usize) -> Result<Node, TemplateError> {
        self.cursor.skip_space();
        let name = self.identifier().unwrap_or_default();
        if name != "inline" {
            return Err(self
                .cursor
                .unexpected_at(from, "`inline`, the only decorator"));
        }
        let Some(partial) = self.param()? else {
            return Err(self.cursor.unexpected("the name of the partial"));
        };
        self.hash()?;
        self.end_tag_after("", "inline")?;
        self.qualifiers.push("inline".into());
        self.scopes.push(String::new());
        let body = self.plain_body(from, "inline".into())?;
        self.qualifiers.pop();
        self.scopes.pop();
        Ok(Node::Inline(Box::new(Inline {
            name: partial,
            body: Arc::new(body),
        })))
    }

    /// Behind `{{>` or `{{#>`.
    pub(super) fn partial(&mut self, has_body: bool) -> Result<Node, TemplateError> {
        self.cursor.skip_space();
        let start = self.cursor.at;
        let at = self.cursor.position(start);
        let (name, closing) = if self.cursor.starts_with("(") {
            let Some(Param::Call(call)) = self.param()? else {
                return Err(self.cursor.unexpected_at(start, "the name of a partial"));
            };
            let closing = call.name.clone();
            (PartialName::Computed(*call), closing)
        } else {
            let fixed: Arc<str> = self.partial_path(start)?.into();
            (PartialName::Fixed(fixed.clone()), fixed)
        };
        self.cursor.skip_space();
        let before = self.cursor.at;
        let context = match self.identifier() {
            Some(path) if !self.at_equals_sign() => Some(Path::compile(&path)),
            _ => {
                self.cursor.at = before;
                None
            }
        };
        let hash = self.hash()?;
        self.end_tag_after("", &closing)?;
        let body = if has_body {
            Some(Arc::new(self.plain_body(start, closing)?))
        } else {
            None
        };
        Ok(Node::Partial(Box::new(Partial {
            name,
            context,
            hash,
            body,
            at,
        })))
    }

    pub(super) fn at_equals_sign(&mut self) -> bool {
        self.cursor.skip_space();
        self.cursor.starts_with("=")
    }

    /// A partial's name: quoted, in brackets, or a path of letters, digits and `_$@/.:-`.
    pub(super) fn partial_path(&mut self, start: usize) -> Result<String, TemplateError> {
        let name = if let Some(quote @ ('"' | '\'')) = self.cursor.peek() {
            self.string(quote)?
        } else {
            let rest = self.cursor.rest();
            let length = rest
                .char_indices()
                .find(|(at, c)| {
                    self.is_close(start + at)
                        || !(c.is_ascii_alphanumeric() || "_$@/.:-[]'".contains(*c))
                })
                .map_or(rest.len(), |(at, _)| at);
            self.cursor.at += length;
            rest[..length].trim_matches(['[', ']']).to_owned()
        };
        if name.is_empty() || name.starts_with('/') {
            return Err(self.cursor.unexpected_at(
                start,
                "the name of a partial, which does not start with `/`",
            ));
        }
        Ok(name)
    }
}
