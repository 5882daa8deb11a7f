//! What a real WireMock 3.13.2 answered to the same templates (`record.py` asks one again).

use crate::support::{Request, rendered};

/// Templates that are meant to differ, and why.
const DIFFERENT: [(&str, &str); 22] = [
    (
        "}} x {{",
        "WireMock fails on delimiters in the wrong order; here they are text",
    ),
    (
        "{{request.method.length}}",
        "the method is a text here, an object of its own there",
    ),
    ("{{eq request.method 'POST'}}", "so it equals the same text"),
    (
        "{{{{request.method}}}} a {{x}} {{#if}} {{{{/request.method}}}} b",
        "what is in a raw block is not read",
    ),
    (
        "{{{{trim}}}} {{ a  'b' }} {{{{/trim}}}}",
        "what is in a raw block is not read",
    ),
    ("{{upper'x'}}", "a space before a text is not asked for"),
    (
        "{{request.headers.[X-Multi].1}}",
        "digits may follow brackets",
    ),
    ("{{jsonSort '[3,1,2]'}}", "WireMock has it from 4.0"),
    (
        r#"{{jsonSort '[{"a":2},{"a":1}]' '$.[*].a'}}"#,
        "WireMock has it from 4.0",
    ),
    (
        r#"{{xPath '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>' '/a/text()'}}"#,
        "document types with declarations are refused",
    ),
    (
        r#"{{xPath '<s:E xmlns:s="http://x"><s:B>1</s:B></s:E>' '//s:B/text()'}}"#,
        "an unbound prefix is an error; WireMock's pooled evaluators answer it now so and now so",
    ),
    (
        "{{numberFormat 1234.5 'currency'}}",
        "recorded without a country in the locale; amounts are in dollars here",
    ),
    (
        "{{numberFormat 1234.5 'currency' 'de_DE'}}",
        "amounts of money of other locales are refused",
    ),
    (
        "{{dateFormat (parseDate '2024-03-05T14:07:09Z') 'full' 'de'}}",
        "names of other languages are refused",
    ),
    (
        "{{date (parseDate '2024-01-31T14:07:09Z') offset='1 weeks'}}",
        "weeks are a unit here",
    ),
    (
        "{{date (parseDate '2024-01-31T14:07:09Z') offset='1 month'}}",
        "units may be singular here",
    ),
    (
        "{{date (parseDate '2024-01-31T14:07:09Z') format='YYYY qqq'}}",
        "patterns of DateTimeFormatter are read as well",
    ),
    (
        r"{{jsonPath request.body '$.store.book[*][\'isbn\',\'title\']'}}",
        "a list of names leaves out what is missing",
    ),
    ("{{capitalizeFirst 'ǆa'}}", "title case of a digraph"),
    (
        r#"{{jsonRemove '{"a":[1,2]}' '$.a.length()'}}"#,
        "what a function computes cannot be removed",
    ),
    (
        "{{jsonRemove '[1,2]' '$[-1]'}}",
        "indexes from the end are removed too",
    ),
    (
        "{{#if true}}{{else}}{{/if}}{{#unless true}}a{{else}}b{{/unless}}{{#if true}}a{{^}}b{{/if}}{{#if false}}a{{^if true}}b{{/if}}",
        "`{{^if x}}` in a block is an else with a condition",
    ),
];

#[test]
fn templates_render_as_a_real_wiremock_rendered_them() {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("wiremock-3.13.2.json")).unwrap();
    let request = request(&recorded["request"]);
    let mut failures = Vec::new();
    let mut agreeing = Vec::new();
    let cases = recorded["cases"].as_array().unwrap();
    for case in cases {
        let template = case["template"].as_str().unwrap();
        let different = DIFFERENT
            .iter()
            .any(|(different, _)| *different == template);
        let got = rendered(template, request.clone());
        let same = match case["output"].as_str() {
            Some(expected) => got.as_deref() == Ok(expected),
            None => got.is_err(),
        };
        if different {
            if same {
                agreeing.push(template);
            }
        } else if !same {
            failures.push(format!(
                "{template}\n  expected {}\n  got      {got:?}",
                case["output"]
            ));
        }
    }
    assert!(agreeing.is_empty(), "no longer different: {agreeing:?}");
    assert!(
        failures.is_empty(),
        "{} of {} templates differ:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

fn request(recorded: &serde_json::Value) -> Request {
    let headers: Vec<(String, String)> = recorded["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| {
            let text = |index: usize| header[index].as_str().unwrap().to_owned();
            (text(0), text(1))
        })
        .collect();
    let body = recorded["body"].as_str().unwrap().as_bytes().to_vec();
    let length = ("Content-Length".to_owned(), body.len().to_string());
    Request {
        method: recorded["method"].as_str().unwrap().to_owned(),
        url: recorded["url"].as_str().unwrap().to_owned(),
        headers: headers.into_iter().chain([length]).collect(),
        body,
        ..Request::default()
    }
}
