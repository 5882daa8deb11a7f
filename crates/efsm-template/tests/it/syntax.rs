//! The syntax of Handlebars: what is read, and what is refused where.

use efsm_template::{CompileOptions, RenderLimits, Template, TemplateError};

use crate::support::{Request, World, check, model};

#[test]
fn tags_are_read_in_every_form() {
    for (template, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("{{request.method}}", "POST"),
        ("{{{request.method}}}", "POST"),
        ("{{&request.method}}", "POST"),
        (
            "{{ request.method }}{{{ request.method }}}{{& request.method }}",
            "POSTPOSTPOST",
        ),
        ("{{! }} a {{~request.method~}} b {{! }}", " aPOSTb "),
        // What is outside of all tags is not looked at.
        ("a {{~request.method~}} b", "a POST b"),
        ("{{! }} a {{~{request.method}~}} b {{! }}", " aPOSTb "),
        ("a {{! comment }} b {{!-- }} --}} c", "a  b  c"),
        ("{{upper 'a'}} \\{{x}} {{upper 'b'}}", "A {{x}} B"),
        (
            "{{upper \"it's\"}} {{upper 'say \"x\"'}} {{upper 'it\\'s'}}",
            "IT'S SAY \"X\" IT'S",
        ),
        ("{{upper 'a\\nb'}}", "A\\NB"),
        ("{{upper\n  'a'\n}}", "A"),
        (
            "{{=<% %>=}}<% upper 'a' %> {{x}}<%={{ }}=%>{{upper 'b'}}",
            "A {{x}}B",
        ),
        ("{{{{trim}}}} {{x}} {{{{/trim}}}}", "{{x}}"),
        ("{{#if true}}\n  x\n{{/if}}\n", "\n  x\n\n"),
    ] {
        check(template, expected);
    }
}

#[test]
fn text_without_both_delimiters_is_constant() {
    for text in [
        "",
        "x",
        "{{ x",
        "x }}",
        "}} {{",
        "{ { } }",
        "\\{{ x",
        "naïve 😀",
    ] {
        let template = Template::compile(text).unwrap();
        assert!(template.is_constant(), "{text}");
        assert_eq!(template.constant_text(), Some(text));
        check(text, text);
    }
    let comment = Template::compile("a{{! b }}").unwrap();
    assert!(comment.is_constant());
    let template = Template::compile("{{x}}").unwrap();
    assert!(!template.is_constant());
    assert_eq!(template.constant_text(), None);
}

#[test]
fn html_is_escaped_when_it_is_asked_for() {
    let options = CompileOptions { escape_html: true };
    for (template, expected) in [
        (
            "{{val '<a b=\"c\">&`'}}",
            "&lt;a b&#x3D;&quot;c&quot;&gt;&amp;&#x60;",
        ),
        ("{{val \"it's\"}}", "it&#x27;s"),
        ("{{{val '<'}}}{{&val '<'}}", "<<"),
        ("{{#with '<'}}{{this}}{{/with}}<", "&lt;<"),
        ("{{array '<' '>'}}", "[&lt;, &gt;]"),
    ] {
        let text = Template::compile_with(template, options).unwrap().render(
            &model(Request::default()),
            &World::default(),
            &RenderLimits::default(),
        );
        assert_eq!(text.as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn blocks_choose_loop_and_enter() {
    for (template, expected) in [
        (
            "{{#if true}}a{{else}}b{{/if}}{{#if false}}a{{^}}b{{/if}}",
            "ab",
        ),
        (
            "{{#if false}}a{{else if false}}b{{else if true}}c{{else}}d{{/if}}",
            "c",
        ),
        ("{{#if false}}a{{else eq 1 1}}b{{/if}}", "b"),
        (
            "{{#unless false}}a{{/unless}}{{^request.nope}}b{{/request.nope}}",
            "ab",
        ),
        (
            "{{#each (array 'a' 'b')}}{{@index}}{{this}}{{@first}}{{@last}} {{/each}}",
            "0afirst 1blast ",
        ),
        ("{{#each (array 'a') as |x i|}}{{x}}{{i}}{{/each}}", "a0"),
        (
            "{{#each (parseJson '{\"k\":1}') as |v k|}}{{k}}={{v}}{{/each}}",
            "k=1",
        ),
        ("{{#each request.nope}}a{{else}}none{{/each}}", "none"),
        (
            "{{#with (parseJson '{\"a\":{\"b\":1}}')}}{{a.b}}{{#with a}}{{b}}{{../a.b}}{{/with}}{{/with}}",
            "111",
        ),
        (
            "{{#request.query.q}}[{{.}}]{{/request.query.q}}",
            "[1][two]",
        ),
        ("{{#request}}{{method}}{{/request}}", "POST"),
        (
            "{{#each (array 1)}}{{#each (array 2)}}{{../this}}{{this}}{{@root.request.method}}{{/each}}{{/each}}",
            "12POST",
        ),
        ("{{#if a}}1{{^b}}2{{/b}}{{else}}{{^b}}3{{/b}}{{/if}}", "3"),
    ] {
        check(template, expected);
    }
}

#[test]
fn partials_are_defined_passed_and_missed() {
    for (template, expected) in [
        (
            "{{#*inline 'p'}}<{{x}}>{{/inline}}{{> p x='1'}}{{> p}}",
            "<1><>",
        ),
        ("{{> (lower 'P')}}{{#*inline 'p'}}x{{/inline}}", "x"),
        ("{{#> nope}}instead{{/nope}}", "instead"),
        (
            "{{#*inline 'q'}}[{{> @partial-block}}]{{/inline}}{{#> q}}body{{/q}}",
            "[body]",
        ),
        (
            "{{#*inline 'p'}}{{method}}{{/inline}}{{> p request}}",
            "POST",
        ),
        ("{{#block 'b'}}default{{/block}}", "default"),
        (
            "{{#partial 'b'}}other{{/partial}}{{#block 'b'}}default{{/block}}",
            "other",
        ),
        ("{{> nope}}", "!1:5: the partial 'nope' could not be found"),
        (
            "{{#each (array 1)}}{{#*inline 'in'}}{{/inline}}{{/each}}{{> in}}",
            "!'in' could not be found",
        ),
        (
            "{{> @partial-block}}",
            "!'@partial-block' could not be found",
        ),
        (
            "{{#*inline 'r'}}{{> r}}{{/inline}}{{> r}}",
            "!nests deeper than 64 levels",
        ),
        ("{{embedded 'x'}}", "!there is no template file `/x.hbs`"),
        ("{{precompile 'x'}}", "!there is no template file `/x.hbs`"),
    ] {
        check(template, expected);
    }
}

#[test]
fn what_is_malformed_is_refused_where_it_is() {
    for (template, line, column, part) in [
        ("{{}}", 1, 3, "a name"),
        ("{{'x'}}", 1, 3, "a name"),
        ("{{3}}", 1, 3, "a name"),
        ("{{true}}", 1, 3, "a name"),
        (
            "ab\n{{upper 'x'\n\n {{y}}",
            4,
            2,
            "`}}` or an argument of `upper`",
        ),
        ("{{upper (lower 'x'}}", 1, 19, "`)` or another argument"),
        ("{{upper a=}}", 1, 11, "a value for `a`"),
        ("{{upper 'x}}", 1, 9, "a text that ends with `'`"),
        (
            "{{#if true}}x}}",
            1,
            16,
            "`{{/if}}` for the block of line 1",
        ),
        ("{{#if true}}x{{/each}}", 1, 17, "`if`"),
        ("{{/if}}", 1, 1, "no block is open"),
        ("{{else}}", 1, 1, "no block is open"),
        ("{{! x {{y}}\n{{! z }", 0, 0, ""),
        ("{{!-- x }}", 1, 1, "a comment that ends with `--}}`"),
        ("{{#each x as y}}{{/each}}", 1, 14, "`|`"),
        ("{{#each x as |}}{{/each}}", 1, 15, "a block parameter"),
        ("{{#*foo}}{{/foo}}", 1, 5, "`inline`"),
        ("{{* foo}}", 1, 3, "a name"),
        ("{{= <% =}}", 1, 4, "two delimiters"),
        ("{{> /x}}", 1, 5, "the name of a partial"),
        ("{{{{x}}}} }}", 1, 13, "`{{{{/x}}}}`"),
        ("{{{x}} }}", 1, 5, "`}}}`"),
        ("{{math 1e3 '+' 1}}", 1, 8, "a number or a name"),
    ] {
        let result = Template::compile(template);
        if line == 0 {
            assert!(result.is_ok(), "{template}: {result:?}");
            continue;
        }
        let error = result.map(|_| ()).unwrap_err();
        assert_eq!(
            error.position(),
            Some((line, column)),
            "{template}: {error}"
        );
        assert!(error.to_string().contains(part), "{template}: {error}");
    }
    let unknown = Template::compile("\n {{nope 1}}").map(|_| ()).unwrap_err();
    assert_eq!(
        unknown,
        TemplateError::UnknownHelper {
            line: 2,
            column: 4,
            name: "nope".to_owned()
        }
    );
    assert!(Template::compile("{{upper (nope)}}").is_err());
    assert!(Template::compile("{{nope}}").is_ok());
}

#[test]
fn errors_of_rendering_have_the_position_of_the_helper() {
    check(
        "{{upper 'a'}}\n  {{substring 'abc' 'x'}}",
        "!2:5: substring: an offset must be",
    );
    check(
        "{{upper (substring 'abc' 9)}}",
        "!1:10: substring: begin 9, end 3, length 3",
    );
}

#[test]
fn nesting_is_bounded_when_it_is_compiled() {
    let blocks = |depth: usize| format!("{}{}", "{{#if x}}".repeat(depth), "{{/if}}".repeat(depth));
    assert!(Template::compile(&blocks(64)).is_ok());
    assert!(matches!(
        Template::compile(&blocks(65)),
        Err(TemplateError::TooDeep { limit: 64 })
    ));
    let calls = |depth: usize| {
        format!(
            "{{{{upper {}'x'{}}}}}",
            "(upper ".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert!(Template::compile(&calls(64)).is_ok());
    assert!(Template::compile(&calls(65)).is_err());
    let chain = format!("{{{{#if x}}}}{}{{{{/if}}}}", "{{else if x}}".repeat(1_000));
    assert!(Template::compile(&chain).is_ok());
    let chain = format!("{{{{#if x}}}}{}{{{{/if}}}}", "{{else if x}}".repeat(1_002));
    assert!(Template::compile(&chain).is_err());
}
