//! HTTP mocks: stubs in the WireMock language, served natively.
//!
//! | module | holds |
//! | --- | --- |
//! | [`engine`] | stubs, their index, request patterns, responses, serve events: a pure state machine |
//! | [`service`] | [`HttpService`]: the state of one stack's mocks, and its typed API in process |
//! | [`wire`] | the protocols: serving stubs, WireMock's admin API |
//! | [`files`] | the root directory: `mappings/` and `__files/` |
//! | [`error`] | what can go wrong |

pub mod engine;
pub mod error;
pub mod files;
pub mod service;
pub mod wire;

pub use efsm_spec::{Loader as SpecLoader, RecordedAnswer, record as record_answers};
pub use engine::mock::{GraphQlOptions, Spec, SpecDefinition, SpecError, SpecOptions};
pub use engine::pattern::RequestPattern;
pub use engine::reply::{Reply, Responder, ResponseBody};
pub use engine::request::LoggedRequest;
pub use engine::serve_event::ServeEvent;
pub use engine::templating::TokenSigner;
pub use error::{DocumentError, HttpError};
pub use files::RootDirError;
pub use service::{
    Call, CountFailure, Difference, Endpoint, HttpOptions, HttpService, Nearest, StandIn, Times,
    UnknownHosts, Unmatched, VerifyFailure,
};
