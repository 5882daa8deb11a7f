//! A complete backend for tests, on one port, in memory: HTTP mocks, a SQL database, an OAuth2
//! provider, message queues and object storage.
//!
//! ```
//! use efsm::EphemeralMockServer;
//! use serde_json::json;
//!
//! let server = EphemeralMockServer::builder().port(0).start()?;
//! server.add_endpoint("GET", "/hello", json!({"msg": "world"}))?;
//! server.queue().publish("orders", &json!({"id": 1}))?;
//!
//! let before = server.snapshot();            // a value, whatever the stack holds
//! let other = server.fork()?;                // another stack on a port of its own
//! other.queue().publish("orders", &json!({"id": 2}))?;
//! assert_eq!(server.queue().message_count("orders"), 1);
//!
//! server.queue().publish("orders", &json!({"id": 3}))?;
//! server.restore(&before)?;
//! assert_eq!(server.queue().message_count("orders"), 1);
//! server.stop();                             // everything vanishes
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`server`] | [`EphemeralMockServer`], its builder, forks |
//! | [`assembly`] | which services a configuration asks for, and how they are made |
//! | [`prepare`] | what a configuration puts into them |
//! | [`api`] | the APIs that an application calls, and the variables with their addresses |
//! | [`mod@env`] | the variables that clients need |
//! | [`sandbox`] | running commands against a stack |
//! | `runtime` | the one runtime of the process |

pub mod api;
pub mod assembly;
pub mod env;
pub mod prepare;
mod runtime;
pub mod sandbox;
pub mod server;

pub use api::Api;
pub use efsm_auth::{AuthService, InvalidToken};
pub use efsm_config::{Config, ConfigErrors, ServiceName};
pub use efsm_core::journal::Query as JournalQuery;
pub use efsm_core::{
    Clock, ClockChange, Context, Effect, Entry, FaultRule, Journal, Limits, ResetDepth,
    SignedDuration, Timestamp,
};
pub use efsm_database::DatabaseService;
pub use efsm_gateway::{Snapshot, SnapshotInfo};
pub use efsm_http::{
    HttpOptions, HttpService, Nearest, RecordedAnswer, Reply, ResponseBody, ServeEvent,
    SpecDefinition, SpecLoader, SpecOptions, UnknownHosts, Unmatched, record_answers,
};
pub use efsm_queue::QueueService;
pub use efsm_storage::StorageService;
pub use server::{Builder, EphemeralMockServer, ServerError};
