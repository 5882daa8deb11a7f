//! Bounds that hold for every template, and properties of all of them.

use efsm_template::{RenderLimits, Template, TemplateError};
use proptest::prelude::*;

use crate::support::{Request, World, model};

const SMALL: RenderLimits = RenderLimits {
    max_output_bytes: 1_000,
    max_work_bytes: 20_000,
    max_steps: 2_000,
    max_depth: 16,
};

fn render_small(template: &str) -> Result<String, TemplateError> {
    Template::compile(template)?.render(&model(Request::default()), &World::default(), &SMALL)
}

#[test]
fn what_grows_without_bound_is_ended() {
    let doubling = "{{#assign 'x'}}{{x}}{{x}}ab{{/assign}}".repeat(60);
    let shared = format!(
        "{}{{{{eq v w}}}}",
        "{{val (array v v) assign='v'}}{{val (array w w) assign='w'}}".repeat(40)
    );
    let nested = "{{val (array v) assign='v'}}".repeat(300);
    for template in [
        "{{ljust 'a' size=2000000000}}",
        "{{center 'a' size=2147483647}}",
        "{{randomValue length=2000000000}}",
        "{{range -2147483648 2147483647}}",
        "{{#each (range 1 100)}}{{#each (range 1 100)}}{{/each}}{{/each}}",
        "{{#each (range 1 200)}}0123456789{{/each}}",
        "{{stringFormat '%2000000000d' 1}}",
        "{{stringFormat '%9999d%9999d' 1 1}}",
        "{{replace 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' '' '0123456789012345678901234567890'}}",
        "{{#*inline 'r'}}{{> r}}{{/inline}}{{> r}}",
        "{{#*inline 'r'}}{{#each (array 1 2)}}{{> r}}{{/each}}{{/inline}}{{> r}}",
        "{{numberFormat 1 minimumFractionDigits=2000000000}}{{ljust 'a' size=5000}}",
        "{{#each (range 1 50)}}{{regexExtract request.body 'A(.*)x'}}{{/each}}",
        &shared,
        &doubling,
        &nested,
    ] {
        let error = render_small(template).expect_err(template);
        let is_limit = error.position().is_none();
        let names_one = ["deeper", "more than", "too"]
            .iter()
            .any(|w| error.to_string().contains(w));
        assert!(is_limit || names_one, "{template}: {error}");
    }
}

#[test]
fn limits_name_themselves() {
    let limit = |template: &str| render_small(template).unwrap_err().to_string();
    assert!(limit("{{ljust 'a' size=1001}}").contains("more than 1000 bytes"));
    assert!(limit("{{#each (range 1 2000)}}{{/each}}").contains("bytes"));
    let loops = "{{val (range 1 20) assign='r'}}{{#each r}}{{#each r}}{{#each r}}{{/each}}{{/each}}{{/each}}";
    assert!(limit(loops).contains("more than 2000 steps"));
    let deep = format!("{}{}", "{{#if true}}".repeat(17), "{{/if}}".repeat(17));
    assert!(limit(&deep).contains("deeper than 16 levels"));
}

#[test]
fn what_fits_the_limits_is_rendered() {
    assert_eq!(
        render_small("{{ljust '' size=9}}{{val 'x'}}").as_deref(),
        Ok("x")
    );
    let full = render_small("{{rjust 'a' size=240}}{{rjust 'a' size=240}}").unwrap();
    assert_eq!(full.len(), 480);
}

#[test]
fn an_xpath_that_visits_too_much_is_refused() {
    let render = |path: &str| {
        let request = Request {
            body: format!("<r>{}</r>", "<i n='1'/>".repeat(5_000)).into_bytes(),
            ..Request::default()
        };
        let template = Template::compile(&format!("{{{{xPath request.body '{path}'}}}}")).unwrap();
        template.render(&model(request), &World::default(), &RenderLimits::default())
    };
    assert_eq!(render("count(//i)").as_deref(), Ok("5,000"));
    assert_eq!(render("count(/r/i[@n])").as_deref(), Ok("5,000"));
    for path in ["//*[//*[//*]]", "count(//i/following::i)"] {
        let error = render(path).unwrap_err().to_string();
        assert!(error.contains("too expensive"), "{path}: {error}");
    }
    let nested = format!("{}1{}", "(".repeat(80), ")".repeat(80));
    assert_eq!(
        render(&nested),
        Ok(format!("[ERROR: {nested} is not a valid XPath expression]"))
    );
}

/// Pieces that make templates when they are put together, well-formed or not.
const PIECES: [&str; 56] = [
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{{#",
    "{{/",
    "{{^",
    "{{else}}",
    "{{else if ",
    "{{>",
    "{{#>",
    "{{#*inline ",
    "{{{{",
    "}}}}",
    "{{{{/",
    "{{!",
    "{{!--",
    "--}}",
    "{{=",
    "=}}",
    "~",
    "\\",
    "if",
    "each",
    "with",
    "upper",
    "math",
    "array",
    "jsonPath",
    "xPath",
    "regexExtract",
    "request",
    ".",
    "../",
    "this",
    "@index",
    "[",
    "]",
    "[0]",
    "(",
    ")",
    "'",
    "\"",
    "'x'",
    " ",
    "=",
    "as |x i|",
    "|",
    "1",
    "-2.5",
    "true",
    "range 1 9",
    "parseJson '[1]'",
    "\n",
    "é😀",
    "substring 'abc' 1",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Calls of every helper with arguments of every kind.
fn calls() -> impl Strategy<Value = String> {
    let helper = prop::sample::select(&HELPERS[..]);
    let argument = prop::sample::select(&ARGUMENTS[..]);
    let hash = prop::sample::select(&HASHES[..]);
    let arguments = prop::collection::vec(argument, 0..4);
    let hashes = prop::collection::vec(hash, 0..3);
    (helper, arguments, hashes, 0..3).prop_map(|(helper, arguments, hashes, form)| {
        let call = format!("{helper} {} {}", arguments.join(" "), hashes.join(" "));
        match form {
            0 => format!("{{{{{call}}}}}"),
            1 => format!("{{{{#{call}}}}}{{{{this}}}}{{{{else}}}}n{{{{/{helper}}}}}"),
            _ => format!("{{{{upper ({call})}}}}"),
        }
    })
}

const HELPERS: [&str; 86] = [
    "if",
    "unless",
    "each",
    "with",
    "lookup",
    "log",
    "block",
    "partial",
    "embedded",
    "precompile",
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "and",
    "or",
    "not",
    "assign",
    "val",
    "isEven",
    "isOdd",
    "stripes",
    "math",
    "range",
    "capitalizeFirst",
    "cut",
    "defaultIfEmpty",
    "substring",
    "lower",
    "upper",
    "slugify",
    "stripTags",
    "replace",
    "yesno",
    "trim",
    "center",
    "ljust",
    "rjust",
    "capitalize",
    "abbreviate",
    "wordWrap",
    "stringFormat",
    "dateFormat",
    "numberFormat",
    "now",
    "date",
    "parseDate",
    "truncateDate",
    "array",
    "size",
    "contains",
    "join",
    "arrayAdd",
    "arrayRemove",
    "arrayJoin",
    "randomValue",
    "randomInt",
    "randomDecimal",
    "pickRandom",
    "base64",
    "urlEncode",
    "formData",
    "regexExtract",
    "matches",
    "jsonPath",
    "parseJson",
    "toJson",
    "formatJson",
    "jsonMerge",
    "jsonRemove",
    "jsonArrayAdd",
    "jsonSort",
    "xPath",
    "soapXPath",
    "formatXml",
    "hostname",
    "systemValue",
    "jwt",
    "jwks",
    "claims",
    "claimsObject",
    "request.method",
    "request.query.q",
    "missing",
];

const ARGUMENTS: [&str; 34] = [
    "'x'",
    "''",
    "'+'",
    "'/'",
    "5",
    "-1",
    "0",
    "2.5",
    "-2147483648",
    "99999999999",
    "true",
    "false",
    "missing",
    "request",
    "request.body",
    "request.query.q",
    "request.path",
    "request.headers",
    "(array 1 'b' 2.5)",
    "(array)",
    "(parseJson '{\"a\":{\"b\":[1,2.50]}}')",
    "(now)",
    "'$.items[*].id'",
    "'$..id'",
    "'//b[1]'",
    "'<a><b>1</b> t</a>'",
    "'[0-9]+'",
    "'(a)(b)?'",
    "'yyyy-MM-dd'",
    "'first day of month'",
    "'é😀ß'",
    "'{\"a\":[3,1]}'",
    "'[2,1]'",
    "'%5.2f %s %d'",
];

const HASHES: [&str; 28] = [
    "size=9",
    "size='x'",
    "pad='é'",
    "length=7",
    "length=-1",
    "type='UUID'",
    "count=2",
    "default='d'",
    "assign='v'",
    "position='start'",
    "position=1",
    "format='epoch'",
    "format='pretty'",
    "format='compact'",
    "format=5",
    "offset='3 days'",
    "timezone='Asia/Tokyo'",
    "decode=true",
    "padding=false",
    "encoding='iso-8859-1'",
    "flatten=true",
    "maxItems=1",
    "jsonPath='$.a'",
    "removeNulls=true",
    "lower=1",
    "upper=3",
    "key='HOME'",
    "minimumFractionDigits=3",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn text_without_tags_renders_to_itself(text in "[^{}]*([{}]|[^{}])*[^{}]*") {
        prop_assume!(!text.contains("{{") || !text.contains("}}"));
        prop_assert_eq!(render_small(&text), Ok(text));
    }

    #[test]
    fn text_around_a_tag_is_kept(before in "[^{}\\\\]{0,30}", after in "[^{}]{0,30}") {
        let text = render_small(&format!("{before}{{{{upper 'x'}}}}{after}"));
        prop_assert_eq!(text, Ok(format!("{before}X{after}")));
    }

    #[test]
    fn no_soup_of_tags_panics_or_passes_the_limits(template in soup()) {
        if let Ok(text) = render_small(&template) {
            prop_assert!(text.len() <= SMALL.max_output_bytes);
        }
    }

    #[test]
    fn no_call_panics_or_passes_the_limits(calls in prop::collection::vec(calls(), 1..4)) {
        let template = calls.join("|");
        if let Ok(text) = render_small(&template) {
            prop_assert!(text.len() <= SMALL.max_output_bytes);
        }
    }

    #[test]
    fn rendering_again_gives_the_same(calls in prop::collection::vec(calls(), 1..4)) {
        // With the regular expressions and paths that the first rendering prepared.
        if let Ok(template) = Template::compile(&calls.join("|")) {
            let render = || template.render(&model(Request::default()), &World::default(), &SMALL);
            prop_assert_eq!(render(), render());
        }
    }

    #[test]
    fn positions_of_errors_lie_in_the_template(template in soup()) {
        if let Err(error) = Template::compile(&template)
            && let Some((line, column)) = error.position()
        {
            let lines: Vec<&str> = template.split('\n').collect();
            prop_assert!(line <= lines.len(), "{error}");
            prop_assert!(column <= lines[line - 1].chars().count() + 1, "{error}");
        }
    }
}
