//! What a value may be, as data.

/// A set of keys that belong together.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    /// The name under which the JSON Schema defines it.
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    /// A function, because tables nest.
    pub(crate) keys: fn() -> Vec<Key>,
}

pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) shape: Shape,
    /// As the user would write it.
    pub(crate) default: Option<&'static str>,
    pub(crate) is_required: bool,
}

pub(crate) enum Shape {
    Bool,
    Text(Text),
    Integer {
        what: &'static str,
        least: u64,
        most: u64,
    },
    /// A number between 0 and 1.
    Fraction,
    Choice(&'static [&'static str]),
    List {
        item: Box<Shape>,
    },
    Map {
        /// What a key stands for.
        key: &'static str,
        /// The grammar of keys, as [`Text::pattern`].
        names: Option<&'static str>,
        value: Box<Shape>,
    },
    Table(Table),
    Either(Vec<Shape>),
    /// Any value that JSON can hold.
    Json,
    /// A map of any values.
    Object,
}

pub(crate) struct Text {
    /// With its article: `a size`.
    pub(crate) what: &'static str,
    pub(crate) example: Option<&'static str>,
    /// The grammar as an ECMA-262 regular expression, anchored.
    pub(crate) pattern: Option<&'static str>,
    /// What to write instead of a bare number.
    pub(crate) if_number: Option<&'static str>,
}

impl Shape {
    pub(crate) fn text(what: &'static str) -> Self {
        Self::Text(Text {
            what,
            example: None,
            pattern: None,
            if_number: None,
        })
    }

    /// The shape in words, for `expected ..`.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Text(text) => match text.example {
                Some(example) => format!("{} such as `{example}`", text.what),
                None => text.what.to_owned(),
            },
            Self::Integer { what, least, most } => match (*least, *most) {
                (least, u64::MAX) => format!("{what}, a whole number from {least}"),
                (least, most) => format!("{what}, a whole number from {least} to {most}"),
            },
            Self::Fraction => "a number between 0 and 1".to_owned(),
            Self::Choice(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("one of {}", names.join(", "))
            }
            Self::List { item } => format!("a list (of each {})", item.in_words()),
            Self::Map { key, value, .. } => format!("a map of {key} to {}", value.in_words()),
            Self::Table(table) => {
                let keys = (table.keys)();
                let names: Vec<_> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
                format!("a map with {}", any_of(&names))
            }
            Self::Either(shapes) => {
                let words: Vec<_> = shapes.iter().map(Self::in_words).collect();
                words.join(", or ")
            }
            Self::Json => "a value".to_owned(),
            Self::Object => "a map".to_owned(),
        }
    }

    /// The tables in which a key may stand below this shape, with the path that leads to each.
    pub(crate) fn tables(&self, path: &str, found: &mut Vec<(String, Table)>) {
        match self {
            Self::Table(table) => {
                if found.iter().any(|(_, other)| other.name == table.name) {
                    return;
                }
                found.push((path.to_owned(), *table));
                for key in (table.keys)() {
                    let below = if path.is_empty() {
                        key.name.to_owned()
                    } else {
                        format!("{path}.{}", key.name)
                    };
                    key.shape.tables(&below, found);
                }
            }
            Self::List { item } => item.tables(&format!("{path}[]"), found),
            Self::Map { value, .. } => value.tables(&format!("{path}.<name>"), found),
            Self::Either(shapes) => {
                for shape in shapes {
                    shape.tables(path, found);
                }
            }
            _ => {}
        }
    }
}

fn any_of(names: &[String]) -> String {
    match names {
        [] => "no keys".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
