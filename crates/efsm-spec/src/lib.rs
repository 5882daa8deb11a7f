//! API descriptions as mocks: OpenAPI 3.0 and 3.1, Swagger 2.0, Postman collections 2.x and HAR 1.2 recordings,
//! read once and answered from, as Prism does it.
//!
//! ```
//! use efsm_spec::{Description, Mock, NoFiles, Options, Request};
//! let text = r#"
//! openapi: 3.0.3
//! info: { title: Pets, version: "1" }
//! paths:
//!   /pets/{id}:
//!     get:
//!       responses:
//!         "200":
//!           description: a pet
//!           content: { application/json: { example: { name: Ada } } }
//! "#;
//! let description = Description::parse("pets.yaml", text, &NoFiles)?;
//! let mock = Mock::new(description, Options::default());
//! let headers = http::HeaderMap::new();
//! let request = Request { method: "GET", path: "/pets/7", query: "", headers: &headers, body: b"" };
//! let answer = mock.answer(&request, 0);
//! assert_eq!((answer.status, &*answer.body), (200, br#"{"name":"Ada"}"#.as_slice()));
//! # Ok::<(), efsm_spec::LoadError>(())
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`document`] | a file and what it refers to, as one tree; schemas in one dialect; warnings with their places |
//! | [`model`] | operations, parameters, bodies, responses, security: the same for every kind of description |
//! | [`schema`] | values checked against schemas, in the words of Ajv |
//! | [`mock`] | from a request to an answer: route, validate, negotiate, generate, validate again |
//! | [`json`] | JSON as JavaScript writes it |
//!
//! The crate does no I/O: other files come from the caller's [`Loader`].

pub mod document;
pub mod json;
pub mod mock;
pub mod model;
mod record;
pub mod schema;

pub use document::{LoadError, Loader, NoFiles, Warning};
pub use mock::{Answer, Mock, Options, Request, Violation};
pub use model::{Description, Kind, Operation};
pub use record::{RecordedAnswer, record};
