//! Forms that several keys share.

use std::collections::BTreeMap;

use crate::format::values::{Name, Path};
use crate::format::{At, Read, Reader, Shape};
use crate::text::{Kind, Node};

/// A path to a file that holds the value, or the value itself.
#[derive(Debug)]
pub(crate) enum PathOr<T> {
    Path(At<Path>),
    Inline(At<T>),
}

impl<T: Read> Read for PathOr<T> {
    fn shape() -> Shape {
        Shape::Either(vec![Path::shape(), T::shape()])
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::Text(_) => At::read(node, reader).map(Self::Path),
            Kind::Map(_) | Kind::List(_) => At::read(node, reader).map(Self::Inline),
            _ => reader.mismatch(node, &Self::shape()),
        }
    }
}

/// A map of names to values, or a list of names whose values are empty.
#[derive(Debug)]
pub(crate) struct Named<V>(pub(crate) BTreeMap<Name, V>);

// Not derived: `V` itself needs no default.
impl<V> Default for Named<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V: Read + Default> Read for Named<V> {
    fn shape() -> Shape {
        Shape::Either(vec![BTreeMap::<Name, V>::shape(), Vec::<Name>::shape()])
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Null | Kind::Map(_) => BTreeMap::read(node, reader).map(Self),
            Kind::List(_) => {
                let names: Vec<At<Name>> = Vec::read(node, reader)?;
                let mut values = BTreeMap::new();
                for At {
                    value: name,
                    origin,
                } in names
                {
                    if values.contains_key(&name) {
                        reader.report(origin.error(format!("`{}` is named twice", name.0)));
                    }
                    values.insert(name, V::default());
                }
                Some(Self(values))
            }
            _ => reader.mismatch(node, &Self::shape()),
        }
    }
}
