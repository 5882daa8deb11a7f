use serde_json::{Value, json};

use crate::check;

#[track_caller]
fn equal(options: &Value, expected: &str, holds: &[&str], refuses: &[&str]) {
    let mut pattern = json!({ "equalToXml": expected });
    for (key, option) in options.as_object().expect("an object of options") {
        pattern[key] = option.clone();
    }
    let holds: Vec<_> = holds.iter().copied().map(Some).collect();
    let refuses: Vec<_> = refuses.iter().copied().map(Some).chain([None]).collect();
    check(&pattern, &holds, &refuses);
}

#[test]
fn equal_to_xml() {
    equal(
        &json!({}),
        "<a x='1' y='2'><b>t</b><c/></a>",
        &[
            "<a y='2' x='1'><c></c><b>t</b></a>",
            "<?xml version='1.0'?>\n<a x=' 1 ' y='2'>\n <b> t </b><!-- c -->\n <c/>\n</a>",
            "<!DOCTYPE a><a x=\"1\" y=\"2\"><b>&#116;</b><c/></a>",
        ],
        &[
            "<a x='1' y='3'><b>t</b><c/></a>",
            "<a x='1'><b>t</b><c/></a>",
            "<a x='1' y='2' z='3'><b>t</b><c/></a>",
            "<a x='1' y='2'><b>u</b><c/></a>",
            "<a x='1' y='2'><b>t</b></a>",
            "<a x='1' y='2'><b>t</b><c/><d/></a>",
            "<a x='1' y='2'><b>t</b><d/></a>",
            "<z/>",
            "nonsense",
            "<a",
            "",
        ],
    );
}

#[test]
fn siblings_of_one_name_keep_their_order_unless_it_is_ignored() {
    let expected = "<a><b>1</b><b>2</b></a>";
    let reversed = "<a><b>2</b><b>1</b></a>";
    equal(&json!({}), expected, &[expected], &[reversed]);
    equal(
        &json!({"ignoreOrderOfSameNode": true}),
        expected,
        &[expected, reversed],
        &["<a><b>1</b><b>3</b></a>"],
    );
    equal(
        &json!({"ignoreOrderOfSameNode": false}),
        expected,
        &[expected],
        &[reversed],
    );
}

#[test]
fn texts_beside_elements_cdata_and_instructions_count() {
    equal(
        &json!({}),
        "<a>x<b/>y</a>",
        &["<a>x<b/>y</a>", "<a> x <b/> y </a>"],
        &["<a>y<b/>x</a>", "<a>x<b/></a>"],
    );
    equal(
        &json!({}),
        "<a>x<!--c-->y</a>",
        &["<a>xy</a>"],
        &["<a>x y</a>"],
    );
    equal(
        &json!({}),
        "<a><![CDATA[t]]></a>",
        &["<a><![CDATA[ t ]]></a>"],
        &["<a>t</a>"],
    );
    equal(
        &json!({}),
        "<a><?p x?></a>",
        &["<a><?p x?></a>"],
        &["<a><?p y?></a>", "<a/>"],
    );
    equal(&json!({}), "<?p x?><a/>", &["<?p x?><a/>"], &["<a/>"]);
}

#[test]
fn namespace_awareness() {
    let prefixed = "<p:a xmlns:p='u' p:x='1'/>";
    let renamed = "<q:a xmlns:q='u' q:x='1'/>";
    let rebound = "<p:a xmlns:p='v' p:x='1'/>";
    let unbound = "<p:a p:x='1'/>";
    let local = "<a p:x='1'/>";
    for options in [json!({}), json!({"namespaceAwareness": "STRICT"})] {
        equal(
            &options,
            prefixed,
            &[prefixed, renamed],
            &[rebound, unbound, "<a x='1'/>"],
        );
    }
    equal(
        &json!({"namespaceAwareness": "LEGACY"}),
        prefixed,
        &[prefixed, rebound, unbound, local],
        &[renamed, "<a x='1'/>"],
    );
    equal(
        &json!({"namespaceAwareness": "NONE"}),
        prefixed,
        &[prefixed],
        &[renamed, rebound, unbound, local],
    );
    equal(
        &json!({"namespaceAwareness": "NONE"}),
        unbound,
        &[unbound],
        &[local, prefixed],
    );
    let default = "<a xmlns='u'><b/></a>";
    for mode in ["STRICT", "LEGACY", "NONE"] {
        equal(
            &json!({ "namespaceAwareness": mode }),
            default,
            &[default],
            &["<a><b/></a>", "<a xmlns='v'><b/></a>"],
        );
    }
    equal(&json!({}), default, &["<p:a xmlns:p='u'><p:b/></p:a>"], &[]);
}

#[test]
fn exempted_comparisons() {
    for (kind, expected, holds) in [
        ("NAMESPACE_URI", "<p:a xmlns:p='u'/>", "<p:a xmlns:p='v'/>"),
        ("ATTR_VALUE", "<a x='1'/>", "<a x='2'/>"),
        ("TEXT_VALUE", "<a>1</a>", "<a>2</a>"),
        ("ELEMENT_TAG_NAME", "<a/>", "<b/>"),
        (
            "PROCESSING_INSTRUCTION_DATA",
            "<a><?p x?></a>",
            "<a><?p y?></a>",
        ),
        (
            "PROCESSING_INSTRUCTION_TARGET",
            "<a><?p x?></a>",
            "<a><?q x?></a>",
        ),
        (
            "SCHEMA_LOCATION",
            "<a xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:schemaLocation='a b'/>",
            "<a xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:schemaLocation='a c'/>",
        ),
        (
            "NO_NAMESPACE_SCHEMA_LOCATION",
            "<a xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:noNamespaceSchemaLocation='a'/>",
            "<a/>",
        ),
        ("NODE_TYPE", "<a>t</a>", "<a><![CDATA[t]]></a>"),
    ] {
        equal(&json!({}), expected, &[expected], &[holds]);
        equal(
            &json!({ "exemptedComparisons": [kind] }),
            expected,
            &[expected, holds],
            &[""],
        );
    }
    equal(
        &json!({"exemptedComparisons": ["CHILD_NODELIST_LENGTH", "CHILD_LOOKUP"]}),
        "<a><b/></a>",
        &["<a/>", "<a><b/><c/></a>"],
        &["<a><c/></a>"],
    );
    equal(
        &json!({"exemptedComparisons": ["ELEMENT_NUM_ATTRIBUTES", "ATTR_NAME_LOOKUP"]}),
        "<a x='1'/>",
        &["<a/>", "<a x='1' y='2'/>"],
        &["<a x='2'/>"],
    );
}

#[test]
fn placeholders() {
    let enabled = json!({"enablePlaceholders": true});
    let expected = "<a x='${xmlunit.ignore}'>${xmlunit.ignore}</a>";
    equal(
        &enabled,
        expected,
        &[
            "<a x='1'>t</a>",
            "<a/>",
            "<a x='2'><![CDATA[t]]></a>",
            "<a x='1'><b/></a>",
        ],
        &["<b/>", "<a x='1' y='1'>t</a>"],
    );
    equal(&json!({}), expected, &[expected], &["<a x='1'>t</a>"]);
    equal(
        &json!({"enablePlaceholders": false}),
        expected,
        &[expected],
        &["<a x='1'>t</a>"],
    );
    equal(
        &enabled,
        "<a>${xmlunit.isNumber}</a>",
        &["<a>12.5</a>", "<a> -1e5 </a>"],
        &["<a>x</a>", "<a/>"],
    );
    equal(
        &enabled,
        "<a>${xmlunit.isDateTime}</a>",
        &["<a>2020-01-01T00:00:00Z</a>", "<a>2020-01-01</a>"],
        &["<a>x</a>", "<a/>"],
    );
    equal(
        &enabled,
        "<a>${ xmlunit.matchesRegex(^[a-z]{1,3}(-x)?$) }</a>",
        &["<a>abc</a>", "<a>ab-x</a>"],
        &["<a>abc1</a>", "<a/>"],
    );
    equal(
        &enabled,
        "<a>${xmlunit.unknown}</a>",
        &["<a>${xmlunit.unknown}</a>"],
        &["<a>x</a>"],
    );
    equal(&enabled, "<a>x${xmlunit.ignore}</a>", &[], &["<a>xy</a>"]);
    equal(
        &json!({
            "enablePlaceholders": true,
            "placeholderOpeningDelimiterRegex": "\\[\\[",
            "placeholderClosingDelimiterRegex": "]]"
        }),
        "<a>[[xmlunit.ignore]]</a>",
        &["<a>t</a>"],
        &["<b>t</b>"],
    );
}

#[test]
fn xpaths_that_find_something() {
    check(
        &json!({"matchesXPath": "/a/b[@x='1']"}),
        &[Some("<a><b x='1'/></a>"), Some(" <a><b x='1'/></a>")],
        &[
            Some("<a><b/></a>"),
            Some("<a>"),
            Some("nonsense"),
            Some(""),
            None,
        ],
    );
    // Whatever is no node-set counts as found.
    check(
        &json!({"matchesXPath": "count(//z)"}),
        &[Some("<a/>")],
        &[Some("")],
    );
    check(&json!({"matchesXPath": "1 = 2"}), &[Some("<a/>")], &[]);
    // A malformed expression is a stub that matches nothing.
    check(
        &json!({"matchesXPath": "//b["}),
        &[],
        &[Some("<a><b/></a>")],
    );
    check(
        &json!({"matchesXPath": "/a/b"}),
        &[Some("<p:a xmlns:p='u'><p:b/></p:a>")],
        &[],
    );
}

#[test]
fn xpath_namespaces() {
    check(
        &json!({"matchesXPath": "//n:b/text()", "xPathNamespaces": {"n": "u"}}),
        &[
            Some("<p:a xmlns:p='u'><p:b>t</p:b></p:a>"),
            Some("<a xmlns='u'><b>t</b></a>"),
        ],
        &[
            Some("<a><b>t</b></a>"),
            Some("<p:a xmlns:p='v'><p:b>t</p:b></p:a>"),
            Some("<p:b>t</p:b>"),
        ],
    );
    check(
        &json!({"matchesXPath": "/a", "xPathNamespaces": {}}),
        &[Some("<p:a xmlns:p='u'/>")],
        &[Some("<b/>")],
    );
}

#[test]
fn xpaths_with_a_sub_matcher() {
    let expression = |expression: &str, operator: &str, operand: Value| json!({"matchesXPath": {"expression": expression, operator: operand}});
    let document = "<a><b x='1'>t</b><b x='2'>u</b></a>";
    for (path, operator, operand, other) in [
        ("//b/text()", "equalTo", "u", "<a><b>v</b></a>"),
        ("//b/@x", "equalTo", "2", "<a><b x='3'/></a>"),
        ("count(//b)", "equalTo", "2", "<a><b/></a>"),
        ("//b", "equalToXml", "<b x='2'>u</b>", "<a><b/></a>"),
        ("string(//b)", "contains", "t", "<a><b/></a>"),
        ("//b", "matches", "<b x=\"1\">t</b>\n", "<a/>"),
        ("1000 * 1.5 = 1500", "equalTo", "true", ""),
        ("count(//b) * 1000 div 3", "equalTo", "666.667", "<a/>"),
    ] {
        let pattern = expression(path, operator, json!(operand));
        check(&pattern, &[Some(document)], &[Some(other), None]);
    }
    // Nothing found is no match, not even for `absent`.
    check(
        &expression("//z", "absent", json!(true)),
        &[],
        &[Some(document)],
    );
    check(
        &expression("//z", "not", json!({"equalTo": "x"})),
        &[],
        &[Some(document)],
    );
}
