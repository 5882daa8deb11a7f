//! Where this crate answers although Jayway trips over itself, and what it refuses.

use efsm_jsonpath::{JsonPath, ReadError, Step};
use serde_json::json;

use crate::check;

#[test]
fn steps_may_follow_a_function() {
    let document = json!({"a": [{"b": 7}, {"b": 8}], "o": {"k": 1}});
    check(&document, "$.a.first().b", &json!(7));
    check(&document, "$.o.keys()[0]", &json!("k"));
    check(&document, "$.a.last()['b']", &json!(8));
}

#[test]
fn length_offset_counts_from_the_end() {
    let document = json!({"a": [1, 2, 3]});
    check(&document, "$.a[(@.length-1)]", &json!(3));
    check(&document, "$.a[(@.length - 3)]", &json!(1));
    check(&document, "$.a[(@.length()-2)]", &json!(2));
}

#[test]
fn deep_scan_goes_through_arrays() {
    let document = json!({"a": [{"x": 1}, {"x": 2}, [{"x": 3}]]});
    check(&document, "$..[*].x", &json!([1, 2, 3]));
    check(&document, "$..[0,1].x", &json!([1, 2, 3]));
}

#[test]
fn operators_see_nested_values() {
    let document = json!([{"a": [{"x": 1}, "x"]}, {"a": {}}, {"a": [[1], 2]}]);
    check(&document, "$[?(@.a contains 'x')].a[1]", &json!(["x"]));
    check(&document, "$[?([1] in @.a)].a[1]", &json!([2]));
    check(&document, "$[?(@.a empty true)].a", &json!([{}]));
    check(&document, "$[?(@.a all [2])].a[1]", &json!([2]));
}

#[test]
fn exists_and_type_test_what_they_say() {
    let document =
        json!([{"a": false}, {"b": 1}, {"a": null}, {"a": "s"}, {"a": [1]}, {"a": {"k": 1}}]);
    check(&document, "$[?(@.a exists false)]", &json!([{"b": 1}]));
    check(
        &document,
        "$[?(@.a exists true && @.a type 'boolean')]",
        &json!([{"a": false}]),
    );
    check(
        &document,
        "$[?(@.a type 'string' || @.a type 'null')].a",
        &json!([null, "s"]),
    );
    check(&document, "$[?(@.a type 'array')].a", &json!([[1]]));
    check(&document, "$[?(@.a type 'object')].a.k", &json!([1]));
    check(&document, "$[?(@.b type 'number')].b", &json!([1]));
}

#[test]
fn function_arguments_are_json_or_paths() {
    let document = json!({"a": ["x"], "n": [1, 2]});
    check(
        &document,
        r#"$.a.append([1], true, null, {'k': "v"})"#,
        &json!(["x", [1], true, null, {"k": "v"}]),
    );
    check(
        &document,
        r#"$.concat("a,b", 'c)', $.a, 5)"#,
        &json!("a,bc)x5"),
    );
    check(&document, "$.sum($.n, 4)", &json!(7.0));
    check(&document, "$.length($.n)", &json!(2));
    check(&document, "$.n.max()", &json!(2.0));
    check(&json!([-3, -1]), "$.max()", &json!(-1.0));
}

#[test]
fn filters_reach_the_document_through_the_root() {
    let document = json!({"limit": 5, "q": [{"n": 4}, {"n": 6}]});
    check(&document, "$.q[?(@.n > $.limit)].n", &json!([6]));
    check(&document, "$.q[?($.limit)].n", &json!([4, 6]));
    check(
        &document,
        "$.q[?(!$.nothing && @.n<$['limit'])].n",
        &json!([4]),
    );
}

#[test]
fn selected_values_know_their_place() {
    let document = json!({"a": [{"b": 1}, {"b": 2}]});
    let selected = JsonPath::parse("$..b").unwrap().select(&document).unwrap();
    let places: Vec<_> = selected
        .iter()
        .map(|one| one.location.clone().unwrap())
        .collect();
    let place = |index| {
        vec![
            Step::Name("a".into()),
            Step::Index(index),
            Step::Name("b".into()),
        ]
    };
    assert_eq!(places, [place(0), place(1)]);
    let computed = JsonPath::parse("$.a.length()")
        .unwrap()
        .select(&document)
        .unwrap();
    assert_eq!(
        (computed[0].location.clone(), &*computed[0].value),
        (None, &json!(2))
    );
}

#[test]
fn a_definite_path_without_value_is_not_found() {
    let document = json!({"a": {"b": 5}});
    for path in [
        "$.x",
        "$.a.x",
        "$.a.b.c",
        "$.a[0]",
        "$.x.y.z",
        "$['a'][0:1]",
    ] {
        let error = JsonPath::parse(path).unwrap().read(&document).unwrap_err();
        assert_eq!(
            error,
            ReadError::NotFound {
                path: path.to_owned()
            }
        );
    }
    check(&document, "$.*.x", &json!([]));
    let filtered = JsonPath::parse("$.a.b[?(@.c)]").unwrap().read(&document);
    assert!(
        matches!(filtered, Err(ReadError::NotApplicable { .. })),
        "{filtered:?}"
    );
}

#[test]
fn functions_say_what_they_miss() {
    let error = |path: &str, document| {
        JsonPath::parse(path)
            .unwrap()
            .read(&document)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("$.sum()", json!(["a"])),
        "`sum()` cannot be evaluated in `$.sum()`: there are no numbers"
    );
    assert_eq!(
        error("$.index(5)", json!([1])),
        "`index()` cannot be evaluated in `$.index(5)`: the array has 1 elements"
    );
    assert_eq!(
        error("$.first()", json!({})),
        "`first()` cannot be evaluated in `$.first()`: it is for arrays"
    );
}

#[test]
fn a_malformed_path_is_refused_with_its_place() {
    for (path, position, expected) in [
        ("", 0, "a path such as `$.name`"),
        ("$a", 1, "`.` or `[`"),
        ("$.", 2, "a property name, `*` or `[`"),
        ("$...a", 3, "a property name, `*` or `[`"),
        ("$[?]", 3, "`(`: a filter is written `[?(..)]`"),
        ("$[]", 2, "a quoted name, an index, a slice, `*` or `?(`"),
        ("$['a", 2, "a closing '"),
        ("$['a',]", 6, "a quoted text"),
        (
            "$[1,]",
            2,
            "indices such as `0`, `-1` or `0,2`, within 32 bits",
        ),
        ("$[:]", 2, "a slice such as `1:`, `:2` or `1:3`"),
        (
            "$[?(@.a == )]",
            11,
            "a text, a number, true, false, null, a regular expression, a list, or a path",
        ),
        ("$[?(@.a = 1)]", 8, "an operator, `&&`, `||` or `)`"),
        ("$[?(1)]", 5, "an operator: only a path can stand alone"),
        ("$[?(@.a == 'x)]", 11, "a closing '"),
        ("$.a b", 3, "no blank in a name; write `['a name']` for one"),
        ("$[*,1]", 3, "`]`"),
    ] {
        let error = JsonPath::parse(path).unwrap_err();
        assert_eq!(
            (error.position, error.expected.as_str()),
            (position, expected),
            "{path}"
        );
    }
    let unknown = JsonPath::parse("$.a.nope()").unwrap_err();
    assert!(
        unknown
            .to_string()
            .contains("position 4: expected one of the functions length, "),
        "{unknown}"
    );
    let regex = JsonPath::parse("$[?(@.a =~ /[/)]").unwrap_err();
    assert!(
        regex.to_string().contains("a regular expression of Java"),
        "{regex}"
    );
}
