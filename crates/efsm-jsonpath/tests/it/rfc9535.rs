//! The examples of RFC 9535 that are JSONPath in both dialects, with what the RFC says that they give.
//!
//! Filters are written with Jayway's parentheses. Left out is what Jayway reads differently: slices with a step or
//! with ends of both kinds, several selectors of different kinds in one bracket, names at the end joined by
//! commas, filters on objects (Jayway tests the object itself) and the RFC's function extensions.

use serde_json::{Value, json};

use crate::check;

fn bookstore() -> Value {
    json!({"store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
            {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}
        ],
        "bicycle": {"color": "red", "price": 399}
    }})
}

#[test]
fn overview_of_section_1_5() {
    let store = bookstore();
    let books = &store["store"]["book"];
    let authors = json!([
        "Nigel Rees",
        "Evelyn Waugh",
        "Herman Melville",
        "J. R. R. Tolkien"
    ]);
    check(&store, "$.store.book[*].author", &authors);
    check(&store, "$..author", &authors);
    check(
        &store,
        "$.store.*",
        &json!([books, store["store"]["bicycle"]]),
    );
    check(
        &store,
        "$.store..price",
        &json!([8.95, 12.99, 8.99, 22.99, 399]),
    );
    check(&store, "$..book[2]", &json!([books[2]]));
    check(&store, "$..book[2].author", &json!(["Herman Melville"]));
    check(&store, "$..book[2].publisher", &json!([]));
    check(&store, "$..book[-1]", &json!([books[3]]));
    check(&store, "$..book[0,1]", &json!([books[0], books[1]]));
    check(&store, "$..book[:2]", &json!([books[0], books[1]]));
    check(&store, "$..book[?(@.isbn)]", &json!([books[2], books[3]]));
    check(
        &store,
        "$..book[?(@.price<10)]",
        &json!([books[0], books[2]]),
    );
    let everything = efsm_jsonpath::JsonPath::parse("$..*")
        .unwrap()
        .read(&store)
        .unwrap();
    assert_eq!(everything.as_array().map(Vec::len), Some(27));
    check(
        &store,
        "$['store']['book'][0]['title']",
        &json!("Sayings of the Century"),
    );
}

#[test]
fn names_of_section_2_3_1() {
    let document = json!({"o": {"j j": {"k.k": 3}}, "'": {"@": 2}});
    check(&document, "$.o['j j']", &json!({"k.k": 3}));
    check(&document, "$.o['j j']['k.k']", &json!(3));
    check(&document, r#"$.o["j j"]["k.k"]"#, &json!(3));
    check(&document, r#"$["'"]["@"]"#, &json!(2));
}

#[test]
fn wildcards_of_section_2_3_2() {
    let document = json!({"o": {"j": 1, "k": 2}, "a": [5, 3]});
    check(&document, "$[*]", &json!([{"j": 1, "k": 2}, [5, 3]]));
    check(&document, "$.o[*]", &json!([1, 2]));
    check(&document, "$.a[*]", &json!([5, 3]));
}

#[test]
fn indices_of_section_2_3_3() {
    let document = json!(["a", "b"]);
    check(&document, "$[1]", &json!("b"));
    check(&document, "$[-2]", &json!("a"));
}

#[test]
fn slices_of_section_2_3_4() {
    let document = json!(["a", "b", "c", "d", "e", "f", "g"]);
    check(&document, "$[1:3]", &json!(["b", "c"]));
    check(&document, "$[5:]", &json!(["f", "g"]));
    check(&document, "$[:2]", &json!(["a", "b"]));
    check(&document, "$[-2:]", &json!(["f", "g"]));
    check(&document, "$[:-5]", &json!(["a", "b"]));
}

#[test]
fn filters_of_section_2_3_5() {
    let document = json!({
        "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
        "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}},
        "e": "f"
    });
    check(&document, "$.a[?(@.b == 'kilo')]", &json!([{"b": "kilo"}]));
    check(&document, "$.a[?(@>3.5)]", &json!([5, 4, 6]));
    check(
        &document,
        "$.a[?(@.b)]",
        &json!([{"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}]),
    );
    check(
        &document,
        "$.a[?(@<2 || @.b == \"k\")]",
        &json!([1, {"b": "k"}]),
    );
    check(
        &document,
        "$.a[?(@.b =~ /[jk]/)]",
        &json!([{"b": "j"}, {"b": "k"}]),
    );
    check(
        &document,
        "$.a[?(@.b =~ /.*[jk].*/)]",
        &json!([{"b": "j"}, {"b": "k"}, {"b": "kilo"}]),
    );
    check(&document, "$.a[?(@ == @)]", &document["a"]);
    check(&document, "$.a[?(@.b == $.x)]", &json!([]));
}

#[test]
fn comparisons_of_section_2_3_5() {
    // The RFC's table compares fixed values; here they are compared within a filter over one element.
    let holds = |condition: &str, expected: bool| {
        let document = json!({"obj": {"x": "y"}, "arr": [2, 3], "one": [0]});
        let expected = if expected { json!([0]) } else { json!([]) };
        check(&document, &format!("$.one[?({condition})]"), &expected);
    };
    holds("1 <= 2", true);
    holds("1 > 2", false);
    holds("13 == '13x'", false);
    holds("'a' <= 'b'", true);
    holds("'a' > 'b'", false);
    holds("$.obj == $.arr", false);
    holds("$.obj != $.arr", true);
    holds("$.obj == $.obj", true);
    holds("$.obj != $.obj", false);
    holds("$.arr == $.arr", true);
    holds("$.arr != $.arr", false);
    holds("$.obj == 17", false);
    holds("$.obj != 17", true);
    holds("$.absent1 == 'g'", false);
    holds("$.absent1 != 'g'", true);
    holds("true == true", true);
}

#[test]
fn descendants_of_section_2_5_2() {
    let document = json!({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]});
    check(&document, "$..j", &json!([1, 4]));
    check(&document, "$..[0]", &json!([5, {"j": 4}]));
    check(&document, "$.o..[*]", &json!([1, 2]));
    check(&document, "$..o", &json!([{"j": 1, "k": 2}]));
}

#[test]
fn null_is_a_value_as_in_section_2_6() {
    let document = json!({"a": null, "b": [null], "c": [{}], "null": 1});
    check(&document, "$.a", &json!(null));
    check(&document, "$.b[0]", &json!(null));
    check(&document, "$.b[*]", &json!([null]));
    check(&document, "$.b[?(@)]", &json!([null]));
    check(&document, "$.b[?(@==null)]", &json!([null]));
    check(&document, "$.c[?(@.d==null)]", &json!([]));
    check(&document, "$.null", &json!(1));
}
