//! From tree to text.

mod blocks;
mod call;
mod partials;
mod scope;

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::sync::Arc;

pub(crate) use call::{Call, Failure, Outcome, Usage, kind, printed_error, refuse, variable};
use scope::ScopeKind;
pub(crate) use scope::{Extra, Scope};

use crate::syntax::tree::{Body, Expression, Node, Param, Position};
use crate::{Env, RenderLimits, TemplateError, Value};

/// One rendering.
pub(crate) struct Renderer<'e> {
    pub(crate) env: &'e dyn Env,
    limits: &'e RenderLimits,
    steps: u64,
    work_bytes: usize,
    depth: usize,
    /// Variables that helpers assigned; one set for the whole template.
    variables: HashMap<Arc<str>, Value>,
    /// Partials defined inline, innermost body last.
    partials: Vec<partials::Known>,
    /// The bodies that partial blocks on the way here pass to `@partial-block`.
    partial_blocks: Vec<Option<Arc<Body>>>,
    /// Texts that were parsed as JSON, with their trees: a template asks one body for many paths.
    pub(crate) documents: Vec<(Arc<str>, Arc<serde_json::Value>)>,
    /// What `partial` defined for `block`.
    blocks: HashMap<Arc<str>, Arc<Body>>,
}

/// Renders a compiled template.
pub(crate) fn render(
    body: &Body,
    root: &Value,
    env: &dyn Env,
    limits: &RenderLimits,
) -> Result<String, TemplateError> {
    let mut renderer = Renderer {
        env,
        limits,
        steps: 0,
        work_bytes: 0,
        depth: 0,
        variables: HashMap::new(),
        partials: Vec::new(),
        partial_blocks: Vec::new(),
        documents: Vec::new(),
        blocks: HashMap::new(),
    };
    let scope = Scope::root(root);
    let mut out = String::with_capacity(room(body));
    renderer.body(body, &scope, &mut out)?;
    Ok(out)
}

/// About as much as a body prints when what its tags give is short.
fn room(body: &Body) -> usize {
    const TAG_BYTES: usize = 32;
    let nodes = body.nodes.iter().map(|node| match node {
        Node::Text(text) => text.len(),
        _ => TAG_BYTES,
    });
    nodes.sum()
}

/// Text that refuses to grow past a bound.
struct Bounded<'o> {
    out: &'o mut String,
    room: usize,
    escaped: bool,
}

impl fmt::Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !self.escaped {
            return self.push(text);
        }
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            let entity = match byte {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#x27;",
                b'`' => "&#x60;",
                b'&' => "&amp;",
                b'=' => "&#x3D;",
                _ => continue,
            };
            self.push(&text[plain..at])?;
            self.push(entity)?;
            plain = at + 1;
        }
        self.push(&text[plain..])
    }
}

impl Bounded<'_> {
    fn push(&mut self, text: &str) -> fmt::Result {
        self.room = self.room.checked_sub(text.len()).ok_or(fmt::Error)?;
        self.out.push_str(text);
        Ok(())
    }
}

impl<'e> Renderer<'e> {
    /// Counts one step.
    pub(crate) fn step(&mut self) -> Result<(), TemplateError> {
        self.steps += 1;
        if self.steps > self.limits.max_steps {
            return Err(TemplateError::TooManySteps {
                limit: self.limits.max_steps,
            });
        }
        Ok(())
    }

    /// Counts the steps of going over so many bytes.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), TemplateError> {
        self.steps = self.steps.saturating_add(bytes as u64 / 1024);
        self.step()
    }

    /// Counts bytes that are about to be made, as one text or list.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), TemplateError> {
        self.work_bytes = self.work_bytes.saturating_add(bytes);
        if bytes > self.limits.max_output_bytes || self.work_bytes > self.limits.max_work_bytes {
            return Err(self.too_long());
        }
        Ok(())
    }

    fn too_long(&self) -> TemplateError {
        TemplateError::OutputTooLong {
            limit: self.limits.max_output_bytes,
        }
    }

    /// Appends what `shown` prints.
    pub(crate) fn write(
        &mut self,
        out: &mut String,
        shown: &dyn fmt::Display,
        escaped: bool,
    ) -> Result<(), TemplateError> {
        self.write_with(out, escaped, |bounded| write!(bounded, "{shown}"))
    }

    /// Appends a text.
    fn write_text(
        &mut self,
        out: &mut String,
        text: &str,
        escaped: bool,
    ) -> Result<(), TemplateError> {
        self.write_with(out, escaped, |bounded| bounded.write_str(text))
    }

    fn write_with(
        &mut self,
        out: &mut String,
        escaped: bool,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
    ) -> Result<(), TemplateError> {
        let before = out.len();
        let room = self.limits.max_output_bytes.saturating_sub(before);
        let room = room.min(self.limits.max_work_bytes.saturating_sub(self.work_bytes));
        let mut bounded = Bounded { out, room, escaped };
        if write(&mut bounded).is_err() {
            return Err(self.too_long());
        }
        self.work_bytes += out.len() - before;
        Ok(())
    }

    /// What a value prints, as a text of its own.
    pub(crate) fn text_of(&mut self, value: &Value) -> Result<Arc<str>, TemplateError> {
        if let Value::Text(text) = value {
            return Ok(text.clone());
        }
        let mut out = String::new();
        self.write(&mut out, value, false)?;
        Ok(out.into())
    }

    /// Runs `inner` one level deeper.
    pub(crate) fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth == self.limits.max_depth {
            return Err(TemplateError::TooDeep {
                limit: self.limits.max_depth,
            });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Renders what stands between two tags.
    pub(crate) fn body(
        &mut self,
        body: &Body,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        let defines = body.nodes.iter().any(|n| matches!(n, Node::Inline(_)));
        if defines {
            self.define_inline(body, scope)?;
        }
        let result = self.nodes(body, scope, out);
        if defines {
            self.partials.pop();
        }
        result
    }

    fn nodes(
        &mut self,
        body: &Body,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        for node in &body.nodes {
            self.step()?;
            match node {
                Node::Text(text) => self.write_text(out, text, false)?,
                Node::Mustache(mustache) => {
                    let value = self.value(&mustache.expression, Usage::Mustache, scope)?;
                    match value.plain_text() {
                        Some(text) => self.write_text(out, text, mustache.escaped)?,
                        None if value.is_null() => {}
                        None => self.write(out, &value, mustache.escaped)?,
                    }
                }
                Node::Block(block) => self.deeper(|this| this.block(block, scope, out))?,
                Node::Partial(partial) => {
                    self.deeper(|this| this.partial_node(partial, scope, out))?;
                }
                // Defined before the body was begun.
                Node::Inline(_) => {}
            }
        }
        Ok(())
    }

    /// What an expression gives: a helper's result, or a property.
    pub(crate) fn value(
        &mut self,
        expression: &Expression,
        usage: Usage<'_>,
        scope: &Scope<'_>,
    ) -> Result<Value, TemplateError> {
        let bare = expression.params.is_empty() && expression.hash.is_empty();
        // Among block parameters a bare name is a parameter, even when a helper has the same name.
        let shadowed = bare && scope.kind == ScopeKind::BlockParams;
        match expression.helper {
            Some(helper) if !shadowed => {
                let mut call = self.call(expression, usage, scope)?;
                match helper.run(&mut call) {
                    Ok(Outcome::Value(value)) => Ok(value),
                    // Without a block there is no body to render.
                    Ok(_) => Ok(Value::from("")),
                    Err(failure) => Err(failure.at(expression)),
                }
            }
            _ => Ok(self
                .lookup(&expression.path.segments, scope)
                .unwrap_or_default()),
        }
    }

    /// Evaluates the arguments of a call.
    pub(crate) fn call<'c>(
        &'c mut self,
        expression: &'c Expression,
        usage: Usage<'c>,
        scope: &'c Scope<'c>,
    ) -> Result<Call<'c, 'e>, TemplateError> {
        self.step()?;
        let mut params = Vec::with_capacity(expression.params.len().saturating_sub(1));
        let mut context = None;
        for param in &expression.params {
            let value = self.param(param, scope)?;
            self.charge(value.bytes())?;
            if context.is_none() {
                context = Some(value);
            } else {
                params.push(value);
            }
        }
        let mut hash = Vec::with_capacity(expression.hash.len());
        for (key, param) in &expression.hash {
            hash.push((&**key, self.param(param, scope)?));
        }
        Ok(Call {
            renderer: self,
            scope,
            usage,
            prepared: &expression.prepared,
            explicit: context.is_some(),
            context: context.unwrap_or_else(|| scope.model.clone()),
            params,
            hash,
        })
    }

    pub(crate) fn param(
        &mut self,
        param: &Param,
        scope: &Scope<'_>,
    ) -> Result<Value, TemplateError> {
        match param {
            Param::Literal(value) => Ok(value.clone()),
            Param::Path(path) => Ok(self.lookup(&path.segments, scope).unwrap_or_default()),
            Param::Call(call) => self.deeper(|this| this.value(call, Usage::Subexpression, scope)),
        }
    }

    pub(crate) fn define_block(&mut self, name: Arc<str>, body: Arc<Body>) {
        self.blocks.insert(name, body);
    }

    pub(crate) fn block_definition(&self, name: &str) -> Option<Arc<Body>> {
        self.blocks.get(name).cloned()
    }

    pub(crate) fn assign(&mut self, name: Arc<str>, value: Value) {
        self.variables.insert(name, value);
    }
}

impl Failure {
    /// The error of a helper at its place in the template.
    pub(crate) fn at(self, expression: &Expression) -> TemplateError {
        let Position { line, column } = expression.at;
        match self {
            Self::Refused(reason) => TemplateError::Helper {
                line,
                column,
                helper: expression.name.as_ref().to_owned(),
                reason,
            },
            Self::Template(error) => error,
        }
    }
}
