//! Blocks: helpers with a body, sections over a property, loops.

use std::sync::Arc;

use super::scope::{ScopeKind, Turn};
use super::{Extra, Outcome, Renderer, Scope, Usage};
use crate::syntax::tree::{Block, Body, Branch};
use crate::{TemplateError, Value};

impl Renderer<'_> {
    pub(super) fn block(
        &mut self,
        block: &Block,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        self.branches(&block.branches, &block.inverse, scope, out)
    }

    /// Renders the first branch that holds, or the inverse.
    fn branches(
        &mut self,
        branches: &[Branch],
        inverse: &Body,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        for (index, branch) in branches.iter().enumerate() {
            self.step()?;
            let rest = &branches[index + 1..];
            let flow = if branch.expression.helper.is_some() {
                self.helper_branch(branch, scope, out)?
            } else {
                self.section(branch, scope, out)?
            };
            let entered;
            let inside = match flow {
                Flow::Rendered => return Ok(()),
                Flow::Inverse if branch.names.is_empty() => continue,
                Flow::Inverse => scope,
                Flow::InverseIn(model) if model.is_same(&scope.model) => scope,
                Flow::InverseIn(model) => {
                    entered = scope.child(model, Extra::Nothing);
                    &entered
                }
            };
            // The rest of the chain belongs to this branch, with its context and its parameters.
            return self.deeper(|this| {
                if branch.names.is_empty() {
                    return this.branches(rest, inverse, inside, out);
                }
                let named = named(&branch.names, single(&branch.names, inside), inside);
                this.branches(rest, inverse, &named, out)
            });
        }
        self.body(inverse, scope, out)
    }

    /// Runs the helper of a branch.
    fn helper_branch(
        &mut self,
        branch: &Branch,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        let expression = &branch.expression;
        let Some(helper) = expression.helper else {
            return Ok(Flow::Inverse);
        };
        let mut call = self.call(expression, Usage::Block(branch), scope)?;
        let outcome = helper
            .run(&mut call)
            .map_err(|failure| failure.at(expression))?;
        match outcome {
            Outcome::Value(Value::Null) => {}
            Outcome::Value(value) => self.write(out, &value, false)?,
            Outcome::Body => self.branch_body(branch, scope, out)?,
            Outcome::Inverse => return Ok(Flow::Inverse),
            Outcome::InverseIn(model) => return Ok(Flow::InverseIn(model)),
            Outcome::BodyIn(model) if model.is_same(&scope.model) => {
                self.branch_body(branch, scope, out)?;
            }
            Outcome::BodyIn(model) => {
                let child = scope.child(model, Extra::Nothing);
                self.branch_body(branch, &child, out)?;
            }
            Outcome::EachIn(value, base) => {
                return self.each(&value, branch, base, scope, out);
            }
        }
        Ok(Flow::Rendered)
    }

    /// `{{#x}}` where `x` is no helper: a loop over a list, a condition on a boolean, otherwise a context.
    fn section(
        &mut self,
        branch: &Branch,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        let value = self
            .lookup(&branch.expression.path.segments, scope)
            .unwrap_or_default();
        if branch.inverted {
            if !value.is_falsy() {
                return Ok(Flow::Inverse);
            }
            self.branch_body(branch, scope, out)?;
            return Ok(Flow::Rendered);
        }
        match value {
            Value::List(_) => self.each(&value, branch, 0, scope, out),
            Value::Object(object) if object.items().is_some() => {
                self.each(&Value::Object(object), branch, 0, scope, out)
            }
            Value::Bool(true) => {
                self.branch_body(branch, scope, out)?;
                Ok(Flow::Rendered)
            }
            Value::Bool(false) => Ok(Flow::Inverse),
            falsy if falsy.is_falsy() => Ok(Flow::InverseIn(falsy)),
            value => {
                let child = scope.child(value, Extra::Nothing);
                self.branch_body(branch, &child, out)?;
                Ok(Flow::Rendered)
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
        let inner = named(&branch.names, single(&branch.names, scope), scope);
        self.body(&branch.body, &inner, out)
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
            Some(model) if model.is_same(&scope.model) => {
                self.branch_body(branch, scope, &mut out)?;
            }
            Some(model) => {
                self.step()?;
                let child = scope.child(model, Extra::Nothing);
                self.branch_body(branch, &child, &mut out)?;
            }
        }
        Ok(out)
    }

    /// Renders the body for each item or entry.
    fn each(
        &mut self,
        value: &Value,
        branch: &Branch,
        base: i64,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
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
            return Ok(Flow::after(items.len()));
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
        Ok(Flow::after(count))
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
        let inner = named(&branch.names, &values, &child);
        self.body(&branch.body, &inner, out)
    }
}

/// What became of a branch.
enum Flow {
    Rendered,
    /// Its else branch is to be rendered.
    Inverse,
    /// Its else branch is to be rendered in a context of its own.
    InverseIn(Value),
}

impl Flow {
    /// Of a loop with so many turns.
    fn after(turns: usize) -> Self {
        if turns > 0 {
            Self::Rendered
        } else {
            Self::Inverse
        }
    }
}

/// What the parameters of a block that is rendered once stand for: a single one is the context.
fn single<'s>(names: &[Arc<str>], scope: &'s Scope<'_>) -> &'s [Value] {
    match names.len() {
        1 => std::slice::from_ref(&scope.model),
        _ => &[],
    }
}

/// A scope that names values, on top of another.
fn named<'s>(names: &[Arc<str>], values: &[Value], scope: &'s Scope<'s>) -> Scope<'s> {
    let named = names.iter().cloned().zip(values.iter().cloned()).collect();
    Scope {
        kind: ScopeKind::BlockParams,
        model: Value::Null,
        extra: Extra::Named(named),
        parent: Some(scope),
    }
}
