//! The text of a GraphQL schema, or an introspection result: refused, or able to tell of itself.
#![no_main]

use efsm_graphql::{Api, GraphQlRequest, Limits, MockOptions, Schema, Timestamp};
use libfuzzer_sys::fuzz_target;

const QUERY: &str = "{ __typename __schema { types { name kind fields { name args { name defaultValue } } } } }";

fuzz_target!(|text: &str| {
    let Ok(schema) = Schema::parse(text) else {
        return;
    };
    let api = Api::new(schema, &MockOptions::default(), Limits::default());
    let api = api.expect("there are no overrides");
    let response = api.answer(&GraphQlRequest::new(QUERY), Timestamp::UNIX_EPOCH);
    assert!(response.errors.is_empty(), "{:?}", response.errors);
});
