//! How keys are described, once: a type that can be read says by itself what it accepts, so that the parser,
//! the messages, the JSON Schema and the documentation have one source.

mod read;
mod shape;
pub(crate) mod table;
pub(crate) mod values;

pub(crate) use read::{At, OneOrMany, Read, Reader};
pub(crate) use shape::{Key, Shape, Table};
pub(crate) use table::Fields;
