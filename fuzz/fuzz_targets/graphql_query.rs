//! The text of a GraphQL query: refused, or answered within the limits.
#![no_main]

use std::sync::LazyLock;

use efsm_graphql::{Api, GraphQlRequest, Limits, MockOptions, Schema, Timestamp};
use libfuzzer_sys::fuzz_target;

const SDL: &str = "
interface Node { id: ID! }
type User implements Node { id: ID! name: String friends(first: Int = 2, by: By): [User!]! }
type Order implements Node { id: ID! total: Float! buyer: User }
union Found = User | Order
enum Sort { UP DOWN }
input By { sort: Sort = UP, also: By, names: [String!] }
input One @oneOf { a: Int, b: String }
type Query { me: User! node(id: ID!): Node find(one: One, by: [By!]): [Found!]! }
type Mutation { rename(id: ID!, name: String): User }
type Subscription { tick: Int! }
";

static API: LazyLock<Api> = LazyLock::new(|| {
    let schema = Schema::parse(SDL).expect("the schema of this target is whole");
    let limits = Limits {
        values: 10_000,
        ..Limits::default()
    };
    Api::new(schema, &MockOptions::default(), limits).expect("there are no overrides")
});

fuzz_target!(|text: &str| {
    let response = API.answer(&GraphQlRequest::new(text), Timestamp::UNIX_EPOCH);
    assert!(response.data.is_some() || !response.errors.is_empty());
});
