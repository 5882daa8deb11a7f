//! Maps that keep the order of their entries.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Extent, Value, ValueError};

/// A map and how it prints.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// The keys are a template's own: no hash needs to stand attacks.
    entries: IndexMap<Arc<str>, Value, foldhash::fast::RandomState>,
    /// Prints as indented JSON instead of `{a=1}`, as maps do that a JSONPath gave.
    prints_json: bool,
    extent: Extent,
}

impl Map {
    /// A map of these entries, a later one replacing an earlier one of the same key.
    pub fn new(entries: impl IntoIterator<Item = (Arc<str>, Value)>) -> Result<Self, ValueError> {
        let entries: IndexMap<_, _, _> = entries.into_iter().collect();
        let keys = entries.keys().map(|key| key.len()).sum();
        let mut extent = Extent::over(entries.values())?;
        extent.bytes = extent.bytes.saturating_add(keys);
        Ok(Self {
            entries,
            prints_json: false,
            extent,
        })
    }

    /// As [`Map::new`], without the values that are nested too deep or hold too much.
    pub(crate) fn of_what_fits(entries: impl IntoIterator<Item = (Arc<str>, Value)>) -> Self {
        let fits = |(_, value): &(Arc<str>, Value)| Extent::over([value]).is_ok();
        Self::new(entries.into_iter().filter(fits)).unwrap_or_default()
    }

    /// The same map, printed as indented JSON.
    #[must_use]
    pub fn printing_json(mut self) -> Self {
        self.prints_json = true;
        self
    }

    pub fn prints_json(&self) -> bool {
        self.prints_json
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// In the order in which they were put in.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter()
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }

    pub(super) fn equals(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key).is_some_and(|o| value.equals(o)))
    }
}
