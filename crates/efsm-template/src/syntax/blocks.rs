//! Blocks: their heads, bodies, branches and ends.

use std::sync::Arc;

use super::expression::Calling;
use super::parser::{End, MAX_BLOCKS, Parser};
use super::tree::{Block, Body, Branch, Expression, Node, Param};
use crate::TemplateError;

/// `{{else x}}` branches of one block.
const MAX_BRANCHES: usize = 1_000;

/// The head of a block: its expression, whether it is inverted, and the names of its parameters.
type Head = (Expression, bool, Vec<Arc<str>>);

impl Parser<'_> {
    /// `as |a b|`.
    pub(super) fn block_names(&mut self) -> Result<Vec<Arc<str>>, TemplateError> {
        self.cursor.skip_space();
        let start = self.cursor.at;
        if !(self.cursor.eat("as") && self.ends_name()) {
            self.cursor.at = start;
            return Ok(Vec::new());
        }
        self.cursor.skip_space();
        if !self.cursor.eat("|") {
            return Err(self
                .cursor
                .unexpected("`|` and the names of block parameters"));
        }
        let mut names = Vec::new();
        loop {
            self.cursor.skip_space();
            if !names.is_empty() && self.cursor.eat("|") {
                return Ok(names);
            }
            let Some(name) = self.identifier() else {
                return Err(self.cursor.unexpected("the name of a block parameter"));
            };
            names.push(name.into());
        }
    }

    pub(super) fn ends_name(&self) -> bool {
        self.cursor
            .peek()
            .is_none_or(|c| c.is_whitespace() || c == '|')
    }

    fn enter(&mut self, name: Arc<str>) -> Result<(), TemplateError> {
        if self.blocks.len() == MAX_BLOCKS {
            return Err(TemplateError::TooDeep { limit: MAX_BLOCKS });
        }
        self.blocks.push(name);
        Ok(())
    }

    /// The text of the first argument of the innermost `with` when nothing but it encloses the tag.
    pub(super) fn with_scope(&self) -> Option<&str> {
        let innermost = self.qualifiers.last()?;
        (&**innermost == "with").then_some(())?;
        self.scopes.last().map(String::as_str)
    }

    /// The text of an argument that is a path, as it is compared with names inside a `with`.
    pub(super) fn argument_text(&mut self, from: usize) -> Option<String> {
        let here = self.cursor.at;
        self.cursor.at = from;
        self.cursor.skip_space();
        self.identifier();
        self.cursor.skip_space();
        let text = self.identifier();
        self.cursor.at = here;
        text
    }

    /// Behind `{{#`.
    pub(super) fn block(&mut self, start: usize) -> Result<Node, TemplateError> {
        self.cursor.skip_space();
        let decorator = self.cursor.eat("*");
        let from = self.cursor.at;
        if decorator {
            return self.inline(from);
        }
        let expression = self.expression(Calling::Block)?;
        let argument = match expression.params.first() {
            Some(Param::Path(_)) => self.argument_text(from),
            // Nothing is called like a literal or a call.
            Some(_) => Some(String::new()),
            None => None,
        };
        let names = self.block_names()?;
        self.end_tag("", &expression)?;
        self.enter(expression.name.clone())?;
        self.qualifiers.push(expression.name.clone());
        let has_scope = argument.is_some();
        self.scopes.extend(argument);
        let block = self.bodies(start, (expression, false, names))?;
        self.blocks.pop();
        self.qualifiers.pop();
        if has_scope {
            self.scopes.pop();
        }
        Ok(Node::Block(Box::new(block)))
    }

    /// The body, its else branches, and the end of the innermost open block.
    pub(super) fn bodies(&mut self, start: usize, head: Head) -> Result<Block, TemplateError> {
        let (expression, inverted, names) = head;
        let (body, mut end) = self.body()?;
        let mut branches = vec![Branch {
            expression,
            inverted,
            names,
            body: Arc::new(body),
        }];
        let mut inverse = Body::default();
        loop {
            match end {
                End::Text => return Err(self.unclosed(start)),
                End::Close { .. } => break,
                End::Else { start, trims } => {
                    self.trim_next = trims;
                    self.cursor.skip_space();
                    if self.at_close() {
                        self.end_tag_after("", "else")?;
                        // Of two plain elses the later wins.
                        (inverse, end) = self.body()?;
                        continue;
                    }
                    if branches.len() > MAX_BRANCHES {
                        let expected =
                            format!("`{{{{/`, as a block has at most {MAX_BRANCHES} branches");
                        return Err(self.cursor.unexpected_at(start, expected));
                    }
                    let expression = self.expression(Calling::Block)?;
                    let names = self.block_names()?;
                    self.end_tag("", &expression)?;
                    let (body, next) = self.body()?;
                    branches.push(Branch {
                        expression,
                        inverted: false,
                        names,
                        body: Arc::new(body),
                    });
                    end = next;
                }
            }
        }
        self.close_block()?;
        Ok(Block { branches, inverse })
    }

    pub(super) fn unclosed(&mut self, start: usize) -> TemplateError {
        let line = self.cursor.position(start).line;
        let name = self.blocks.last().cloned().unwrap_or_default();
        self.cursor
            .unexpected(format!("`{{{{/{name}}}}}` for the block of line {line}"))
    }

    /// The body and the end of an inline partial or of a partial block.
    pub(super) fn plain_body(
        &mut self,
        start: usize,
        name: Arc<str>,
    ) -> Result<Body, TemplateError> {
        self.enter(name)?;
        let (body, end) = self.body()?;
        match end {
            End::Text => return Err(self.unclosed(start)),
            End::Else { start, .. } => {
                return Err(self.cursor.unexpected_at(start, "the end of the partial"));
            }
            End::Close { .. } => self.close_block()?,
        }
        self.blocks.pop();
        Ok(body)
    }

    /// Behind `{{/`: the name of the innermost open block.
    pub(super) fn close_block(&mut self) -> Result<(), TemplateError> {
        self.cursor.skip_space();
        let start = self.cursor.at;
        let name = self.identifier().unwrap_or_default();
        let expected = self.blocks.last().cloned().unwrap_or_default();
        if *name != *expected {
            return Err(self.cursor.unexpected_at(start, format!("`{expected}`")));
        }
        self.end_tag_after("", &name)
    }

    /// Behind `{{^` of a block.
    pub(super) fn inverted_block(&mut self) -> Result<Node, TemplateError> {
        let start = self.cursor.at;
        let mut expression = self.expression(Calling::Block)?;
        let names = self.block_names()?;
        self.end_tag("", &expression)?;
        self.enter(expression.name.clone())?;
        self.qualifiers.push(expression.name.clone());
        // Handlebars.java drops the arguments of an inverted block.
        expression.params.clear();
        expression.hash.clear();
        let block = self.bodies(start, (expression, true, names))?;
        self.blocks.pop();
        Ok(Node::Block(Box::new(block)))
    }

    /// Behind `{{{{`: everything up to the same name behind `{{{{/` is text.
    pub(super) fn raw_block(&mut self) -> Result<Node, TemplateError> {
        let expression = self.expression(Calling::Block)?;
        let brace = self.close.clone();
        self.end_tag(&brace, &expression)?;
        self.trim_next = false;
        let end = format!("{0}{{{{/{1}{2}{2}", self.open, expression.name, self.close);
        let rest = self.cursor.rest();
        let Some(length) = rest.find(&end) else {
            let last = self.cursor.text.len();
            return Err(self.cursor.unexpected_at(last, format!("`{end}`")));
        };
        let text = rest[..length].to_owned();
        self.cursor.at += length + end.len();
        Ok(Node::Block(Box::new(Block {
            branches: vec![Branch {
                expression,
                inverted: false,
                names: Vec::new(),
                body: Arc::new(Body {
                    nodes: vec![Node::Text(text)],
                }),
            }],
            inverse: Body::default(),
        })))
    }
}
