//! Partials: inline definitions, lookups, blocks that pass a body.

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::ScopeKind;
use super::{Extra, Renderer, Scope, Usage};
use crate::syntax::tree::{Body, Node, Partial, PartialName, Position};
use crate::{TemplateError, Value};

/// What a partial calls the body that was passed to it.
const PASSED_BODY: &str = "@partial-block";

impl Renderer<'_> {
    /// Makes the inline partials of a body known, on top of those around it.
    pub(super) fn define_inline(
        &mut self,
        body: &Body,
        scope: &Scope<'_>,
    ) -> Result<(), TemplateError> {
        let mut defined = self.partials.last().cloned().unwrap_or_default();
        for node in &body.nodes {
            if let Node::Inline(inline) = node {
                self.step()?;
                let name = self.param(&inline.name, scope)?;
                let name = self.text_of(&name)?;
                defined.insert(name, inline.body.clone());
            }
        }
        self.partials.push(defined);
        Ok(())
    }

    pub(super) fn partial_node(
        &mut self,
        partial: &Partial,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        let name = match &partial.name {
            PartialName::Fixed(name) => name.clone(),
            PartialName::Computed(expression) => {
                let value = self.value(expression, Usage::Subexpression, scope)?;
                self.text_of(&value)?
            }
        };
        let model = match &partial.context {
            Some(path) => self.lookup(&path.segments, scope).unwrap_or_default(),
            None => this(scope),
        };
        let mut named = Vec::with_capacity(partial.hash.len());
        for (key, param) in &partial.hash {
            named.push((key.clone(), self.param(param, scope)?));
        }
        let inner = Scope {
            kind: ScopeKind::Partial,
            model,
            extra: Extra::Named(named),
            parent: Some(scope),
        };
        if &*name == PASSED_BODY {
            return self.passed_body(partial, &inner, out);
        }
        if let Some(body) = &partial.body {
            // Partials defined in the passed body are for the partial that it is passed to.
            self.define_inline(body, scope)?;
        }
        self.partial_blocks.push(partial.body.clone());
        let result = self.named_partial(&name, partial, &inner, out);
        self.partial_blocks.pop();
        if partial.body.is_some() {
            self.partials.pop();
        }
        result
    }

    fn named_partial(
        &mut self,
        name: &str,
        partial: &Partial,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        let defined = self.partials.last().and_then(|known| known.get(name));
        if let Some(body) = defined.cloned() {
            return self.body(&body, scope, out);
        }
        if let Some(template) = self.env.partial(name) {
            // A partial of its own sees the definitions around it, as one written here would.
            return self.body(template.tree(), scope, out);
        }
        if let Some(body) = &partial.body {
            return self.body(body, scope, out);
        }
        let Position { line, column } = partial.at;
        Err(TemplateError::UnknownPartial {
            line,
            column,
            name: name.to_owned(),
        })
    }

    /// Renders the body that was passed to the innermost partial, which sees the one passed further out.
    fn passed_body(
        &mut self,
        partial: &Partial,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        let Some(Some(body)) = self.partial_blocks.last().cloned() else {
            let Position { line, column } = partial.at;
            return Err(TemplateError::UnknownPartial {
                line,
                column,
                name: PASSED_BODY.to_owned(),
            });
        };
        let here = self.partial_blocks.pop();
        let result = self.body(&body, scope, out);
        self.partial_blocks.extend(here);
        result
    }
}

/// The context that a partial without one of its own is given.
fn this(scope: &Scope<'_>) -> Value {
    match scope.kind {
        ScopeKind::BlockParams => scope.parent.map_or(Value::Null, this),
        _ => scope.model.clone(),
    }
}

/// The partials of a body, shared until one more is defined.
pub(super) type Known = HashMap<Arc<str>, Arc<Body>>;
