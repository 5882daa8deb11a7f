//! Blocks: helpers with a body, sections over a property, loops.

use std::sync::Arc;

use super::scope::Turn;
use super::{Extra, Outcome, Renderer, Scope, ScopeKind, Usage};
use crate::syntax::tree::{Block, Body, Branch};
use crate::{TemplateError, Value};

impl Renderer<'_> {
    pub(super) fn block(
        &mut self,
        block: &Block,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        for branch in &block.branches {
            self.step()?;
            let rendered = if branch.expression.helper.is_some() {
                self.helper_branch(branch, scope, out)?
            } else {
                self.section(branch, scope, out)?
            };
            if rendered {
                return Ok(());
            }
        }
        self.body(&block.inverse, scope, out)
    }

    /// Runs the helper of a branch; false when its inverse is to be rendered.
    fn helper_branch(
        &mut self,
        branch: &Branch,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        let expression = &branch.expression;
        let Some(helper) = expression.helper else {
            return Ok(false);
        };
        let mut call = self.call(expression, Usage::Block(branch), scope)?;
        let outcome = helper
            .run(&mut call)
            .map_err(|failure| failure.at(expression))?;
        match outcome {
            Outcome::Value(Value::Null) => {}
            Outcome::Value(value) => self.write(out, &value, false)?,
            Outcome::Body => self.branch_body(branch, scope, out)?,
            Outcome::Inverse => return Ok(false),
            Outcome::BodyIn(model) => {
                let child = scope.child(model, Extra::Nothing);
                self.branch_body(branch, &child, out)?;
            }
            Outcome::EachIn(value, base) => {
                return self.each(&value, branch, base, scope, out);
            }
        }
        Ok(true)
    }

    /// `{{#x}}` where `x` is no helper: a loop over a list, a condition on a boolean, otherwise a context.
    fn section(
        &mut self,
        branch: &Branch,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        let value = self
            .lookup(&branch.expression.path.segments, scope)
            .unwrap_or_default();
        if branch.inverted {
            if !value.is_falsy() {
                return Ok(false);
            }
            self.branch_body(branch, scope, out)?;
            return Ok(true);
        }
        match value {
            Value::List(_) => self.each(&value, branch, 0, scope, out),
            Value::Object(object) if object.items().is_some() => {
                self.each(&Value::Object(object), branch, 0, scope, out)
            }
            falsy if falsy.is_falsy() => Ok(false),
            Value::Bool(_) => {
                self.branch_body(branch, scope, out)?;
                Ok(true)
            }
            value => {
                let child = scope.child(value, Extra::Nothing);
                self.branch_body(branch, &child, out)?;
                Ok(true)
            }
        }
    }

    /// Renders a body once; a single block parameter is the context.
    fn branch_body(
        &mut self,
        branch: &Branch,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        if branch.names.is_empty() {
            return self.body(&branch.body, scope, out);
        }
        let values: &[Value] = match branch.names.len() {
            1 => std::slice::from_ref(&scope.model),
            _ => &[],
        };
        self.with_names(&branch.names, values, &branch.body, scope, out)
    }

    /// The body as text, for helpers that work on it.
    pub(super) fn body_text(
        &mut self,
        branch: &Branch,
        scope: &Scope<'_>,
        model: Option<Value>,
    ) -> Result<String, TemplateError> {
        let mut out = String::new();
        match model {
            None => self.branch_body(branch, scope, &mut out)?,
            Some(model) => {
                self.step()?;
                let child = scope.child(model, Extra::Nothing);
                self.branch_body(branch, &child, &mut out)?;
            }
        }
        Ok(out)
    }

    fn with_names(
        &mut self,
        names: &[Arc<str>],
        values: &[Value],
        body: &Body,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        let named = names.iter().cloned().zip(values.iter().cloned()).collect();
        let inner = Scope {
            kind: ScopeKind::BlockParams,
            model: Value::Null,
            extra: Extra::Named(named),
            parent: Some(scope),
        };
        self.body(body, &inner, out)
    }

    /// Renders the body for each item or entry; false when there is none.
    fn each(
        &mut self,
        value: &Value,
        branch: &Branch,
        base: i64,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        let owned;
        let items = match value {
            Value::List(list) => Some(list.items()),
            other => {
                owned = other.items();
                owned.as_deref()
            }
        };
        if let Some(items) = items {
            for (position, item) in items.iter().enumerate() {
                let turn = Turn {
                    index: base.saturating_add(position as i64),
                    key: None,
                    first: position == 0,
                    last: position + 1 == items.len(),
                };
                self.turn(turn, item.clone(), branch, scope, out)?;
            }
            return Ok(!items.is_empty());
        }
        let entries = value.entries();
        let count = entries.len();
        for (position, (key, item)) in entries.into_iter().enumerate() {
            let turn = Turn {
                index: position as i64,
                key: Some(key),
                first: position == 0,
                last: position + 1 == count,
            };
            self.turn(turn, item, branch, scope, out)?;
        }
        Ok(count > 0)
    }

    fn turn(
        &mut self,
        turn: Turn,
        item: Value,
        branch: &Branch,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        self.step()?;
        if branch.names.is_empty() {
            let child = scope.child(item, Extra::Turn(turn));
            return self.body(&branch.body, &child, out);
        }
        let second = match &turn.key {
            Some(key) => Value::Text(key.clone()),
            None => Value::Int(turn.index),
        };
        let values = [item.clone(), second];
        let child = scope.child(item, Extra::Turn(turn));
        self.with_names(&branch.names, &values, &branch.body, &child, out)
    }
}
