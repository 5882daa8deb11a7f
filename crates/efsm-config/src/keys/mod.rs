//! The format of `efsm.yaml`, table by table: the one place that names its keys.

mod auth;
mod database;
mod faults;
mod forms;
mod http;
mod limits;
mod queue;
mod root;
mod storage;

pub(crate) use auth::AuthKeys;
pub(crate) use database::{DatabaseKeys, SqlEntry};
pub(crate) use faults::FaultKeys;
pub(crate) use forms::{Named, PathOr};
pub(crate) use http::{GraphQlKeys, ResourceKeys, SpecKeys};
pub(crate) use limits::LimitsKeys;
pub(crate) use queue::QueueKeys;
pub(crate) use root::RootKeys;
pub(crate) use storage::{BucketKeys, ObjectKeys, StorageKeys};
