//! A small world for the tests, and one way to ask it.

use efsm_graphql::{Api, GraphQlRequest, Limits, MockOptions, Schema, Timestamp};
use serde_json::{Value, json};

pub(crate) const SDL: &str = r#"
"A shop."
schema { query: Query mutation: Mutation subscription: Subscription }

directive @cached(seconds: Int = 60) repeatable on FIELD | QUERY
directive @audit(by: String!) on FIELD_DEFINITION | VARIABLE_DEFINITION

scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time")
scalar Date
scalar UUID
scalar URL
scalar JSON
scalar EmailAddress
scalar BigInt
scalar Decimal
scalar Odd

interface Node { id: ID! }
interface Named { name: String! }

enum Role { ADMIN MEMBER @deprecated(reason: "use GUEST") GUEST }

type User implements Node & Named {
  id: ID!
  name: String!
  email: String!
  role: Role!
  createdAt: DateTime!
  birthday: Date
  website: URL
  token: UUID!
  extra: JSON
  balance: Decimal
  views: BigInt
  odd: Odd
  tags: [String!]!
  friends(first: Int = 3): [User!]!
  orders(first: Int, after: String): OrderConnection!
  old: String @deprecated
  nick(upper: Boolean @deprecated(reason: "no"), style: Style = {bold: true}): String
}
type Order implements Node {
  id: ID!
  total: Float!
  lines: [Line!]
  grid: [[Int!]!]!
  buyer: User
}
type Line { product: Product, quantity: Int! }
type Product implements Named { name: String!, price: Decimal! }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order] pageInfo: PageInfo! totalCount: Int! }
type OrderEdge { cursor: String! node: Order }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! endCursor: String }
union SearchResult = User | Order | Product

input Style { bold: Boolean = false size: Int! = 12 }
input UserInput { name: String! email: String role: Role = GUEST style: Style tags: [String!] }
input UserBy @oneOf { id: ID email: String }
input Filter { text: String! limit: Int = 10 roles: [Role!] = [ADMIN] }

type CreateUserPayload { user: User userErrors: [UserError!]! clientMutationId: String success: Boolean! }
type UserError { message: String! }
type EmailTaken { message: String! }
union Signup = EmailTaken | User | SignupError
type SignupError { message: String! }

type Query {
  me: User!
  user(id: ID!): User
  users(ids: [ID!], role: Role, first: Int): [User!]!
  find(by: UserBy!): User
  node(id: ID!): Node
  named: [Named!]!
  search(filter: Filter!, styles: [Style!]): [SearchResult!]!
  number(value: Int = 5, float: Float, flag: Boolean, text: String): Int
  order(id: ID!): Order
  strict: Order!
}
type Mutation {
  createUser(input: UserInput!, clientMutationId: String): CreateUserPayload!
  updateUser(id: ID!, name: String): User
  deleteUser(id: ID!): Boolean!
  signUp(email: String!): Signup!
}
type Subscription {
  userChanged(id: ID): User!
  tick: Int!
}
"#;

pub(crate) fn api() -> Api {
    api_with(json!({}))
}

pub(crate) fn api_with(overrides: Value) -> Api {
    api_of(SDL, overrides, Limits::default())
}

pub(crate) fn api_of(sdl: &str, overrides: Value, limits: Limits) -> Api {
    let Value::Object(overrides) = overrides else {
        panic!("overrides are an object")
    };
    let options = MockOptions {
        overrides,
        ..MockOptions::default()
    };
    Api::new(Schema::parse(sdl).unwrap(), &options, limits).unwrap()
}

pub(crate) fn ask(api: &Api, query: &str) -> Value {
    ask_with(api, query, json!({}))
}

pub(crate) fn ask_with(api: &Api, query: &str, variables: Value) -> Value {
    let Value::Object(variables) = variables else {
        panic!("variables are an object")
    };
    let request = GraphQlRequest {
        variables,
        ..GraphQlRequest::new(query)
    };
    api.answer(&request, Timestamp::UNIX_EPOCH).to_json()
}

/// The data of a response without errors.
pub(crate) fn data(api: &Api, query: &str) -> Value {
    let mut response = ask(api, query);
    assert_eq!(response.get("errors"), None, "{query}");
    response["data"].take()
}

/// The messages of a response's errors.
pub(crate) fn messages(response: &Value) -> Vec<String> {
    let errors = response["errors"].as_array().cloned().unwrap_or_default();
    let messages = errors
        .iter()
        .map(|error| error["message"].as_str().unwrap().to_owned());
    messages.collect()
}

/// The only message of a request that is refused as a whole.
pub(crate) fn refusal(query: &str) -> String {
    let response = ask(&api(), query);
    assert!(
        response.get("data").is_none(),
        "{query} was executed: {response}"
    );
    let messages = messages(&response);
    assert_eq!(messages.len(), 1, "{query}: {messages:#?}");
    messages[0].clone()
}
