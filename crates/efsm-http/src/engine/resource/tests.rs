use serde_json::{Value, json};

use super::*;
use crate::engine::document::Place;

fn definition(json: &Value) -> ResourceDefinition {
    ResourceDefinition::parse(&Place::root(json)).unwrap()
}

fn apply(
    data: &mut Collection,
    definition: &ResourceDefinition,
    path: &str,
    operation: &Operation<'_>,
) -> Result<Outcome, ResourceError> {
    let target = definition.target(path).unwrap();
    data.apply(definition, target, operation, Conditions::default(), || {
        "uuid".to_owned()
    })
}

fn list(
    data: &mut Collection,
    definition: &ResourceDefinition,
    path: &str,
    query: &str,
) -> Vec<Value> {
    let query = ListQuery::parse(&efsm_wire::query_pairs(Some(query)));
    match apply(data, definition, path, &Operation::List(query)) {
        Ok(Outcome::List(page)) => page.items.iter().map(|item| (**item).clone()).collect(),
        other => panic!("no list: {other:?}"),
    }
}

fn users() -> ResourceDefinition {
    definition(&json!({"path": "/users", "seed": [
        {"id": 1, "name": "Ada", "age": 36, "address": {"city": "London"}},
        {"id": 2, "name": "Bob", "age": 9, "tags": ["x", "y"]},
        {"id": 5, "name": "Cleo", "age": 36},
    ]}))
}

#[test]
fn created_object_gets_the_next_id_and_is_listed_last() {
    let (definition, mut data) = (users(), Collection::default());
    let made = apply(
        &mut data,
        &definition,
        "/users",
        &Operation::Create(br#"{"name":"Dee"}"#),
    );
    let Ok(Outcome::Created(item)) = made else {
        panic!("{made:?}")
    };
    assert_eq!(*item.value, json!({"id": 6, "name": "Dee"}));
    assert_eq!(list(&mut data, &definition, "/users", "").len(), 4);
    let again = apply(
        &mut data,
        &definition,
        "/users",
        &Operation::Create(br#"{"id":6}"#),
    );
    assert!(matches!(again, Err(ResourceError::Conflict { .. })));
}

#[test]
fn lists_are_filtered_searched_sorted_and_paged() {
    let (definition, mut data) = (users(), Collection::default());
    let mut names = |query: &str| -> String {
        let items = list(&mut data, &definition, "/users", query);
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (query, expected) in [
        ("age=36", "Ada Cleo"),
        ("name=Ada&name=Bob", "Ada Bob"),
        ("age_gte=10", "Ada Cleo"),
        ("age_lt=36", "Bob"),
        ("name_ne=Bob", "Ada Cleo"),
        ("name_like=C", "Cleo"),
        ("address.city=London", "Ada"),
        ("tags=y", "Bob"),
        ("q=LON", "Ada"),
        ("_sort=age,-name", "Bob Cleo Ada"),
        ("_sort=name&_order=desc", "Cleo Bob Ada"),
        ("_page=2&_limit=2", "Cleo"),
        ("_start=1&_end=2", "Bob"),
        ("nothing=1", ""),
    ] {
        assert_eq!(names(query), expected, "{query}");
    }
}

#[test]
fn replacing_and_merging_keep_the_id() {
    let (definition, mut data) = (users(), Collection::default());
    let replaced = apply(
        &mut data,
        &definition,
        "/users/2",
        &Operation::Replace(br#"{"id":9,"a":1}"#),
    );
    let Ok(Outcome::Item(item)) = replaced else {
        panic!()
    };
    assert_eq!(*item.value, json!({"id": 2, "a": 1}));
    let merged = apply(
        &mut data,
        &definition,
        "/users/1",
        &Operation::Merge(br#"{"age":null,"address":{"zip":"1"}}"#),
    );
    let Ok(Outcome::Item(item)) = merged else {
        panic!()
    };
    assert_eq!(
        *item.value,
        json!({"id": 1, "name": "Ada", "address": {"city": "London", "zip": "1"}})
    );
}

#[test]
fn deleted_object_is_gone_and_its_id_is_not_given_again() {
    let (definition, mut data) = (users(), Collection::default());
    assert_eq!(
        apply(&mut data, &definition, "/users/5", &Operation::Delete),
        Ok(Outcome::Deleted)
    );
    assert!(matches!(
        apply(&mut data, &definition, "/users/5", &Operation::Read),
        Err(ResourceError::NotFound { .. })
    ));
    let Ok(Outcome::Created(item)) =
        apply(&mut data, &definition, "/users", &Operation::Create(b"{}"))
    else {
        panic!()
    };
    assert_eq!(&*item.id, "6");
}

#[test]
fn etags_guard_writes_and_spare_reads() {
    let (definition, mut data) = (users(), Collection::default());
    let Ok(Outcome::Item(item)) = apply(&mut data, &definition, "/users/1", &Operation::Read)
    else {
        panic!()
    };
    let tag = format!("\"{}\"", item.version);
    let target = definition.target("/users/1").unwrap();
    let mut with = |operation: &Operation<'_>, conditions: Conditions<'_>| {
        data.apply(&definition, target, operation, conditions, String::new)
    };
    let fresh = Conditions {
        if_none_match: Some(&tag),
        ..Conditions::default()
    };
    assert!(matches!(
        with(&Operation::Read, fresh),
        Ok(Outcome::NotModified { .. })
    ));
    let guarded = Conditions {
        if_match: Some(&tag),
        ..Conditions::default()
    };
    assert!(with(&Operation::Merge(br#"{"age":1}"#), guarded).is_ok());
    assert_eq!(
        with(&Operation::Merge(br#"{"age":2}"#), guarded),
        Err(ResourceError::PreconditionFailed)
    );
}

#[test]
fn deep_path_serves_every_collection_below_it() {
    let definition = definition(&json!({"path": "/v1/**", "seed": {"cats": [{"id": "tom"}]}}));
    let mut data = Collection::default();
    assert_eq!(list(&mut data, &definition, "/v1/cats", "").len(), 1);
    assert_eq!(list(&mut data, &definition, "/v1/dogs", "").len(), 0);
    apply(
        &mut data,
        &definition,
        "/v1/cats/tom/toys",
        &Operation::Create(b"{}"),
    )
    .unwrap();
    assert_eq!(
        list(&mut data, &definition, "/v1/cats/tom/toys", "").len(),
        1
    );
    assert!(
        apply(
            &mut data,
            &definition,
            "/v1/cats/tom/toys/1",
            &Operation::Read
        )
        .is_ok()
    );
    assert_eq!(definition.target("/v1"), None);
    assert_eq!(definition.target("/v10/cats"), None);
    assert_eq!(definition.target("/v1//cats"), None);
    assert!(definition.target("/v1/cats/").is_some());
}

#[test]
fn version_of_an_api_is_no_collection() {
    let definition = definition(&json!({"path": "/shop/**"}));
    let target = |path| {
        let target = definition.target(path)?;
        Some((target.collection, target.id))
    };
    assert_eq!(target("/shop/v1/users"), Some(("v1/users", None)));
    assert_eq!(
        target("/shop/api/v2.1/users/7"),
        Some(("api/v2.1/users", Some("7")))
    );
    assert_eq!(target("/shop/visits/7"), Some(("visits", Some("7"))));
    assert_eq!(target("/shop/v1"), None);
}

#[test]
fn bad_bodies_change_nothing() {
    let (definition, mut data) = (users(), Collection::default());
    for body in [&b"{"[..], b"[]", b"", b"3"] {
        let refused = apply(&mut data, &definition, "/users", &Operation::Create(body));
        assert!(matches!(refused, Err(ResourceError::BadBody { .. })));
    }
    assert_eq!(list(&mut data, &definition, "/users", "").len(), 3);
}

#[test]
fn bad_definitions_are_refused_where_they_are_wrong() {
    for (json, pointer) in [
        (json!({}), "/"),
        (json!({"path": "users"}), "/path"),
        (json!({"path": "/u", "seed": {}}), "/seed"),
        (json!({"path": "/u", "seed": [{}, 1]}), "/seed/1"),
        (json!({"path": "/u/**", "seed": {"a": [1]}}), "/seed/a/0"),
        (json!({"path": "/u", "idType": "x"}), "/idType"),
        (json!({"path": "/u", "oops": 1}), "/oops"),
    ] {
        let error = ResourceDefinition::parse(&Place::root(&json)).unwrap_err();
        assert_eq!(error.pointer.as_deref(), Some(pointer), "{json}");
    }
}
