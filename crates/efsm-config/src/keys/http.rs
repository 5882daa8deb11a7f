use super::PathOr;
use crate::format::table::keys;
use crate::format::values::{HttpPath, Object};

keys! {
    /// An HTTP collection with state.
    pub(crate) struct ResourceKeys "resource" {
        /// Where it stands; `/` and its name when missing.
        path "path": HttpPath;
        /// What it begins with: a JSON or YAML file that holds a list of objects, or the list itself.
        seed "seed": PathOr<Vec<Object>>;
    }
}
