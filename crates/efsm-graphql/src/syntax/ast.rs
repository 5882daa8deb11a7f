//! Documents as they are written: executable definitions and those of a type system.

use std::sync::Arc;

pub type Name = Arc<str>;

/// A place in a text; lines and columns begin at 1, columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: Name,
    pub at: Position,
}

#[derive(Clone, Debug, Default)]
pub struct Document {
    pub operations: Vec<Operation>,
    pub fragments: Vec<Fragment>,
    pub system: Vec<SystemDefinition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

impl OperationKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub kind: OperationKind,
    pub name: Option<Named>,
    pub variables: Vec<VariableDefinition>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub struct VariableDefinition {
    pub name: Named,
    pub ty: Type,
    pub default: Option<Value>,
    pub directives: Vec<Directive>,
}

#[derive(Clone, Debug)]
pub struct Fragment {
    pub name: Named,
    pub on: Named,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub enum Selection {
    Field(Field),
    Spread(Spread),
    Inline(Inline),
}

#[derive(Clone, Debug)]
pub struct Field {
    pub alias: Option<Name>,
    pub name: Name,
    pub arguments: Vec<Argument>,
    pub directives: Vec<Directive>,
    /// Empty for a leaf: the grammar has no empty selection set.
    pub selections: Vec<Selection>,
    pub at: Position,
    /// Where the selection set begins, or would.
    pub selections_at: Position,
}

impl Field {
    /// The key under which the result has the field.
    pub fn response_name(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Clone, Debug)]
pub struct Spread {
    pub fragment: Named,
    pub directives: Vec<Directive>,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub struct Inline {
    pub on: Option<Named>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub struct Argument {
    pub name: Name,
    pub value: Value,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub struct Directive {
    pub name: Name,
    pub arguments: Vec<Argument>,
    pub at: Position,
}

impl Directive {
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments
            .iter()
            .find(|argument| *argument.name == *name)
            .map(|argument| &argument.value)
    }
}

#[derive(Clone, Debug)]
pub struct Value {
    pub kind: ValueKind,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub enum ValueKind {
    Variable(Name),
    /// As written: numbers keep every digit.
    Int(String),
    Float(String),
    String(String),
    Boolean(bool),
    Null,
    Enum(Name),
    List(Vec<Value>),
    Object(Vec<(Named, Value)>),
}

/// A type as a field, argument or variable names it.
#[derive(Clone, Debug)]
pub enum Type {
    Named(Named),
    List(Box<Type>),
    NonNull(Box<Type>),
}

impl Type {
    /// The name inside all wrappers.
    pub fn inner(&self) -> &Named {
        match self {
            Self::Named(named) => named,
            Self::List(inner) | Self::NonNull(inner) => inner.inner(),
        }
    }

    pub fn is_non_null(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }

    /// The type without its outermost `!`.
    pub fn nullable(&self) -> &Type {
        match self {
            Self::NonNull(inner) => inner,
            other => other,
        }
    }

    /// The type of an item, if this is a list, null or not.
    pub fn item(&self) -> Option<&Type> {
        match self.nullable() {
            Self::List(item) => Some(item),
            _ => None,
        }
    }
}

/// Types are equal by what they say, not by where they stand.
impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Named(a), Self::Named(b)) => a.name == b.name,
            (Self::List(a), Self::List(b)) | (Self::NonNull(a), Self::NonNull(b)) => a == b,
            _ => false,
        }
    }
}

/// A definition or extension of a type system.
#[derive(Clone, Debug)]
pub struct SystemDefinition {
    pub is_extension: bool,
    pub description: Option<String>,
    /// Empty for `schema`.
    pub name: Named,
    pub directives: Vec<Directive>,
    pub body: SystemBody,
}

#[derive(Clone, Debug)]
pub enum SystemBody {
    Schema(Vec<(OperationKind, Named)>),
    Scalar,
    Object {
        interfaces: Vec<Named>,
        fields: Vec<FieldDefinition>,
    },
    Interface {
        interfaces: Vec<Named>,
        fields: Vec<FieldDefinition>,
    },
    Union(Vec<Named>),
    Enum(Vec<EnumValue>),
    Input(Vec<InputValue>),
    Directive {
        arguments: Vec<InputValue>,
        is_repeatable: bool,
        locations: Vec<Named>,
    },
}

#[derive(Clone, Debug)]
pub struct FieldDefinition {
    pub description: Option<String>,
    pub name: Named,
    pub arguments: Vec<InputValue>,
    pub ty: Type,
    pub directives: Vec<Directive>,
}

/// An argument of a field or directive, or a field of an input object.
#[derive(Clone, Debug)]
pub struct InputValue {
    pub description: Option<String>,
    pub name: Named,
    pub ty: Type,
    pub default: Option<Value>,
    pub directives: Vec<Directive>,
}

impl InputValue {
    pub fn is_required(&self) -> bool {
        self.ty.is_non_null() && self.default.is_none()
    }
}

#[derive(Clone, Debug)]
pub struct EnumValue {
    pub description: Option<String>,
    pub name: Named,
    pub directives: Vec<Directive>,
}
