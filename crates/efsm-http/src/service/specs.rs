//! Descriptions in process.

use std::sync::Arc;

use efsm_spec::{Loader, NoFiles};
use uuid::Uuid;

use super::HttpService;
use super::feeds::Pushed;
use crate::engine::mock::{self, Spec, SpecDefinition};
use crate::error::HttpError;

impl HttpService {
    /// Serves a description where no stub matches; of several that describe a request equally well, the newest.
    /// `loader` finds the files that it refers to.
    pub fn add_spec(
        &self,
        definition: &SpecDefinition,
        loader: &dyn Loader,
    ) -> Result<Spec, HttpError> {
        let mock = mock::open(definition, loader)?;
        let about = mock.about();
        let name = definition.name.as_deref().unwrap_or(&about.title);
        let spec = Spec {
            id: self.new_id(),
            name: name.into(),
            mock,
            is_fallback: definition.options.fallback,
            about: Arc::new(about),
        };
        self.edit(|state| state.add_spec(spec.clone()));
        Ok(spec)
    }

    /// The same for a description that refers to no other file.
    pub fn add_spec_text(&self, definition: &SpecDefinition) -> Result<Spec, HttpError> {
        self.add_spec(definition, &NoFiles)
    }

    /// The descriptions that are served, the newest first.
    pub fn specs(&self) -> Vec<Arc<Spec>> {
        self.current().specs.to_vec()
    }

    /// Whether there was such a description.
    pub fn remove_spec(&self, id: &Uuid) -> bool {
        let is_gone = self.edit(|state| state.remove_spec(id));
        self.feeds().push(id, None, &Pushed::End);
        is_gone
    }

    pub(crate) fn clear_specs(&self) {
        for spec in self.specs() {
            self.remove_spec(&spec.id);
        }
    }
}
