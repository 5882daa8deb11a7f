//! Expressions against one document each, answers as a real WireMock 3.13 gave them or as the specification says.

use std::collections::BTreeMap;

use super::{Value, XPath};
use crate::print::pretty;
use crate::read::read;

const PLAIN: &str = "<a><b x='1'>t</b><b x='2'>u</b><c/></a>";
const PREFIXED: &str =
    "<p:a xmlns:p='u'><p:b id='1'>t</p:b><b>s</b><d xmlns='w' p:at='k'><e>q</e></d></p:a>";

fn answer(
    expression: &str,
    xml: &str,
    namespaces: Option<&[(&str, &str)]>,
) -> Result<String, String> {
    let document = read(xml).map_err(|error| error.to_string())?;
    let namespaces = namespaces.map(|pairs| {
        pairs
            .iter()
            .map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned()))
            .collect::<BTreeMap<_, _>>()
    });
    let value = XPath::parse(expression)?.evaluate(&document, namespaces.as_ref())?;
    Ok(match value {
        Value::Nodes(nodes) => nodes
            .iter()
            .map(|&node| {
                let printed = pretty(&document, node, false);
                if printed.trim().is_empty() {
                    document.string_value(node)
                } else {
                    printed.trim().to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join(","),
        other => other.into_text(&document),
    })
}

#[track_caller]
fn check(expression: &str, xml: &str, expected: &str) {
    assert_eq!(
        answer(expression, xml, None).as_deref(),
        Ok(expected),
        "{expression}"
    );
}

#[test]
fn paths_functions_and_operators() {
    for (expression, expected) in [
        ("//b[@x='2']", r#"<b x="2">u</b>"#),
        ("//b/@x", "1,2"),
        ("//b/text()", "t,u"),
        ("count(//b)", "2"),
        ("count(//z)", "0"),
        ("1=1", "true"),
        ("1=2", "false"),
        ("string(//b)", "t"),
        ("string(//z)", ""),
        ("sum(//b/@x)", "3"),
        ("//b[last()]", r#"<b x="2">u</b>"#),
        ("//b[position()<2]", r#"<b x="1">t</b>"#),
        ("concat('a','b')", "ab"),
        ("number('x')", "NaN"),
        ("//b[.='t']", r#"<b x="1">t</b>"#),
        ("name(/a)", "a"),
        ("normalize-space(' x  y ')", "x y"),
        ("//b/following-sibling::c", "<c/>"),
        ("//c/preceding-sibling::b[1]", r#"<b x="2">u</b>"#),
        ("name(//b/..)", "a"),
        ("translate('abc','ab','x')", "xc"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('abc',2)", "bc"),
        ("substring('12345', 0 div 0, 3)", ""),
        ("id('x')", ""),
        ("lang('en')", "false"),
        ("1 div 3", "0.3333333333333333"),
        ("-7 mod 2", "-1"),
        ("7 mod 2 * 3 - 1", "2"),
        ("- - 2", "2"),
        ("1 < 2 and 2 < 1", "false"),
        ("1 > 2 or 2 >= 2", "true"),
        ("//b = 'u'", "true"),
        ("//b != 'u'", "true"),
        ("//z = //z", "false"),
        ("//b/@x > 1", "true"),
        ("not(//z)", "true"),
        ("(//b)[2]/@x", "2"),
        ("count(//b | //c | //b)", "3"),
        ("count(//c/ancestor::*)", "1"),
        ("count(//node())", "6"),
        ("count(/a/*)", "3"),
        ("count(//b/following::*)", "2"),
        ("count(//c/preceding::text())", "2"),
        ("count(/descendant::b[2])", "1"),
        ("count(//@*)", "2"),
        ("count(//b/self::node())", "2"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-2"),
        ("floor(-2.5)", "-3"),
        ("ceiling(2.1)", "3"),
        ("string-length('äö')", "2"),
        ("starts-with('abc','ab')", "true"),
        ("substring-before('a=b','=')", "a"),
        ("substring-after('a=b','=')", "b"),
        ("1 div 0", "Infinity"),
        ("boolean(0)", "false"),
        ("'a' = \"a\"", "true"),
        (".5 + 1.", "1.5"),
        ("* /b/@x", "1,2"),
    ] {
        check(expression, PLAIN, expected);
    }
    check("//comment()", "<a><!--hi--></a>", "<!--hi-->");
    check(
        "//processing-instruction('p')",
        "<a><?p hi?><?q ho?></a>",
        "<?p hi?>",
    );
    check("lang('en')", "<a/>", "false");
    check(
        "count(//b[lang('en')])",
        "<a xml:lang='en-GB'><b/></a>",
        "1",
    );
}

#[test]
fn without_namespaces_names_are_the_parts_after_the_colon_except_in_a_bare_descendant() {
    for (expression, expected) in [
        ("count(/a/b)", "2"),
        ("count(//a/b)", "2"),
        ("count(//b)", "1"),
        ("count(.//b)", "1"),
        ("count(//b[@id])", "0"),
        ("count(//*/b)", "2"),
        ("count(//a//b)", "2"),
        ("count(descendant::b)", "2"),
        ("//d/@at", "k"),
        ("count(//@*)", "2"),
        ("name(//*[2])", "b"),
        ("local-name(/a)", "a"),
        ("count(//*[namespace-uri()='u'])", "0"),
        ("count(//*[local-name()='b'])", "2"),
        ("count(/a/d/e)", "1"),
    ] {
        check(expression, PREFIXED, expected);
    }
    assert!(answer("//p:b", PREFIXED, None).is_err());
}

#[test]
fn with_namespaces_names_are_universal() {
    let bound: &[(&str, &str)] = &[("q", "u"), ("w", "w")];
    for (expression, expected) in [
        ("count(//q:b)", "1"),
        ("count(//b)", "1"),
        ("count(//d)", "0"),
        ("count(//w:d)", "1"),
        ("count(//q:*)", "2"),
        ("//w:d/@q:at", "k"),
        ("count(//*[namespace-uri()='u'])", "2"),
        ("name(/q:a)", "p:a"),
    ] {
        assert_eq!(
            answer(expression, PREFIXED, Some(bound)).as_deref(),
            Ok(expected),
            "{expression}"
        );
    }
    assert!(answer("//x:b", PREFIXED, Some(bound)).is_err());
}

#[test]
fn malformed_expressions_are_refused() {
    for expression in [
        "",
        "//b[",
        "foo()",
        "a b",
        "1e3",
        "count()",
        "'x",
        "//",
        "@",
        "a/",
        "namespace::x",
        "bogus::x",
        "#",
    ] {
        assert!(XPath::parse(expression).is_err(), "{expression}");
    }
    assert!(answer("$v", PLAIN, None).is_err());
    assert!(answer("count('x')", PLAIN, None).is_err());
}

#[test]
fn expensive_expressions_are_given_up() {
    assert!(XPath::parse(&"(".repeat(100_000)).is_err());
    assert!(XPath::parse(&format!("1{}", "+1".repeat(5_000))).is_err());
    assert!(XPath::parse(&format!("{}1", "-".repeat(5_000))).is_err());
    let wide = format!("<a>{}</a>", "<b/>".repeat(3_000));
    let error = answer("//b[//b[//b]]", &wide, None).unwrap_err();
    assert!(error.contains("nodes"), "{error}");
}
