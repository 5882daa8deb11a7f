//! The configuration of a stack, resolved: every file is read, every default is in its place, and nothing in
//! it can be invalid on its own. What only a service can judge (that a stub parses, that SQL runs) carries an
//! [`Origin`], so that the service's error can be shown where the user wrote it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{FaultRule, Limits, Timestamp};
use serde_json::{Map, Value};

use crate::text::Origin;

/// A stack as `efsm.yaml` describes it. The default is what an empty file means: all five services, empty.
#[derive(Clone, Debug)]
pub struct Config {
    pub name: Option<String>,
    /// `None`: the preferred port, or a free one when it is taken. `Some(0)`: any free one.
    pub port: Option<u16>,
    /// A taken port is an error.
    pub strict_port: bool,
    pub bind: IpAddr,
    /// In the order of [`ServiceName::ALL`], each once, at least one.
    pub services: Vec<ServiceName>,
    /// Of the stack's entropy; `None` draws one.
    pub seed: Option<u64>,
    pub clock: Clock,
    pub limits: Limits,
    pub http: Http,
    pub database: Database,
    /// Further databases by name.
    pub databases: BTreeMap<String, Database>,
    pub auth: Auth,
    pub queue: Queue,
    pub storage: Storage,
    /// Checked by `efsm_core::Faults`; rules without an id are given one there.
    pub faults: Vec<FaultRule>,
    /// The variable that the application reads -> the variable of efsm whose value it gets, or a text with
    /// `${VARIABLE}` in it.
    pub env: BTreeMap<String, String>,
    /// Names or URLs of the APIs that the application calls, not yet checked.
    pub api: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceName {
    Http,
    Database,
    Auth,
    Queue,
    Storage,
}

/// Where the stack's clock starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// `None`: the system's time.
    pub now: Option<Timestamp>,
    pub is_frozen: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Http {
    /// In the order in which they are to be added: of two that match, the later wins.
    pub stubs: Vec<Stub>,
    /// What `bodyFileName` can name: the name -> the content.
    pub files: BTreeMap<String, Bytes>,
    pub resources: Vec<Resource>,
    /// In the order in which they are to be added.
    pub specs: Vec<Spec>,
}

/// One WireMock stub mapping, not yet parsed.
#[derive(Clone, Debug)]
pub struct Stub {
    pub origin: Origin,
    pub mapping: Map<String, Value>,
}

/// A description of an API, not yet parsed.
#[derive(Clone, Debug)]
pub struct Spec {
    pub origin: Origin,
    pub name: Option<String>,
    /// Where the text came from; other files that it refers to are found from there.
    pub location: String,
    pub text: Arc<str>,
    /// By their names in `efsm.yaml`; those that are not given are left out.
    pub options: Map<String, Value>,
}

/// A collection that is created, read, changed and deleted over HTTP.
#[derive(Clone, Debug)]
pub struct Resource {
    pub origin: Origin,
    pub name: String,
    /// Begins with `/`.
    pub path: String,
    pub seed: Vec<Map<String, Value>>,
}

/// What one database begins with, in this order: the file, the migrations, the schema, the seed.
#[derive(Clone, Debug, Default)]
pub struct Database {
    /// A SQLite database file.
    pub file: Option<DatabaseFile>,
    pub migrations: Vec<SqlScript>,
    pub schema: Vec<SqlScript>,
    pub seed: Vec<SqlScript>,
}

#[derive(Clone, Debug)]
pub struct DatabaseFile {
    pub origin: Origin,
    pub path: PathBuf,
    pub bytes: Bytes,
}

/// SQL statements of one file, or given inline.
#[derive(Clone, Debug)]
pub struct SqlScript {
    /// A file begins at its first line: `origin.at_line(n)` is line n of the script. Inline SQL stands where
    /// its value does.
    pub origin: Origin,
    /// The file as the user wrote it, or the key path of inline SQL.
    pub name: String,
    pub is_inline: bool,
    pub sql: Arc<str>,
}

impl SqlScript {
    /// A file that no configuration names.
    pub fn of_file(path: &std::path::Path, sql: String) -> Self {
        let name = path.display().to_string();
        Self {
            origin: Origin::of_text(&name, &sql),
            name,
            is_inline: false,
            sql: sql.into(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Auth {
    /// `None`: `{url}/auth`.
    pub issuer: Option<String>,
    /// Of the HS256 tokens; `None` draws one.
    pub secret: Option<String>,
    /// Of access tokens; `None` is the service's default.
    pub ttl: Option<Duration>,
    pub users: BTreeMap<String, User>,
    pub clients: BTreeMap<String, Client>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    pub claims: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Client {
    /// `None`: a public client.
    pub secret: Option<String>,
    pub redirect_uris: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub topics: Vec<Topic>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub name: String,
    /// Oldest first.
    pub messages: Vec<Value>,
}

#[derive(Clone, Debug, Default)]
pub struct Storage {
    pub buckets: Vec<Bucket>,
}

#[derive(Clone, Debug)]
pub struct Bucket {
    pub name: String,
    /// By key; each key once.
    pub objects: Vec<Object>,
}

#[derive(Clone, Debug)]
pub struct Object {
    pub origin: Origin,
    pub key: String,
    pub bytes: Bytes,
    /// Given, or known from the key's extension.
    pub content_type: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: None,
            port: None,
            strict_port: false,
            bind: Ipv4Addr::LOCALHOST.into(),
            services: ServiceName::ALL.to_vec(),
            seed: None,
            clock: Clock::default(),
            limits: Limits::default(),
            http: Http::default(),
            database: Database::default(),
            databases: BTreeMap::new(),
            auth: Auth::default(),
            queue: Queue::default(),
            storage: Storage::default(),
            faults: Vec::new(),
            env: BTreeMap::new(),
            api: Vec::new(),
        }
    }
}

impl ServiceName {
    pub const ALL: [Self; 5] = [
        Self::Http,
        Self::Database,
        Self::Auth,
        Self::Queue,
        Self::Storage,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Database => "database",
            Self::Auth => "auth",
            Self::Queue => "queue",
            Self::Storage => "storage",
        }
    }
}

impl std::fmt::Display for ServiceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
