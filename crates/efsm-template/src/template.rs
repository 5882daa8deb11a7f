//! A compiled template.

use crate::syntax::tree::{Body, Node};
use crate::syntax::{ParseOptions, parse};
use crate::{Env, Model, RenderLimits, TemplateError, render};

/// A compiled template, made once for each stub and rendered for each request.
#[derive(Debug)]
pub struct Template {
    body: Body,
    constant: bool,
}

/// How a template is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompileOptions {
    /// `{{x}}` replaces `& < > " ' ` =` by entities, and only `{{{x}}}` and `{{&x}}` do not. WireMock 3 runs
    /// with this off.
    pub escape_html: bool,
}

impl Template {
    /// Compiles a template as WireMock does, without escaping.
    ///
    /// Fails on malformed tags, unclosed blocks and unknown helpers, with the position in `source`.
    pub fn compile(source: &str) -> Result<Self, TemplateError> {
        Self::compile_with(source, CompileOptions::default())
    }

    /// Compiles a template.
    pub fn compile_with(source: &str, options: CompileOptions) -> Result<Self, TemplateError> {
        let options = ParseOptions {
            escape_html: options.escape_html,
        };
        let tags = source.find("{{").zip(source.rfind("}}"));
        let body = match tags.filter(|(first, last)| first < last) {
            None => Body {
                nodes: vec![Node::Text(source.to_owned())],
            },
            Some((first, last)) => parse(source, first, last + 2, options)?,
        };
        let constant = body.nodes.iter().all(|node| matches!(node, Node::Text(_)));
        Ok(Self { body, constant })
    }

    /// Whether rendering always gives the same text, so that a caller may keep it.
    pub fn is_constant(&self) -> bool {
        self.constant
    }

    /// The text of a constant template without rendering it; `None` for all others.
    pub fn constant_text(&self) -> Option<&str> {
        match self.body.nodes.as_slice() {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Renders the template.
    ///
    /// Fails when a helper refuses its arguments in a way that makes WireMock answer with status 500, and
    /// when a limit is passed. Errors that WireMock prints into the response (`[ERROR: …]`) are output.
    pub fn render(
        &self,
        model: &Model,
        env: &dyn Env,
        limits: &RenderLimits,
    ) -> Result<String, TemplateError> {
        render::render(&self.body, model.root(), env, limits)
    }

    pub(crate) fn tree(&self) -> &Body {
        &self.body
    }
}
