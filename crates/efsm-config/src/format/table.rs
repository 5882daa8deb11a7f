//! Reading a map of known keys, and the macro that declares one.

use super::read::{Read, Reader};
use super::shape::{Key, Shape, Table};
use crate::text::{Entry, Kind, Node};

/// The entries of a map that were not read yet.
pub(crate) struct Fields<'a> {
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// Reports unknown and missing keys; `None` when `node` is no map.
    pub(crate) fn of(node: &'a Node, table: &Table, reader: &mut Reader) -> Option<Self> {
        let entries = match &node.kind {
            Kind::Map(entries) => &entries[..],
            // A key with all that it held commented out.
            Kind::Null => &[],
            _ => return reader.mismatch(node, &Shape::Table(*table)),
        };
        let keys = (table.keys)();
        for entry in entries {
            let is_known = keys.iter().any(|key| key.name == entry.key);
            if !is_known && !entry.key.starts_with("x-") {
                unknown_key(entry, table, &keys, reader);
            }
        }
        for key in keys.iter().filter(|key| key.is_required) {
            if !entries.iter().any(|entry| entry.key == key.name) {
                let message = format!(
                    "the key `{}` is missing: give it {}",
                    key.name,
                    key.shape.in_words()
                );
                reader.error(&node.span, message);
            }
        }
        Some(Self { entries })
    }

    pub(crate) fn take<T: Read>(&self, name: &str, reader: &mut Reader) -> Option<T> {
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        reader.within(format!(".{name}"), |reader| T::read(&entry.value, reader))
    }
}

fn unknown_key(entry: &Entry, table: &Table, keys: &[Key], reader: &mut Reader) {
    let name = &entry.key;
    let place = reader.key();
    let message = if place.is_empty() {
        format!("no key `{name}` here")
    } else {
        format!("no key `{name}` in `{place}`")
    };
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    let help = match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match elsewhere(name, table, reader.root()) {
            Some(path) => format!("there is a key `{path}`: did you mean that?"),
            None => format!("the keys here are {}", names.join(", ")),
        },
    };
    let error = reader
        .within(format!(".{name}"), |reader| reader.origin(&entry.key_span))
        .error(message)
        .with_help(help);
    reader.report(error);
}

/// The known name that `name` is a misspelling of.
pub(crate) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let written = plain(name);
    names
        .iter()
        .map(|known| {
            let distance = strsim::damerau_levenshtein(&written, &plain(known));
            (distance, *known)
        })
        .filter(|(distance, known)| {
            let longest = written.chars().count().max(known.len());
            *distance <= (longest / 3).max(1) && *distance < longest
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Where a key of that very name is known.
fn elsewhere(name: &str, here: &Table, root: Table) -> Option<String> {
    let mut tables = Vec::new();
    Shape::Table(root).tables("", &mut tables);
    tables
        .into_iter()
        .filter(|(_, table)| table.name != here.name)
        .find(|(_, table)| (table.keys)().iter().any(|key| key.name == name))
        .map(|(path, _)| match path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        })
}

/// Declares a table: a struct with an optional field for each key, and how it is read and described.
///
/// ```text
/// keys! {
///     /// What the table is about.
///     pub(crate) struct ClockKeys "clock" {
///         /// What the key means.
///         now "now": Instant;
///         frozen "frozen": bool = "false";
///         path "path": HttpPath, required;
///     }
/// }
/// ```
macro_rules! keys {
    (
        $(#[doc = $doc:literal])+
        $visibility:vis struct $table:ident $table_name:literal {
            $(
                $(#[doc = $key_doc:literal])+
                $field:ident $name:literal : $type:ty $(= $default:literal)? $(, $required:ident)?;
            )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Default)]
        $visibility struct $table {
            $($(#[doc = $key_doc])+ pub(crate) $field: Option<$type>,)+
        }

        impl $table {
            pub(crate) const TABLE: $crate::format::Table = $crate::format::Table {
                name: $table_name,
                doc: concat!($($doc, "\n"),+),
                keys: Self::keys,
            };

            fn keys() -> Vec<$crate::format::Key> {
                vec![$($crate::format::Key {
                    name: $name,
                    doc: concat!($($key_doc, "\n"),+),
                    shape: <$type as $crate::format::Read>::shape(),
                    default: $crate::format::table::keys!(@default $($default)?),
                    is_required: $crate::format::table::keys!(@required $($required)?),
                }),+]
            }
        }

        impl $crate::format::Read for $table {
            fn shape() -> $crate::format::Shape {
                $crate::format::Shape::Table(Self::TABLE)
            }

            fn read(
                node: &$crate::text::Node,
                reader: &mut $crate::format::Reader,
            ) -> Option<Self> {
                let fields = $crate::format::Fields::of(node, &Self::TABLE, reader)?;
                Some(Self { $($field: fields.take($name, reader),)+ })
            }
        }
    };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
    (@required) => { false };
    (@required required) => { true };
}
pub(crate) use keys;
