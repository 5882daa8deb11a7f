//! What one request may cost: every bound has its error, and nothing takes long.

use std::fmt::Write as _;

use efsm_graphql::Limits;
use serde_json::json;

use crate::support::{SDL, api, api_of, ask, messages};

fn limited(change: impl FnOnce(&mut Limits)) -> efsm_graphql::Api {
    let mut limits = Limits::default();
    change(&mut limits);
    api_of(SDL, json!({}), limits)
}

#[test]
fn every_bound_has_its_error() {
    let friends = "{ me { friends { friends { friends { id } } } } }";
    for (api, query, expected, code) in [
        (
            limited(|l| l.tokens = 5),
            "{ me { id } }",
            "Syntax Error: Document contains more than 5 tokens. Parsing aborted.",
            "GRAPHQL_PARSE_FAILED",
        ),
        (
            limited(|l| l.nesting = 3),
            friends,
            "Syntax Error: Document nests deeper than 3.",
            "GRAPHQL_PARSE_FAILED",
        ),
        (
            limited(|l| l.depth = 4),
            friends,
            "The operation's depth is more than 4, which is the most allowed: ask for less at once, or raise the limit.",
            "QUERY_TOO_DEEP",
        ),
        (
            limited(|l| l.fields = 4),
            friends,
            "The operation's number of fields is more than 4, which is the most allowed: ask for less at once, or raise the limit.",
            "QUERY_TOO_COMPLEX",
        ),
        (
            limited(|l| l.aliases = 1),
            "{ a: number b: number }",
            "The operation's number of aliases is more than 1, which is the most allowed: send several queries, or raise the limit.",
            "TOO_MANY_ALIASES",
        ),
        (
            limited(|l| l.values = 20),
            friends,
            "The response has more than 20 values: ask for fewer fields or shorter lists, or raise the limit.",
            "QUERY_TOO_COMPLEX",
        ),
        (
            limited(|l| l.response_bytes = 100),
            friends,
            "The response has more than 100 bytes: ask for fewer fields or shorter lists, or raise the limit.",
            "RESPONSE_TOO_LARGE",
        ),
    ] {
        let response = ask(&api, query);
        assert_eq!(messages(&response), [expected]);
        assert_eq!(response["errors"][0]["extensions"]["code"], code);
    }
}

#[test]
fn errors_are_counted() {
    let api = limited(|l| l.errors = 2);
    let messages = messages(&ask(&api, "{ a b c d e }"));
    assert_eq!(messages.len(), 3);
    assert_eq!(
        messages[2],
        "Too many validation errors, error limit reached. Validation aborted."
    );
}

#[test]
fn fragments_that_double_are_counted_without_being_written_out() {
    let mut query = String::from("{ me { ...F0 } }");
    for level in 0..60 {
        let next = level + 1;
        write!(query, " fragment F{level} on User {{ a{level}: friends {{ ...F{next} }} b{level}: friends {{ ...F{next} }} }}").unwrap();
    }
    query.push_str(" fragment F60 on User { id }");
    let messages = messages(&ask(&api(), &query));
    assert!(
        messages
            .iter()
            .any(|message| message.contains("number of fields is more than")),
        "{messages:?}"
    );
}

#[test]
fn long_chains_of_fragments_do_not_overflow_the_stack() {
    let mut flat = String::from("{ me { ...F0 } }");
    let mut deep = flat.clone();
    for level in 0..3_000 {
        let next = level + 1;
        write!(flat, " fragment F{level} on User {{ ...F{next} }}").unwrap();
        write!(
            deep,
            " fragment F{level} on User {{ friends {{ ...F{next} }} }}"
        )
        .unwrap();
    }
    for query in [flat, deep] {
        let query = query + " fragment F3000 on User { id }";
        let messages = messages(&ask(&api(), &query));
        assert!(messages[0].contains("depth is more than"), "{messages:?}");
    }
    let nested = "[".repeat(40_000);
    let messages = messages(&ask(&api(), &format!("{{ users(ids: {nested}) }}")));
    assert_eq!(messages, ["Syntax Error: Document nests deeper than 100."]);
}

#[test]
fn many_fields_of_one_name_are_compared_quickly() {
    let query = format!(
        "{{ me {{ {} }} }}",
        "friends(first: 1) { id } ".repeat(4_000)
    );
    assert_eq!(
        ask(&api(), &query)["data"]["me"]["friends"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn circular_introspection_is_cut_off() {
    let mut query = String::from("name");
    for _ in 0..7 {
        query = format!("fields {{ type {{ {query} }} }}");
    }
    let api = limited(|l| l.values = 300);
    let response = ask(&api, &format!("{{ __schema {{ types {{ {query} }} }} }}"));
    assert_eq!(
        response["errors"][0]["extensions"]["code"],
        "QUERY_TOO_COMPLEX"
    );
}

#[test]
fn circular_defaults_come_to_an_end() {
    let sdl = "type Query { a(i: A = {}): Int } input A { a: A = {} }";
    let api = api_of(sdl, json!({}), Limits::default());
    assert!(ask(&api, "{ a }")["data"]["a"].is_number());
}
