//! What holds for every schema.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{changes, giving, taking, with_operation};

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["string", "integer", "number", "boolean"])
            .prop_map(|kind| json!({"type": kind})),
        (0..9_u8).prop_map(|least| json!({"type": "string", "minLength": least})),
        prop::collection::vec("[a-c]", 1..3).prop_map(|values| json!({"enum": values})),
        Just(json!({"$ref": "#/components/schemas/Node"})),
        Just(json!({})),
    ];
    leaf.prop_recursive(3, 20, 3, |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|items| json!({"type": "array", "items": items})),
            (
                prop::collection::btree_map("[a-c]", inner.clone(), 0..3),
                any::<bool>()
            )
                .prop_map(|(properties, all)| {
                    let required: Vec<&String> = properties.keys().filter(|_| all).collect();
                    json!({"type": "object", "properties": properties, "required": required})
                }),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|list| json!({"oneOf": list})),
            prop::collection::vec(inner, 1..3).prop_map(|list| json!({"allOf": list})),
        ]
    })
}

fn document(operation: &Value) -> Value {
    let mut document = with_operation(operation);
    document["components"]["schemas"]["Node"] = json!({"type": "object", "properties": {
        "next": {"$ref": "#/components/schemas/Node"}, "value": {"type": "string"}}});
    document
}

proptest! {
    #[test]
    fn nothing_changed_is_nothing_told(schema in schema()) {
        for operation in [taking(&schema), giving(&schema)] {
            prop_assert_eq!(changes(&document(&operation), &document(&operation)), []);
        }
    }

    #[test]
    fn a_comparison_ends_and_its_places_exist(old in schema(), new in schema()) {
        let (old, new) = (document(&giving(&old)), document(&giving(&new)));
        for change in changes(&old, &new) {
            let tree = if change.side == efsm_specdiff::Side::Old { &old } else { &new };
            prop_assert!(tree.pointer(&change.pointer).is_some(), "{change:?}");
        }
    }
}
