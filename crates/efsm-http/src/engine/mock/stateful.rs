//! Descriptions whose collections keep what is sent to them.

use efsm_spec::mock::ResourcePath;
use efsm_spec::{Answer, Request};
use serde_json::Value;

use super::{Turn, listing};
use crate::engine::resource::{
    Collection, Conditions, IdType, Operation, Outcome, ResourceDefinition, ResourceError, Target,
};

/// Answers a valid request from what was kept, in the shape of the answer that the description has for it.
pub(super) fn answer(
    mock: &efsm_spec::Mock,
    request: &Request<'_>,
    answer: Answer,
    turn: &mut Turn<'_>,
) -> Answer {
    let is_success = answer.problem.is_none() && (200..300).contains(&answer.status);
    let Some(resource) = mock.resource(request).filter(|_| is_success) else {
        return answer;
    };
    let described = answer.operation.clone().unwrap_or_default();
    let Some(operation) = operation(mock, &described, request, &resource) else {
        return answer;
    };
    let entropy = turn.entropy;
    match apply(&resource, &operation, turn) {
        Ok(Outcome::Created(item) | Outcome::Item(item)) => {
            mock.with_value(answer, &item.value, None, entropy)
        }
        Ok(Outcome::List(page)) => {
            let items: Value = page.items.iter().map(|item| (**item).clone()).collect();
            mock.with_value(answer, &items, Some(page.total), entropy)
        }
        // Where the description knows no such answer, the item is made up.
        Err(ResourceError::NotFound { .. }) => mock.not_there(request, entropy).unwrap_or(answer),
        // Nothing is shown; or a body that is no object, or an id that is taken: the description's answer is all there is.
        Ok(Outcome::Deleted | Outcome::NotModified { .. }) | Err(_) => answer,
    }
}

fn operation<'a>(
    mock: &efsm_spec::Mock,
    described: &efsm_spec::Operation,
    request: &Request<'a>,
    resource: &ResourcePath,
) -> Option<Operation<'a>> {
    let is_item = resource.id.is_some();
    Some(match (request.method, is_item) {
        ("GET" | "HEAD", false) => {
            let root = &mock.description().root;
            Operation::List(listing::query(
                root,
                described,
                request.query,
                &resource.fields,
            ))
        }
        ("POST", false) => Operation::Create(request.body),
        ("GET" | "HEAD", true) => Operation::Read,
        ("PUT", true) => Operation::Replace(request.body),
        ("PATCH", true) => Operation::Merge(request.body),
        ("DELETE", true) => Operation::Delete,
        _ => return None,
    })
}

fn apply(
    resource: &ResourcePath,
    operation: &Operation<'_>,
    turn: &mut Turn<'_>,
) -> Result<Outcome, ResourceError> {
    let id_type = if resource.has_integer_ids {
        IdType::Integer
    } else {
        IdType::Uuid
    };
    let definition = ResourceDefinition::deep(&resource.id_property, id_type);
    let target = Target {
        collection: &resource.collection,
        id: resource.id.as_deref(),
    };
    let entropy = turn.entropy;
    let data: &mut Collection = &mut turn.state.resources;
    data.apply(
        &definition,
        target,
        operation,
        Conditions::default(),
        || {
            // As a version 4 UUID has it, of what was drawn for this answer.
            uuid::Builder::from_random_bytes(
                (u128::from(entropy) << 64 | u128::from(entropy.rotate_left(29))).to_be_bytes(),
            )
            .into_uuid()
            .to_string()
        },
    )
}
