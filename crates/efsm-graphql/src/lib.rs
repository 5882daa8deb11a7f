//! A mocked GraphQL API from its schema: a pure engine. Text and `now` go in, responses come out.
//!
//! | module | holds |
//! | --- | --- |
//! | [`api`] | [`Api`]: a schema, its mock and its bounds; a request to a response |
//! | [`schema`] | SDL or an introspection result to a [`Schema`] that is whole |
//! | [`syntax`] | the language: tokens, documents, values |
//! | [`mod@validate`] | whether a document can be executed, and what it would cost |
//! | `execute` | execution and introspection |
//! | `mock` | resolvers that make data up, and overrides |
//! | [`over_http`] | the GraphQL over HTTP specification, as a function of a request |
//! | [`over_sse`] | the events of graphql-sse's distinct connections mode |
//! | [`over_websocket`] | the `graphql-transport-ws` protocol as a state machine |
//! | [`limits`] | what one request may cost |
//!
//! ```
//! use efsm_graphql::{Api, GraphQlRequest, Limits, MockOptions, Schema};
//!
//! let schema = Schema::parse("type Query { user(id: ID!): User } type User { id: ID! email: String! }")?;
//! let api = Api::new(schema, &MockOptions::default(), Limits::default())?;
//! let request = GraphQlRequest::new("{ user(id: 7) { id email } }");
//! let response = api.answer(&request, efsm_graphql::Timestamp::UNIX_EPOCH).to_json();
//! assert_eq!(response["data"]["user"]["id"], "7");
//! assert!(response["data"]["user"]["email"].as_str().unwrap().contains('@'));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod api;
mod error;
mod execute;
pub mod limits;
mod mock;
pub mod over_http;
pub mod over_sse;
pub mod over_websocket;
mod scalar;
pub mod schema;
pub mod syntax;
pub mod validate;

pub use api::{Api, Event, GraphQlRequest, Prepared, Response};
pub use error::{GraphQlError, PathSegment};
pub use jiff::Timestamp;
pub use limits::Limits;
pub use mock::{MockOptions, OverrideError};
pub use schema::{Schema, SchemaError};
pub use syntax::ast::OperationKind;
