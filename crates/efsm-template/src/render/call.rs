//! What a helper is given, and what it may answer.

use std::sync::{Arc, OnceLock};

use efsm_javatext::{JavaRegex, RegexError};

use super::{Renderer, Scope};
use crate::helpers::CompiledPath;
use crate::syntax::tree::{Branch, Prepared};
use crate::value::ValueError;
use crate::{TemplateError, Value};

/// A call of a helper.
pub(crate) struct Call<'c, 'e> {
    pub(crate) renderer: &'c mut Renderer<'e>,
    pub(crate) scope: &'c Scope<'c>,
    pub(crate) usage: Usage<'c>,
    pub(super) prepared: &'c OnceLock<Prepared>,
    /// Whether the first argument was written; without, it is the current context.
    pub(crate) explicit: bool,
    /// The first argument.
    pub(crate) context: Value,
    /// The arguments after the first.
    pub(crate) params: Vec<Value>,
    pub(crate) hash: Vec<(&'c str, Value)>,
}

/// Where a helper was called.
#[derive(Clone, Copy)]
pub(crate) enum Usage<'c> {
    /// `{{x}}`.
    Mustache,
    /// `(x)`.
    Subexpression,
    /// `{{#x}}`.
    Block(&'c Branch),
}

/// What a helper answers.
pub(crate) enum Outcome {
    Value(Value),
    /// Render the body here.
    Body,
    /// Render the else branch here.
    Inverse,
    /// Render the else branch with this as its context.
    InverseIn(Value),
    /// Render the body with this as its context.
    BodyIn(Value),
    /// Render the body for each item or entry of this, counting from a base.
    EachIn(Value, i64),
}

/// Why a helper has no answer.
pub(crate) enum Failure {
    /// Its arguments do not fit.
    Refused(String),
    Template(TemplateError),
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl<V: Into<Value>> From<V> for Outcome {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

/// The error text that WireMock's helpers print into the response instead of failing.
pub(crate) fn printed_error(message: impl std::fmt::Display) -> Outcome {
    Outcome::Value(Value::from(format!("[ERROR: {message}]")))
}

/// A refusal with a reason.
pub(crate) fn refuse<T>(reason: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Refused(reason.into()))
}

impl Call<'_, '_> {
    pub(crate) fn is_block(&self) -> bool {
        matches!(self.usage, Usage::Block(_))
    }

    /// The argument at a position behind the first; null counts as absent.
    pub(crate) fn param(&self, index: usize) -> Option<&Value> {
        self.params.get(index).filter(|value| !value.is_null())
    }

    /// A named argument; null counts as absent.
    pub(crate) fn hash(&self, name: &str) -> Option<&Value> {
        self.hash
            .iter()
            .find(|(key, value)| *key == name && !value.is_null())
            .map(|(_, value)| value)
    }

    /// What a value prints.
    pub(crate) fn text(&mut self, value: &Value) -> Result<Arc<str>, Failure> {
        Ok(self.renderer.text_of(value)?)
    }

    /// What the first argument prints; null is refused.
    pub(crate) fn context_text(&mut self) -> Result<Arc<str>, Failure> {
        if self.context.is_null() {
            return refuse("the first argument has no value");
        }
        let context = self.context.clone();
        self.text(&context)
    }

    /// What a named argument prints.
    pub(crate) fn hash_text(&mut self, name: &str) -> Result<Option<Arc<str>>, Failure> {
        match self.hash(name).cloned() {
            Some(value) => self.text(&value).map(Some),
            None => Ok(None),
        }
    }

    /// A named argument that must be a text.
    pub(crate) fn hash_string(&self, name: &str) -> Result<Option<Arc<str>>, Failure> {
        match self.hash(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(other) => refuse(format!("`{name}` must be a text, but is {}", kind(other))),
        }
    }

    /// A named argument that must be a whole number.
    pub(crate) fn hash_int(&self, name: &str) -> Result<Option<i64>, Failure> {
        match self.hash(name) {
            None => Ok(None),
            Some(Value::Int(int)) => Ok(Some(*int)),
            Some(other) => refuse(format!(
                "`{name}` must be a whole number, but is {}",
                kind(other)
            )),
        }
    }

    /// A named argument that must be true or false.
    pub(crate) fn hash_bool(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.hash(name) {
            None => Ok(None),
            Some(Value::Bool(bool)) => Ok(Some(*bool)),
            Some(other) => refuse(format!(
                "`{name}` must be true or false, but is {}",
                kind(other)
            )),
        }
    }

    /// A compiled regular expression. The first one that a call compiles is kept for the next rendering,
    /// which in nearly every template compiles the same one.
    pub(crate) fn regex(&self, pattern: &str) -> Result<Arc<JavaRegex>, RegexError> {
        if let Some(Prepared::Regex(regex)) = self.prepared.get()
            && regex.as_str() == pattern
        {
            return Ok(regex.clone());
        }
        let regex = Arc::new(JavaRegex::new(pattern)?);
        // Lost when another rendering was first, which does no harm.
        let _ = self.prepared.set(Prepared::Regex(regex.clone()));
        Ok(regex)
    }

    /// A compiled JSONPath, kept as [`Call::regex`] does.
    pub(crate) fn json_path(&self, source: &str) -> Option<Arc<CompiledPath>> {
        if let Some(Prepared::JsonPath(path)) = self.prepared.get()
            && path.source() == source
        {
            return Some(path.clone());
        }
        let path = Arc::new(CompiledPath::parse(source)?);
        let _ = self.prepared.set(Prepared::JsonPath(path.clone()));
        Some(path)
    }

    /// The body as text, rendered in the current context.
    pub(crate) fn body(&mut self) -> Result<String, Failure> {
        self.body_in(None)
    }

    /// The body as text in the context of the first argument.
    pub(crate) fn body_in_context(&mut self) -> Result<String, Failure> {
        let model = self.explicit.then(|| self.context.clone());
        self.body_in(model)
    }

    /// The body as text with `model` as its context.
    pub(crate) fn body_in(&mut self, model: Option<Value>) -> Result<String, Failure> {
        match self.usage {
            Usage::Block(branch) => Ok(self.renderer.body_text(branch, self.scope, model)?),
            Usage::Mustache | Usage::Subexpression => Ok(String::new()),
        }
    }
}

/// A text argument that names a variable.
pub(crate) fn variable(name: &Value) -> Result<Arc<str>, Failure> {
    match name {
        Value::Text(name) => Ok(name.clone()),
        other => refuse(format!(
            "the name of a variable must be a text, but is {}",
            kind(other)
        )),
    }
}

/// The kind of a value, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Int(_) => "a whole number",
        Value::Float(_) | Value::Decimal(_) => "a decimal number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Date(_) => "a date",
        Value::Xml(_) => "an XML node",
        Value::Object(_) => "an object",
    }
}
