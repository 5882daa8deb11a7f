//! The core function library (section 4).

use super::ast::Expr;
use super::eval::{Context, Run};
use super::value::{Value, text_number};
use crate::dom::Kind;

macro_rules! functions {
    ($($variant:ident = $name:literal, $arguments:pat),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Function { $($variant),+ }

        impl Function {
            /// The function of this name, if it takes so many arguments.
            pub(crate) fn parse(name: &str, arguments: usize) -> Result<Self, String> {
                match name {
                    $($name => match arguments {
                        $arguments => Ok(Self::$variant),
                        _ => Err(format!("`{name}` does not take {arguments} arguments")),
                    },)+
                    _ => Err(format!("the function `{name}` is not known")),
                }
            }
        }
    };
}

functions! {
    Last = "last", 0,
    Position = "position", 0,
    Count = "count", 1,
    Id = "id", 1,
    LocalName = "local-name", 0..=1,
    NamespaceUri = "namespace-uri", 0..=1,
    Name = "name", 0..=1,
    String = "string", 0..=1,
    Concat = "concat", 2..,
    StartsWith = "starts-with", 2,
    Contains = "contains", 2,
    SubstringBefore = "substring-before", 2,
    SubstringAfter = "substring-after", 2,
    Substring = "substring", 2..=3,
    StringLength = "string-length", 0..=1,
    NormalizeSpace = "normalize-space", 0..=1,
    Translate = "translate", 3,
    Boolean = "boolean", 1,
    Not = "not", 1,
    True = "true", 0,
    False = "false", 0,
    Lang = "lang", 1,
    Number = "number", 0..=1,
    Sum = "sum", 1,
    Floor = "floor", 1,
    Ceiling = "ceiling", 1,
    Round = "round", 1,
}

impl Run<'_> {
    pub(super) fn call(
        &self,
        function: Function,
        arguments: &[Expr],
        context: Context,
    ) -> Result<Value, String> {
        let text = |index: usize| self.text_argument(arguments, index, context);
        let number = |index: usize| -> Result<f64, String> {
            Ok(match arguments.get(index) {
                Some(argument) => self.value(argument, context)?.into_number(self.document),
                None => text_number(&self.text_of(context.node)?),
            })
        };
        Ok(match function {
            Function::Last => Value::Number(context.size as f64),
            Function::Position => Value::Number(context.position as f64),
            Function::Count => Value::Number(self.nodes(&arguments[0], context)?.len() as f64),
            // Identifiers are declared by DTDs, which are not read.
            Function::Id => Value::Nodes(Vec::new()),
            Function::LocalName | Function::NamespaceUri | Function::Name => {
                Value::Text(self.name_of(function, arguments, context)?)
            }
            Function::String => Value::Text(text(0)?),
            Function::Concat => {
                let mut joined = String::new();
                for index in 0..arguments.len() {
                    joined.push_str(&text(index)?);
                }
                Value::Text(joined)
            }
            Function::StartsWith => Value::Bool(text(0)?.starts_with(&text(1)?)),
            Function::Contains => Value::Bool(text(0)?.contains(&text(1)?)),
            Function::SubstringBefore => {
                let (text, part) = (text(0)?, text(1)?);
                Value::Text(
                    text.split_once(&part)
                        .map_or("", |(before, _)| before)
                        .to_owned(),
                )
            }
            Function::SubstringAfter => {
                let (text, part) = (text(0)?, text(1)?);
                Value::Text(
                    text.split_once(&part)
                        .map_or("", |(_, after)| after)
                        .to_owned(),
                )
            }
            Function::Substring => {
                let start = round(number(1)?);
                let end = match arguments.len() {
                    3 => start + round(number(2)?),
                    _ => f64::INFINITY,
                };
                let inside = |index: usize| {
                    let position = index as f64 + 1.0;
                    position >= start && position < end
                };
                let text = text(0)?;
                Value::Text(
                    text.chars()
                        .enumerate()
                        .filter(|(index, _)| inside(*index))
                        .map(|(_, c)| c)
                        .collect(),
                )
            }
            Function::StringLength => Value::Number(text(0)?.chars().count() as f64),
            Function::NormalizeSpace => {
                let text = text(0)?;
                let words: Vec<_> = text
                    .split([' ', '\t', '\r', '\n'])
                    .filter(|word| !word.is_empty())
                    .collect();
                Value::Text(words.join(" "))
            }
            Function::Translate => {
                let (text, from, to) = (text(0)?, text(1)?, text(2)?);
                let from: Vec<_> = from.chars().take(1024).collect();
                let to: Vec<_> = to.chars().collect();
                let translated = text.chars().filter_map(|c| {
                    match from.iter().position(|candidate| *candidate == c) {
                        Some(index) => to.get(index).copied(),
                        None => Some(c),
                    }
                });
                Value::Text(translated.collect())
            }
            Function::Boolean => Value::Bool(self.value(&arguments[0], context)?.is_true()),
            Function::Not => Value::Bool(!self.value(&arguments[0], context)?.is_true()),
            Function::True => Value::Bool(true),
            Function::False => Value::Bool(false),
            Function::Lang => Value::Bool(self.is_in_language(context, &text(0)?)),
            Function::Number => Value::Number(number(0)?),
            Function::Sum => {
                let mut sum = 0.0;
                for node in self.nodes(&arguments[0], context)? {
                    sum += text_number(&self.text_of(node)?);
                }
                Value::Number(sum)
            }
            Function::Floor => Value::Number(number(0)?.floor()),
            Function::Ceiling => Value::Number(number(0)?.ceil()),
            Function::Round => Value::Number(round(number(0)?)),
        })
    }

    fn text_argument(
        &self,
        arguments: &[Expr],
        index: usize,
        context: Context,
    ) -> Result<String, String> {
        match arguments.get(index) {
            Some(argument) => {
                let value = self.value(argument, context)?;
                self.text_from(value)
            }
            None => self.text_of(context.node),
        }
    }

    fn name_of(
        &self,
        function: Function,
        arguments: &[Expr],
        context: Context,
    ) -> Result<String, String> {
        let node = match arguments.first() {
            Some(argument) => self.nodes(argument, context)?.first().copied(),
            None => Some(context.node),
        };
        Ok(match node.map(|node| self.document.kind(node)) {
            Some(Kind::Element(name) | Kind::Attribute { name, .. }) => match function {
                Function::LocalName => name.local(),
                Function::Name => &name.full,
                _ if self.namespaces.is_some() => name.namespace.as_deref().unwrap_or(""),
                _ => "",
            },
            Some(Kind::Instruction { target, .. }) if function != Function::NamespaceUri => target,
            _ => "",
        }
        .to_owned())
    }

    fn is_in_language(&self, context: Context, wanted: &str) -> bool {
        let mut current = Some(context.node);
        while let Some(node) = current {
            for attribute in self.document.nodes[node].attributes.clone() {
                if let Kind::Attribute { name, value, .. } = self.document.kind(attribute)
                    && name.full == "xml:lang"
                {
                    let (value, wanted) = (value.to_lowercase(), wanted.to_lowercase());
                    return value
                        .strip_prefix(&wanted)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
                }
            }
            current = self.document.parent(node);
        }
        false
    }
}

/// Half up, as XPath rounds.
fn round(number: f64) -> f64 {
    if number.is_finite() {
        (number + 0.5).floor()
    } else {
        number
    }
}
