//! Tokens to a document: executable definitions. Those of a type system are in `system`.

use crate::error::GraphQlError;

use super::SyntaxLimits;
use super::ast::{
    Argument, Directive, Document, Field, Fragment, Inline, Name, Named, Operation, OperationKind,
    Position, Selection, Spread, Type, Value, ValueKind, VariableDefinition,
};
use super::lexer::{Lexer, Token, syntax_error};

pub(super) type Parsed<T> = Result<T, GraphQlError>;

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) token: Token<'t>,
    pub(super) at: Position,
    limits: SyntaxLimits,
    tokens: usize,
    nesting: usize,
}

/// Parses a document of any definitions.
pub fn parse_document(text: &str, limits: SyntaxLimits) -> Result<Document, GraphQlError> {
    let mut parser = Parser::new(text, limits)?;
    let mut document = Document::default();
    loop {
        parser.definition(&mut document)?;
        if parser.token == Token::End {
            return Ok(document);
        }
    }
}

/// Parses a value that stands alone, such as a default value of an introspection result.
pub fn parse_value(text: &str, limits: SyntaxLimits) -> Result<Value, GraphQlError> {
    let mut parser = Parser::new(text, limits)?;
    let value = parser.value(true)?;
    match parser.token {
        Token::End => Ok(value),
        _ => Err(parser.unexpected()),
    }
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, limits: SyntaxLimits) -> Parsed<Self> {
        let mut parser = Self {
            lexer: Lexer::new(text),
            token: Token::End,
            at: Position::default(),
            limits,
            tokens: 0,
            nesting: 0,
        };
        parser.advance()?;
        Ok(parser)
    }

    pub(super) fn advance(&mut self) -> Parsed<()> {
        let (token, at) = self.lexer.next()?;
        self.tokens += 1;
        if self.tokens > self.limits.tokens && token != Token::End {
            return Err(syntax_error(
                format!(
                    "Document contains more than {} tokens. Parsing aborted.",
                    self.limits.tokens
                ),
                at,
            ));
        }
        (self.token, self.at) = (token, at);
        Ok(())
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting == self.limits.nesting {
            return Err(syntax_error(
                format!("Document nests deeper than {}.", self.limits.nesting),
                self.at,
            ));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    pub(super) fn unexpected(&self) -> GraphQlError {
        syntax_error(format!("Unexpected {}.", self.token.describe()), self.at)
    }

    pub(super) fn peeks(&self, punctuator: &str) -> bool {
        matches!(self.token, Token::Punctuator(found) if found == punctuator)
    }

    pub(super) fn skip(&mut self, punctuator: &str) -> Parsed<bool> {
        let found = self.peeks(punctuator);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, punctuator: &str) -> Parsed<()> {
        if self.skip(punctuator)? {
            return Ok(());
        }
        let found = self.token.describe();
        Err(syntax_error(
            format!("Expected \"{punctuator}\", found {found}."),
            self.at,
        ))
    }

    pub(super) fn peeks_word(&self, word: &str) -> bool {
        matches!(self.token, Token::Name(found) if found == word)
    }

    pub(super) fn skip_word(&mut self, word: &str) -> Parsed<bool> {
        let found = self.peeks_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.skip_word(word)? {
            return Ok(());
        }
        let found = self.token.describe();
        Err(syntax_error(
            format!("Expected \"{word}\", found {found}."),
            self.at,
        ))
    }

    pub(super) fn name(&mut self) -> Parsed<Named> {
        let Token::Name(name) = self.token else {
            let found = self.token.describe();
            return Err(syntax_error(
                format!("Expected Name, found {found}."),
                self.at,
            ));
        };
        let named = Named {
            name: Name::from(name),
            at: self.at,
        };
        self.advance()?;
        Ok(named)
    }

    /// One or more items between two punctuators.
    pub(super) fn many<T>(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(open)?;
        let first = item(self)?;
        self.up_to(close, vec![first], item)
    }

    /// As [`many`](Self::many), or nothing at all.
    pub(super) fn optional_many<T>(
        &mut self,
        open: &str,
        close: &str,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if self.peeks(open) {
            self.many(open, close, item)
        } else {
            Ok(Vec::new())
        }
    }

    fn definition(&mut self, document: &mut Document) -> Parsed<()> {
        let at = self.at;
        if self.peeks("{") {
            document.operations.push(Operation {
                kind: OperationKind::Query,
                name: None,
                variables: Vec::new(),
                directives: Vec::new(),
                selections: self.selections()?,
                at,
            });
            return Ok(());
        }
        // Descriptions of executable definitions came with the edition of September 2025; they say nothing to
        // the executor.
        let description = self.description()?;
        match self.token {
            Token::Name("query" | "mutation" | "subscription") => {
                document.operations.push(self.operation(at)?);
            }
            Token::Name("fragment") => document.fragments.push(self.fragment(at)?),
            Token::Name(_) => document.system.push(self.system_definition(description)?),
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    pub(super) fn operation_kind(&mut self) -> Parsed<OperationKind> {
        let kind = match self.token {
            Token::Name("query") => OperationKind::Query,
            Token::Name("mutation") => OperationKind::Mutation,
            Token::Name("subscription") => OperationKind::Subscription,
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        Ok(kind)
    }

    fn operation(&mut self, at: Position) -> Parsed<Operation> {
        let kind = self.operation_kind()?;
        let name = match self.token {
            Token::Name(_) => Some(self.name()?),
            _ => None,
        };
        Ok(Operation {
            kind,
            name,
            variables: self.optional_many("(", ")", Self::variable_definition)?,
            directives: self.directives(false)?,
            selections: self.selections()?,
            at,
        })
    }

    fn variable_definition(&mut self) -> Parsed<VariableDefinition> {
        self.description()?;
        let at = self.at;
        self.expect("$")?;
        let name = Named { at, ..self.name()? };
        self.expect(":")?;
        let ty = self.ty()?;
        let default = if self.skip("=")? {
            Some(self.value(true)?)
        } else {
            None
        };
        let directives = self.directives(true)?;
        Ok(VariableDefinition {
            name,
            ty,
            default,
            directives,
        })
    }

    fn fragment(&mut self, at: Position) -> Parsed<Fragment> {
        self.expect_word("fragment")?;
        if self.peeks_word("on") {
            return Err(self.unexpected());
        }
        let name = self.name()?;
        self.expect_word("on")?;
        Ok(Fragment {
            name,
            on: self.name()?,
            directives: self.directives(false)?,
            selections: self.selections()?,
            at,
        })
    }

    fn selections(&mut self) -> Parsed<Vec<Selection>> {
        self.nested(|parser| parser.many("{", "}", Self::selection))
    }

    fn selection(&mut self) -> Parsed<Selection> {
        let at = self.at;
        if self.skip("...")? {
            if let Token::Name(name) = self.token
                && name != "on"
            {
                return Ok(Selection::Spread(Spread {
                    fragment: self.name()?,
                    directives: self.directives(false)?,
                    at,
                }));
            }
            let on = if self.skip_word("on")? {
                Some(self.name()?)
            } else {
                None
            };
            return Ok(Selection::Inline(Inline {
                on,
                directives: self.directives(false)?,
                selections: self.selections()?,
                at,
            }));
        }
        let first = self.name()?.name;
        let (alias, name) = if self.skip(":")? {
            (Some(first), self.name()?.name)
        } else {
            (None, first)
        };
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selections_at = self.at;
        let selections = if self.peeks("{") {
            self.selections()?
        } else {
            Vec::new()
        };
        Ok(Selection::Field(Field {
            alias,
            name,
            arguments,
            directives,
            selections,
            at,
            selections_at,
        }))
    }

    fn arguments(&mut self, is_const: bool) -> Parsed<Vec<Argument>> {
        self.optional_many("(", ")", |parser| {
            let Named { name, at } = parser.name()?;
            parser.expect(":")?;
            let value = parser.value(is_const)?;
            Ok(Argument { name, value, at })
        })
    }

    pub(super) fn directives(&mut self, is_const: bool) -> Parsed<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.peeks("@") {
            let at = self.at;
            self.advance()?;
            directives.push(Directive {
                name: self.name()?.name,
                arguments: self.arguments(is_const)?,
                at,
            });
        }
        Ok(directives)
    }

    pub(super) fn ty(&mut self) -> Parsed<Type> {
        let ty = if self.skip("[")? {
            let item = self.nested(Self::ty)?;
            self.expect("]")?;
            Type::List(Box::new(item))
        } else {
            Type::Named(self.name()?)
        };
        Ok(if self.skip("!")? {
            Type::NonNull(Box::new(ty))
        } else {
            ty
        })
    }

    pub(super) fn value(&mut self, is_const: bool) -> Parsed<Value> {
        let at = self.at;
        let kind = match &mut self.token {
            Token::Punctuator("[") => {
                let items =
                    self.nested(|parser| parser.any("[", "]", |parser| parser.value(is_const)))?;
                return Ok(Value {
                    kind: ValueKind::List(items),
                    at,
                });
            }
            Token::Punctuator("{") => {
                let fields = self.nested(|parser| {
                    parser.any("{", "}", |parser| {
                        let name = parser.name()?;
                        parser.expect(":")?;
                        Ok((name, parser.value(is_const)?))
                    })
                })?;
                return Ok(Value {
                    kind: ValueKind::Object(fields),
                    at,
                });
            }
            Token::Punctuator("$") if is_const => {
                self.advance()?;
                let name = self.name()?.name;
                return Err(syntax_error(
                    format!("Unexpected variable \"${name}\" in constant value."),
                    at,
                ));
            }
            Token::Punctuator("$") => {
                self.advance()?;
                let kind = ValueKind::Variable(self.name()?.name);
                return Ok(Value { kind, at });
            }
            Token::Int(text) => ValueKind::Int((*text).to_owned()),
            Token::Float(text) => ValueKind::Float((*text).to_owned()),
            Token::String(text) | Token::BlockString(text) => {
                ValueKind::String(std::mem::take(text))
            }
            Token::Name("true") => ValueKind::Boolean(true),
            Token::Name("false") => ValueKind::Boolean(false),
            Token::Name("null") => ValueKind::Null,
            Token::Name(name) => ValueKind::Enum(Name::from(*name)),
            Token::Punctuator(_) | Token::End => return Err(self.unexpected()),
        };
        self.advance()?;
        Ok(Value { kind, at })
    }

    /// Items between two punctuators, perhaps none.
    fn any<T>(
        &mut self,
        open: &str,
        close: &str,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(open)?;
        self.up_to(close, Vec::new(), item)
    }

    /// The items that follow, and the punctuator that ends them.
    fn up_to<T>(
        &mut self,
        close: &str,
        mut items: Vec<T>,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        while !self.skip(close)? {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn description(&mut self) -> Parsed<Option<String>> {
        let (Token::String(text) | Token::BlockString(text)) = &mut self.token else {
            return Ok(None);
        };
        let text = std::mem::take(text);
        self.advance()?;
        Ok(Some(text))
    }
}
