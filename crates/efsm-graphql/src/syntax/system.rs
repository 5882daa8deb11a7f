//! Tokens to definitions and extensions of a type system.

use super::ast::{EnumValue, FieldDefinition, InputValue, Named, SystemBody, SystemDefinition};
use super::lexer::Token;
use super::parser::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn system_definition(
        &mut self,
        description: Option<String>,
    ) -> Parsed<SystemDefinition> {
        let is_extension = description.is_none() && self.skip_word("extend")?;
        let Token::Name(keyword) = self.token else {
            return Err(self.unexpected());
        };
        let at = self.at;
        let nameless = || Named {
            name: "".into(),
            at,
        };
        let is_known = matches!(
            keyword,
            "schema" | "scalar" | "type" | "interface" | "union" | "enum" | "input" | "directive"
        );
        if !is_known || (is_extension && keyword == "directive") {
            return Err(self.unexpected());
        }
        self.advance()?;
        let mut definition = SystemDefinition {
            is_extension,
            description,
            name: nameless(),
            directives: Vec::new(),
            body: SystemBody::Scalar,
        };
        match keyword {
            "schema" => {
                definition.directives = self.directives(true)?;
                let roots = |parser: &mut Self| {
                    let kind = parser.operation_kind()?;
                    parser.expect(":")?;
                    Ok((kind, parser.name()?))
                };
                definition.body = SystemBody::Schema(if is_extension {
                    self.optional_many("{", "}", roots)?
                } else {
                    self.many("{", "}", roots)?
                });
                return Ok(definition);
            }
            "directive" => {
                self.expect("@")?;
                definition.name = self.name()?;
                let arguments = self.optional_many("(", ")", Self::input_value)?;
                let is_repeatable = self.skip_word("repeatable")?;
                self.expect_word("on")?;
                definition.body = SystemBody::Directive {
                    arguments,
                    is_repeatable,
                    locations: self.separated("|")?,
                };
                return Ok(definition);
            }
            _ => {}
        }
        definition.name = self.name()?;
        let is_composite = matches!(keyword, "type" | "interface");
        let interfaces = if is_composite && self.skip_word("implements")? {
            self.separated("&")?
        } else {
            Vec::new()
        };
        definition.directives = self.directives(true)?;
        definition.body = match keyword {
            "type" => SystemBody::Object {
                interfaces,
                fields: self.optional_many("{", "}", Self::field_definition)?,
            },
            "interface" => SystemBody::Interface {
                interfaces,
                fields: self.optional_many("{", "}", Self::field_definition)?,
            },
            "union" => SystemBody::Union(if self.skip("=")? {
                self.separated("|")?
            } else {
                Vec::new()
            }),
            "enum" => SystemBody::Enum(self.optional_many("{", "}", |parser| {
                Ok(EnumValue {
                    description: parser.description()?,
                    name: parser.enum_name()?,
                    directives: parser.directives(true)?,
                })
            })?),
            "input" => SystemBody::Input(self.optional_many("{", "}", Self::input_value)?),
            _ => SystemBody::Scalar,
        };
        Ok(definition)
    }

    fn enum_name(&mut self) -> Parsed<Named> {
        match self.token {
            Token::Name("true" | "false" | "null") => Err(self.unexpected()),
            _ => self.name(),
        }
    }

    /// Names with a separator between them, and perhaps one in front.
    fn separated(&mut self, separator: &str) -> Parsed<Vec<Named>> {
        self.skip(separator)?;
        let mut names = vec![self.name()?];
        while self.skip(separator)? {
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn field_definition(&mut self) -> Parsed<FieldDefinition> {
        let description = self.description()?;
        let name = self.name()?;
        let arguments = self.optional_many("(", ")", Self::input_value)?;
        self.expect(":")?;
        Ok(FieldDefinition {
            description,
            name,
            arguments,
            ty: self.ty()?,
            directives: self.directives(true)?,
        })
    }

    fn input_value(&mut self) -> Parsed<InputValue> {
        let description = self.description()?;
        let name = self.name()?;
        self.expect(":")?;
        let ty = self.ty()?;
        let default = if self.skip("=")? {
            Some(self.value(true)?)
        } else {
            None
        };
        Ok(InputValue {
            description,
            name,
            ty,
            default,
            directives: self.directives(true)?,
        })
    }
}
