use efsm_jsonpath::{JsonPath, ReadError};
use serde_json::{Value, json};

fn changed(
    mut document: Value,
    path: &str,
    change: impl Fn(&JsonPath, &mut Value) -> Result<(), ReadError>,
) -> Value {
    let path = JsonPath::parse(path).expect("the path is well-formed");
    change(&path, &mut document).expect("the path can be changed");
    document
}

#[test]
fn set_replaces_every_selected_value() {
    let set = |path: &JsonPath, document: &mut Value| path.set(document, &json!(0));
    let document = json!({"a": [{"n": 1}, {"n": 2, "m": 3}], "b": {"n": 4}});
    assert_eq!(
        changed(document.clone(), "$..n", set),
        json!({"a": [{"n": 0}, {"n": 0, "m": 3}], "b": {"n": 0}})
    );
    assert_eq!(
        changed(document.clone(), "$.a[?(@.m)]", set),
        json!({"a": [{"n": 1}, 0], "b": {"n": 4}})
    );
    assert_eq!(
        changed(document.clone(), "$.a[-1]", set),
        json!({"a": [{"n": 1}, 0], "b": {"n": 4}})
    );
    assert_eq!(
        changed(document, "$.b['n','new']", set)["b"],
        json!({"n": 0, "new": 0})
    );
}

#[test]
fn delete_keeps_the_other_elements_in_place() {
    let delete = |path: &JsonPath, document: &mut Value| path.delete(document);
    let digits: Value = (0..12).collect();
    assert_eq!(
        changed(digits.clone(), "$[0,2,10]", delete),
        json!([1, 3, 4, 5, 6, 7, 8, 9, 11])
    );
    assert_eq!(changed(digits.clone(), "$[0,0,-12]", delete)[0], json!(1));
    assert_eq!(changed(digits, "$[?(@ >= 3)]", delete), json!([0, 1, 2]));
    let nested = json!({"a": {"a": 1}, "b": [{"a": 2, "c": 3}]});
    assert_eq!(changed(nested, "$..a", delete), json!({"b": [{"c": 3}]}));
}

#[test]
fn add_appends_to_arrays_only() {
    let add = |path: &JsonPath, document: &mut Value| path.add(document, &json!("new"));
    assert_eq!(changed(json!([1]), "$", add), json!([1, "new"]));
    assert_eq!(
        changed(json!({"a": [[1]], "b": null}), "$.*", add),
        json!({"a": [[1], "new"], "b": null})
    );
    assert_eq!(changed(json!([[]]), "$..*", add), json!([["new"]]));

    let mut document = json!([[1], 2]);
    let refused = JsonPath::parse("$[*]")
        .unwrap()
        .add(&mut document, &json!(3));
    assert!(matches!(refused, Err(ReadError::NotWritable { .. })));
    assert_eq!(
        document,
        json!([[1], 2]),
        "nothing is changed when one place cannot be"
    );
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let mut document = json!({"a": [1], "b": 1});
    for path in ["$", "$.a.length()", "$..a.length()"] {
        let path = JsonPath::parse(path).unwrap();
        assert!(
            matches!(
                path.set(&mut document, &json!(1)),
                Err(ReadError::NotWritable { .. })
            ),
            "{path:?}"
        );
        assert!(
            matches!(
                path.delete(&mut document),
                Err(ReadError::NotWritable { .. })
            ),
            "{path:?}"
        );
    }
    for path in ["$.nothing", "$.a[7]", "$..zz", "$.b.c"] {
        let path = JsonPath::parse(path).unwrap();
        assert!(
            matches!(
                path.set(&mut document, &json!(1)),
                Err(ReadError::NotFound { .. })
            ),
            "{path:?}"
        );
        assert!(
            matches!(path.delete(&mut document), Err(ReadError::NotFound { .. })),
            "{path:?}"
        );
    }
    let several = JsonPath::parse("$['a','b']")
        .unwrap()
        .add(&mut document, &json!(1));
    assert!(matches!(several, Err(ReadError::NotWritable { .. })));
    assert_eq!(document, json!({"a": [1], "b": 1}));
}
