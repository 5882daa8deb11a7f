//! What names mean by convention: pages of Relay, results of mutations, numbers of items.

use serde_json::{Map, Value as Json};

use crate::execute::Resolved;
use crate::syntax::ast::{FieldDefinition, OperationKind};

use super::{Mock, MockObject, Request, Role};

/// Arguments that say how many items are wanted.
const LENGTHS: [&str; 11] = [
    "first",
    "last",
    "limit",
    "take",
    "size",
    "count",
    "top",
    "pageSize",
    "page_size",
    "perPage",
    "per_page",
];

/// No page of a mock is longer, however many items are asked for.
const LONGEST_PAGE: u64 = 100;

pub(super) fn is_page(ty: &str) -> bool {
    ty.ends_with("Connection")
}

pub(super) fn is_edge(ty: &str) -> bool {
    ty.ends_with("Edge")
}

/// Types that tell of a failure.
pub(super) fn is_failure(ty: &str) -> bool {
    let endings = [
        "Error",
        "Failure",
        "Problem",
        "Exception",
        "Errors",
        "Fault",
    ];
    endings.iter().any(|ending| ty.ends_with(ending))
}

pub(super) fn length(arguments: &Map<String, Json>) -> Option<usize> {
    let asked = LENGTHS
        .iter()
        .find_map(|name| arguments.get(*name)?.as_u64());
    asked.map(|asked| asked.min(LONGEST_PAGE) as usize)
}

/// Under which name the chance of a field is drawn, and whether it is its object's own: a page's `nodes` are those
/// of its `edges`.
pub(super) fn label<'d>(
    object: &MockObject<'_>,
    definition: &'d FieldDefinition,
) -> (&'d str, bool) {
    let name = &*definition.name.name;
    match name {
        "edges" if is_page(&object.ty.name) => ("nodes", false),
        "node" if is_edge(&object.ty.name) => ("node", true),
        name => (name, false),
    }
}

impl Mock {
    pub(super) fn convention<'s>(&self, request: &Request<'_, 's>) -> Option<Resolved<'s>> {
        let Request {
            schema,
            object,
            definition,
            operation,
            ..
        } = request;
        let name = &*definition.name.name;
        let inner = &*schema.inner(&definition.ty).name;
        let is_list = definition.ty.item().is_some();
        let is_result = *operation == OperationKind::Mutation && object.role != Role::Plain;
        match (name, inner) {
            // A client that follows pages must come to an end.
            ("hasNextPage" | "hasPreviousPage", "Boolean") => Some(Resolved::Leaf(false.into())),
            ("totalCount" | "total" | "count", "Int") if is_page(&object.ty.name) => {
                let nodes = object.random.child("nodes");
                Some(Resolved::Leaf(self.length(object.length, &nodes).into()))
            }
            ("success" | "ok" | "successful" | "succeeded", "Boolean") if is_result => {
                Some(Resolved::Leaf(true.into()))
            }
            // `deleteUser(id:): Boolean`.
            (_, "Boolean") if is_result && object.role == Role::Root && !is_list => {
                Some(Resolved::Leaf(true.into()))
            }
            _ if is_result && object.role == Role::Carrier && tells_of_failure(name) => {
                if is_list {
                    Some(Resolved::List(Vec::new()))
                } else {
                    (!definition.ty.is_non_null()).then_some(Resolved::Null)
                }
            }
            ("clientMutationId", _) if !definition.ty.is_non_null() => Some(Resolved::Null),
            _ => None,
        }
    }
}

fn tells_of_failure(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field.ends_with("error") || field.ends_with("errors") || field.ends_with("problems")
}
