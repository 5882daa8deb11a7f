//! Values that are computed on demand.

use std::fmt::{self, Debug};
use std::sync::Arc;

use super::Value;

/// Something with named properties that are worked out when a template asks for them.
///
/// A request is one: a template that prints one header should not pay for the parsing of the query,
/// the cookies and the body.
pub trait Object: Debug + Send + Sync {
    /// A property; `None` when there is no such property.
    fn get(&self, name: &str) -> Option<Value>;

    /// What [`Object::get`] of `name` has under `inner`, where that can be told without making all of it.
    fn get_in(&self, _name: &str, _inner: &str) -> Option<Value> {
        None
    }

    /// Every property, for `each` and for printing as JSON.
    fn entries(&self) -> Vec<(Arc<str>, Value)> {
        Vec::new()
    }

    /// Its items, when it is a list in disguise.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// How many entries it has, when it is a map in disguise.
    fn size(&self) -> Option<usize> {
        None
    }

    /// What the object itself prints as.
    fn write_text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{self:?}")
    }
}
