//! Importing many stubs at once: all of them or, when one is bad, none.

use std::sync::Arc;

use imbl::HashSet;
use serde_json::Value;
use uuid::Uuid;

use super::document::Place;
use super::index::Index;
use super::state::State;
use super::stub::Stub;
use crate::error::DocumentError;

const CLASS: &str = "stubbing.StubImport";

/// Stubs that were read whole, and how they meet those that are there.
#[derive(Debug, Default)]
pub struct Import {
    stubs: Vec<Arc<Stub>>,
    ignore_duplicates: bool,
    delete_others: bool,
}

impl Import {
    /// Reads `{"mappings": [..], "importOptions": {..}}`.
    pub fn parse(value: &Value, mut new_id: impl FnMut() -> Uuid) -> Result<Self, DocumentError> {
        let root = Place::root(value);
        let mut import = Self::default();
        for (name, value) in root.object(CLASS)? {
            let field = root.field(name, value);
            match name.as_str() {
                "mappings" => {
                    for (index, value) in field
                        .array("java.util.ArrayList<stubbing.StubMapping>")?
                        .iter()
                        .enumerate()
                    {
                        let stub = Stub::parse(&field.item(index, value), &mut new_id)?;
                        import.stubs.push(Arc::new(stub));
                    }
                }
                "importOptions" => import.options(&field)?,
                "meta" | "$schema" => {}
                _ => return Err(root.unknown(name, CLASS)),
            }
        }
        Ok(import)
    }

    fn options(&mut self, place: &Place<'_>) -> Result<(), DocumentError> {
        if place.value.is_null() {
            return Ok(());
        }
        for (name, value) in place.object("stubbing.StubImport$Options")? {
            let field = place.field(name, value);
            match name.as_str() {
                "duplicatePolicy" => {
                    self.ignore_duplicates = match field.text()?.as_str() {
                        "OVERWRITE" => false,
                        "IGNORE" => true,
                        other => {
                            return Err(field.error(format!(
                                "Cannot deserialize value of type `com.github.tomakehurst.wiremock.stubbing.StubImport$Options$DuplicatePolicy` from String {other:?}: not one of the values accepted for Enum class: [IGNORE, OVERWRITE]"
                            )));
                        }
                    };
                }
                "deleteAllNotInImport" => self.delete_others = field.boolean()?,
                _ => return Err(place.unknown(name, "stubbing.StubImport$Options")),
            }
        }
        Ok(())
    }

    pub fn stubs(&self) -> &[Arc<Stub>] {
        &self.stubs
    }

    /// Adds the stubs; the first of the document comes to be tried first.
    pub fn apply(self, state: &mut State) {
        state.edit_stubs(|stubs| self.apply_to(stubs));
    }

    fn apply_to(self, stubs: &mut Index) {
        if self.delete_others {
            let kept: HashSet<Uuid> = self.stubs.iter().map(|stub| stub.id).collect();
            let gone: Vec<Uuid> = stubs
                .iter()
                .map(|stub| stub.id)
                .filter(|id| !kept.contains(id))
                .collect();
            for id in gone {
                stubs.remove(&id);
            }
        }
        for stub in self.stubs.into_iter().rev() {
            if stubs.get(&stub.id).is_none() {
                stubs.insert(stub);
            } else if !self.ignore_duplicates {
                stubs.replace(stub);
            }
        }
    }
}
