//! Helpers whose output a recording cannot hold: the present, chance, keys, and what WireMock 3 lacks.
//! Every other helper is in `wiremock.rs`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use efsm_template::{RenderLimits, Template};

use crate::support::{Request, World, check, model, rendered};

#[test]
fn the_present_is_the_environments() {
    for (template, expected) in [
        ("{{now}}", "2024-05-31T12:30:45Z"),
        ("{{date}}", "2024-05-31T12:30:45Z"),
        ("{{now format='epoch'}}", "1717158645678"),
        ("{{now format='unix'}}", "1717158645"),
        (
            "{{now format='yyyy-MM-dd HH:mm:ss.SSS'}}",
            "2024-05-31 12:30:45.678",
        ),
        ("{{now offset='3 days' format='dd.MM.'}}", "03.06."),
        ("{{now offset='-1 months'}}", "2024-04-30T12:30:45Z"),
        ("{{now offset='now +1 years' format='yyyy'}}", "2025"),
        (
            "{{now timezone='Europe/Berlin'}}",
            "2024-05-31T14:30:45+02:00",
        ),
        (
            "{{now timezone='Europe/Berlin' format='HH:mm Z'}}",
            "14:30 +0200",
        ),
        ("{{now timezone='-03:30'}}", "2024-05-31T09:00:45-03:30"),
        ("{{now timezone='GMT+3' format='HH'}}", "15"),
        ("{{now timezone='UTC'}}", "2024-05-31T12:30:45Z"),
        ("{{now format=''}}|", "|"),
        (
            "{{truncateDate (now) 'first day of month'}}",
            "2024-05-01T00:00:00Z",
        ),
        ("{{dateFormat (now) 'full'}}", "Friday, May 31, 2024"),
        ("{{toJson (now)}}", "\"2024-05-31T12:30:45Z\""),
        ("{{lt (parseDate '2020-01-01T00:00:00Z') (now)}}", "true"),
        ("{{eq (now format='unix') (now format='epoch')}}", "true"),
        (
            "{{now timezone='Nope/Zone'}}",
            "!Unknown time-zone ID: Nope/Zone",
        ),
        ("{{now offset='soon'}}", "!not a date offset"),
        (
            "{{now format=5}}",
            "!`format` must be a text, but is a whole number",
        ),
    ] {
        check(template, expected);
    }
}

#[test]
fn dates_without_a_zone_of_their_own_are_shown_in_the_systems() {
    let world = World {
        now: "2024-05-31T12:30:45[Asia/Tokyo]",
        ..World::default()
    };
    let template = Template::compile("{{now}} {{now format='HH:mm Z'}} {{dateFormat (now) 'HH'}}");
    let text =
        template
            .unwrap()
            .render(&model(Request::default()), &world, &RenderLimits::default());
    assert_eq!(text.as_deref(), Ok("2024-05-31T03:30:45Z 12:30 +0900 12"));
}

#[test]
fn chance_is_the_environments() {
    for (template, expected) in [
        ("{{randomInt lower=5 upper=6}}", "5"),
        ("{{randomInt lower='5' upper='6'}}", "5"),
        (
            "{{randomInt lower=6 upper=5}}",
            "!bound must be greater than origin",
        ),
        ("{{randomInt lower='x'}}", "!`x` is not a whole number"),
        (
            "{{randomDecimal lower=5 upper=5}}",
            "!bound must be greater than origin",
        ),
        ("{{randomDecimal lower='x'}}", "!`x` is not a number"),
        ("{{randomValue length=0}}|", "|"),
        (
            "{{randomValue length='5'}}",
            "!`length` must be a whole number",
        ),
        ("{{randomValue length=-1}}", "!less than 0"),
        ("{{pickRandom 'a'}}", "a"),
        ("{{pickRandom (array 1)}}", "1"),
        ("{{pickRandom (array 1 1) count=5}}", "[1, 1]"),
        ("{{pickRandom (array)}}", "!nothing to pick from"),
        (
            "{{pickRandom missing}}",
            "[ERROR: Must specify either a single list argument or a set of single value arguments.]",
        ),
    ] {
        check(template, expected);
    }
    let same = rendered(
        "{{randomValue}}{{randomInt}}{{randomDecimal}}",
        Request::default(),
    );
    let again = rendered(
        "{{randomValue}}{{randomInt}}{{randomDecimal}}",
        Request::default(),
    );
    assert_eq!(same, again);
}

#[test]
fn random_values_have_the_shape_that_was_asked_for() {
    let text = |template: &str| rendered(template, Request::default()).unwrap();
    let all = |text: &str, allowed: fn(char) -> bool| text.chars().all(allowed);

    let default = text("{{randomValue}}");
    assert_eq!(default.len(), 36);
    assert!(all(&default, |c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    let upper = text("{{randomValue length=500 type='ALPHABETIC' uppercase=true}}");
    assert!(all(&upper, |c| c.is_ascii_uppercase()));
    let numeric = text("{{randomValue length=500 type='NUMERIC'}}");
    assert!(all(&numeric, |c| c.is_ascii_digit()));
    let hexadecimal = text("{{randomValue length=500 type='HEXADECIMAL'}}");
    assert!(all(&hexadecimal, |c| matches!(c, '0'..='9' | 'a'..='f')));
    let symbols = text("{{randomValue length=2000 type='ALPHANUMERIC_AND_SYMBOLS'}}");
    assert!(all(&symbols, |c| c.is_ascii_graphic()));
    assert!(symbols.contains(|c: char| !c.is_alphanumeric()));

    let uuid = text("{{randomValue type='UUID'}}");
    let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
    assert_eq!(&uuid[14..15], "4");
    assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");

    for (draw, int) in [(0, "-3"), (u64::MAX, "2")] {
        let world = World {
            draws: Some(draw),
            ..World::default()
        };
        let template = Template::compile("{{randomInt lower=-3 upper=3}}").unwrap();
        let limits = RenderLimits::default();
        let got = template.render(&model(Request::default()), &world, &limits);
        assert_eq!(got.as_deref(), Ok(int), "the bounds of draw {draw}");
        let template = Template::compile("{{randomDecimal}}").unwrap();
        let decimal = template.render(&model(Request::default()), &world, &limits);
        assert!(decimal.unwrap().parse::<f64>().unwrap().is_finite());
    }
}

#[test]
fn picked_items_are_different_places_of_the_list() {
    let picked = rendered(
        "{{pickRandom (array 1 2 3 4 5 6) count=6}}",
        Request::default(),
    );
    let mut digits: Vec<char> = picked
        .unwrap()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.sort_unstable();
    assert_eq!(digits, ['1', '2', '3', '4', '5', '6']);
}

#[test]
fn the_machine_is_what_the_environment_tells() {
    for (template, expected) in [
        ("{{hostname}}", "test-host"),
        ("{{systemValue key='HOME'}}", "/root"),
        (
            "{{systemValue type='PROPERTY' key='java.version'}}",
            "17.0.15",
        ),
        ("{{systemValue key='wm_none'}}|", "|"),
        ("{{systemValue key='wm_none' default='d'}}", "d"),
        (
            "{{systemValue key='SECRET'}}",
            "[ERROR: Access to SECRET is denied]",
        ),
        (
            "{{systemValue key='SECRET' default='d'}}",
            "[ERROR: Access to SECRET is denied]",
        ),
        ("{{systemValue}}", "[ERROR: The key cannot be empty]"),
        ("{{systemValue type='X' key='HOME'}}|", "|"),
        ("{{systemValue key=5}}", "!`key` must be a text"),
    ] {
        check(template, expected);
    }
}

/// Header, claims and signature of a token.
fn token(template: &str) -> [String; 3] {
    let text = rendered(template, Request::default()).unwrap();
    let parts: Vec<String> = text
        .split('.')
        .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    parts.try_into().unwrap()
}

#[test]
fn tokens_carry_their_claims_and_are_signed_by_the_environment() {
    let [header, claims, signature] = token("{{jwt}}");
    assert_eq!(header, r#"{"alg":"HS256","typ":"JWT"}"#);
    assert_eq!(
        claims,
        r#"{"exp":4870758645,"iat":1717158645,"iss":"wiremock","aud":"wiremock.io","sub":"user-123"}"#
    );
    let signed = URL_SAFE_NO_PAD.encode(&header).len() + 1 + URL_SAFE_NO_PAD.encode(&claims).len();
    assert_eq!(signature, format!("HS256:{signed}"));

    let [header, claims, signature] = token(
        "{{jwt alg='RS256' maxAge='12 days' iss='i' aud='a' sub='s' scope='read' n=23 yes=true \
         at=(parseDate '2024-01-02T03:04:05Z') list=(claims 'x' 'y') nested=(claimsObject k='v') \
         nbf=(parseDate '2018-02-23T21:22:23Z')}}",
    );
    assert_eq!(header, r#"{"alg":"RS256","typ":"JWT","kid":"key-1"}"#);
    assert_eq!(
        claims,
        concat!(
            r#"{"exp":1718195445,"iat":1717158645,"iss":"i","aud":"a","sub":"s","nbf":1519420943,"#,
            r#""scope":"read","n":23,"yes":true,"at":1704164645,"list":["x","y"],"nested":{"k":"v"}}"#
        )
    );
    assert!(signature.starts_with("RS256:"));

    let [header, claims, signature] =
        token("{{jwt alg='none' exp=(parseDate '2040-02-23T21:22:23Z')}}");
    assert_eq!(header, r#"{"alg":"none","typ":"JWT"}"#);
    assert!(claims.starts_with(r#"{"exp":2213644943,"#), "{claims}");
    assert_eq!(signature, "");
    check("{{{jwks}}}", r#"{"keys":[]}"#);
}

#[test]
fn tokens_that_cannot_be_made_say_why() {
    for (template, expected) in [
        (
            "{{jwt maxAge='12'}}",
            "[ERROR: maxAge must consist of two parts - amount and unit e.g. 12 days]",
        ),
        (
            "{{jwt maxAge='x days'}}",
            "[ERROR: maxAge amount must be a whole number]",
        ),
        (
            "{{jwt maxAge='1 fortnight'}}",
            "[ERROR: maxAge unit must be one of: seconds, minutes, hours, days]",
        ),
        (
            "{{jwt maxAge='9223372036854775807 days'}}",
            "[ERROR: maxAge amount is too large]",
        ),
        (
            "{{jwt maxAge='9223372036854775807 seconds'}}",
            "!beyond all dates",
        ),
        (
            "{{jwt alg='ES256'}}",
            "[ERROR: alg must be HS256, RS256 or none, but is ES256]",
        ),
        (
            "{{jwt list=(claims 'x' 1)}}",
            "[ERROR: items for array claim list are not all the same type]",
        ),
        (
            "{{jwt list=(claims true)}}",
            "[ERROR: items for array claim list are not of type string or integer]",
        ),
        ("{{jwt exp='tomorrow'}}", "!`exp` must be a date"),
    ] {
        check(template, expected);
    }
}

#[test]
fn json_is_sorted_by_what_a_path_leads_to() {
    for (template, expected) in [
        ("{{jsonSort '[3,1.50,2]'}}", "[1.50,2,3]"),
        ("{{jsonSort '[\"b\",\"a\"]' order='desc'}}", "[\"b\",\"a\"]"),
        (
            r#"{{jsonSort '{"l":[{"n":2},{"x":0},{"n":1}]}' '$.l[*].n'}}"#,
            r#"{"l":[{"n":1},{"n":2},{"x":0}]}"#,
        ),
        ("{{jsonSort '[]' '$[*].n'}}", "[]"),
        ("{{jsonSort '[1,\"a\"]'}}", "!of different kinds"),
        (
            "{{jsonSort '[1' }}",
            "[ERROR: Input JSON string is not valid JSON ('[1')]",
        ),
        ("{{jsonSort 5}}", "[ERROR: Input JSON must be a string]"),
        (
            "{{jsonSort '{}' '$.a'}}",
            "[ERROR: JSONPath expression does not walk over the items of one array ('$.a')]",
        ),
        (
            "{{jsonSort '[]' '$['}}",
            "[ERROR: JSONPath parameter is not a valid JSONPath expression ('$[')]",
        ),
        (
            "{{jsonSort '[]' order='up'}}",
            "[ERROR: order option must be 'asc' or 'desc', but is 'up']",
        ),
    ] {
        check(template, expected);
    }
}

#[test]
fn partials_of_the_environment_see_what_is_around_them() {
    let mut world = World::default();
    let partial = |text: &str| Arc::new(Template::compile(text).unwrap());
    world.partials.insert(
        "greet",
        partial("Hi {{name}}, {{request.method}}{{> inner}}!"),
    );
    world.partials.insert("loop", partial("{{> loop}}"));
    let render = |template: &str| {
        Template::compile(template).unwrap().render(
            &model(Request::default()),
            &world,
            &RenderLimits::default(),
        )
    };
    assert_eq!(
        render("{{#*inline 'inner'}}?{{/inline}}{{> greet name='Ada'}}").as_deref(),
        Ok("Hi Ada, POST?!")
    );
    let error = render("{{> loop}}").unwrap_err();
    assert!(
        error.to_string().contains("nests deeper than 64"),
        "{error}"
    );
}

#[test]
fn prepared_arguments_follow_the_arguments_of_each_rendering() {
    let template = Template::compile(
        "{{regexExtract 'a1' (trim request.query.re)}}{{jsonPath request.body (trim request.query.path)}}",
    )
    .unwrap();
    for (query, expected) in [
        ("re=[a-z]&path=$.name", "aAda"),
        ("re=[0-9]&path=$.items[0].id", "11"),
        ("re=[a-z]&path=$.name", "aAda"),
    ] {
        let request = Request {
            url: format!("/?{query}"),
            ..Request::default()
        };
        let text = template.render(&model(request), &World::default(), &RenderLimits::default());
        assert_eq!(text.as_deref(), Ok(expected));
    }
}
