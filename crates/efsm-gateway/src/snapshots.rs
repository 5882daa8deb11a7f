//! The snapshots that a stack keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use efsm_core::{ContextSnapshot, Part, Timestamp};
use serde::Serialize;

/// A stack's whole state at one instant: an immutable value, cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Whole>);

#[derive(Debug)]
struct Whole {
    context: ContextSnapshot,
    parts: Vec<Part>,
}

impl Snapshot {
    pub(crate) fn new(context: ContextSnapshot, parts: Vec<Part>) -> Self {
        Self(Arc::new(Whole { context, parts }))
    }

    pub(crate) fn context(&self) -> &ContextSnapshot {
        &self.0.context
    }

    pub fn part(&self, service: &str) -> Option<&Part> {
        self.0.parts.iter().find(|part| part.service() == service)
    }
}

/// What the control API tells of a kept snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    pub id: String,
    pub name: Option<String>,
    /// On the stack's clock.
    pub created: Timestamp,
}

/// The kept snapshots by id. A name stands wherever an id does; taking a name again moves it to
/// the newer snapshot, and the older one keeps its id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    kept: BTreeMap<u64, (SnapshotInfo, Snapshot)>,
    last: u64,
}

impl Snapshots {
    pub(crate) fn keep(
        &mut self,
        name: Option<String>,
        created: Timestamp,
        snapshot: Snapshot,
    ) -> SnapshotInfo {
        if name.is_some() {
            for (info, _) in self.kept.values_mut() {
                if info.name == name {
                    info.name = None;
                }
            }
        }
        self.last += 1;
        let info = SnapshotInfo {
            id: format!("snap-{}", self.last),
            name,
            created,
        };
        self.kept.insert(self.last, (info.clone(), snapshot));
        info
    }

    pub(crate) fn list(&self) -> Vec<SnapshotInfo> {
        self.kept.values().map(|(info, _)| info.clone()).collect()
    }

    pub(crate) fn find(&self, id_or_name: &str) -> Option<Snapshot> {
        let key = self.key(id_or_name)?;
        self.kept.get(&key).map(|(_, snapshot)| snapshot.clone())
    }

    pub(crate) fn forget(&mut self, id_or_name: &str) -> Option<SnapshotInfo> {
        let key = self.key(id_or_name)?;
        self.kept.remove(&key).map(|(info, _)| info)
    }

    /// An id comes before a name that looks like one.
    fn key(&self, id_or_name: &str) -> Option<u64> {
        let find = |test: &dyn Fn(&SnapshotInfo) -> bool| {
            self.kept
                .iter()
                .find(|(_, (info, _))| test(info))
                .map(|(key, _)| *key)
        };
        find(&|info| info.id == id_or_name)
            .or_else(|| find(&|info| info.name.as_deref() == Some(id_or_name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use efsm_core::Context;

    #[test]
    fn name_belongs_to_the_newest_snapshot_that_took_it() {
        let context = Context::default();
        let snapshot = Snapshot::new(context.snapshot(&context.gate().cut()), Vec::new());
        let mut snapshots = Snapshots::default();
        let mut keep = |name: &str| {
            let name = Some(name.to_owned());
            snapshots
                .keep(name, Timestamp::UNIX_EPOCH, snapshot.clone())
                .id
        };
        assert_eq!(
            [keep("seeded"), keep("seeded"), keep("snap-1")],
            ["snap-1", "snap-2", "snap-3"]
        );
        assert_eq!(snapshots.forget("seeded").unwrap().id, "snap-2");
        assert_eq!(snapshots.forget("snap-1").unwrap().id, "snap-1");
        assert_eq!(snapshots.forget("snap-1").unwrap().id, "snap-3");
        assert!(snapshots.find("snap-1").is_none());
    }
}
