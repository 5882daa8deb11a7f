//! Maps that keep the order of their entries.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Extent, Value, ValueError};

/// A map and how it prints.
#[derive(Debug, Clone, Default)]
pub struct Map {
    entries: Vec<(Arc<str>, Value)>,
    /// Where the keys of a large map are; a small one is looked through, and has none. The keys are a template's own: no
    /// hash needs to stand attacks.
    places: HashMap<Arc<str>, usize, foldhash::fast::RandomState>,
    /// Prints as indented JSON instead of `{a=1}`, as maps do that a JSONPath gave.
    prints_json: bool,
    extent: Extent,
}

/// Up to so many entries a map is small.
const SMALL: usize = 8;

impl Map {
    /// A map of these entries, a later one replacing an earlier one of the same key.
    pub fn new(entries: impl IntoIterator<Item = (Arc<str>, Value)>) -> Result<Self, ValueError> {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        let keys = map.entries.iter().map(|(key, _)| key.len()).sum();
        map.extent = Extent::over(map.entries.iter().map(|(_, value)| value))?;
        map.extent.bytes = map.extent.bytes.saturating_add(keys);
        Ok(map)
    }

    fn insert(&mut self, key: Arc<str>, value: Value) {
        if let Some(place) = self.place(&key) {
            self.entries[place].1 = value;
            return;
        }
        if !self.places.is_empty() {
            self.places.insert(key.clone(), self.entries.len());
        }
        self.entries.push((key, value));
        if self.places.is_empty() && self.entries.len() > SMALL {
            let keys = self.entries.iter().map(|(key, _)| key.clone());
            self.places = keys.zip(0..).collect();
        }
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.places.is_empty() {
            self.entries.iter().position(|(known, _)| **known == *key)
        } else {
            self.places.get(key).copied()
        }
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
        Some(&self.entries[self.place(key)?].1)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// In the order in which they were put in.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_what_an_ordered_map_is(keys in prop::collection::vec("[a-d]{1,2}", 0..40)) {
            let entries = keys.iter().zip(0_i64..).map(|(key, n)| (Arc::from(&**key), Value::Int(n)));
            let map = Map::new(entries.clone()).unwrap();
            let expected: indexmap::IndexMap<Arc<str>, Value> = entries.collect();
            prop_assert_eq!(map.len(), expected.len());
            for ((key, value), (its_key, its_value)) in map.iter().zip(&expected) {
                prop_assert_eq!(key, its_key);
                prop_assert!(value.equals(its_value));
                prop_assert!(map.get(key).is_some_and(|found| found.equals(its_value)));
            }
            prop_assert!(map.get("x").is_none());
        }
    }
}
