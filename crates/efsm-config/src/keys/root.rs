use std::collections::BTreeMap;

use super::{
    AuthKeys, DatabaseKeys, FaultKeys, LimitsKeys, PathOr, QueueKeys, ResourceKeys, SpecKeys,
    StorageKeys,
};
use crate::config::ServiceName;
use crate::format::table::keys;
use crate::format::values::{Bind, Composed, Instant, Name, Object, Path, Port, Variable};
use crate::format::{At, OneOrMany};

keys! {
    /// A stack of efsm: its services and what they begin with. Paths are relative to the folder of the file that
    /// names them. Keys that begin with `x-` are ignored: a place for YAML anchors.
    pub(crate) struct RootKeys "config" {
        /// The JSON Schema of this format, for editors. Ignored.
        _schema_url "$schema": String;
        /// The name of the stack, for people and for `efsm status`.
        name "name": Name;
        /// The port. Without it, 8888 or, when that is taken, any free one. 0 asks for any free one.
        port "port": Port = "8888";
        /// Makes a taken port an error instead of choosing another.
        strict_port "strict_port": bool = "false";
        /// The address to listen on. Anything but a loopback address can be reached by others.
        bind "bind": Bind = "127.0.0.1";
        /// The services that are enabled.
        services "services": At<Vec<At<ServiceName>>> = "[http, database, auth, queue, storage]";
        /// The seed of ids, keys and everything else that is random. The same seed gives the same values;
        /// without it, each start differs.
        seed "seed": u64;
        /// Where the clock of the stack starts.
        clock "clock": ClockKeys;
        /// Bounds of the stack.
        limits "limits": LimitsKeys;
        /// HTTP stubs: WireMock mappings given here, or paths, folders and globs of JSON or YAML files that hold one
        /// mapping, a list of them, or `{"mappings": [..]}`. Of two stubs that match a request, the later wins.
        stubs "stubs": OneOrMany<PathOr<Object>>;
        /// Descriptions of APIs, served where no stub matches: paths, or maps with a `path` and options.
        specs "specs": OneOrMany<PathOr<SpecKeys>>;
        /// A folder in WireMock's layout: stubs under `mappings/`, and under `__files/` what `bodyFileName` names.
        root_dir "root_dir": At<Path>;
        /// HTTP collections with state: `GET`, `POST`, `PUT`, `PATCH` and `DELETE` on a path and on `path/{id}`.
        resources "resources": BTreeMap<Name, At<ResourceKeys>>;
        /// What the database begins with.
        database "database": At<DatabaseKeys>;
        /// Further databases, by name.
        databases "databases": At<BTreeMap<Name, DatabaseKeys>>;
        /// Users, clients and tokens.
        auth "auth": At<AuthKeys>;
        /// Topics and their messages.
        queue "queue": At<QueueKeys>;
        /// Buckets and their objects.
        storage "storage": At<StorageKeys>;
        /// Rules that delay, break or replace answers on purpose, in order: the first that fits is applied.
        faults "faults": Vec<At<FaultKeys>>;
        /// Names that the application reads, each with the variable of efsm whose value it gets, as in
        /// `MY_DB_URL: DATABASE_URL`, or with a text around it: `MY_DB_URL: "${DATABASE_URL}?timeout=5"`.
        env "env": BTreeMap<Variable, Composed>;
        /// APIs that the application calls, by name or URL. Each gets a variable with its address at the stack. A name
        /// is a mock with state: `stripe` gets `STRIPE_BASE_URL`, below which every path is a collection. A URL is a
        /// host that the stubs are for: `https://api.example.com` gets `API_EXAMPLE_COM_BASE_URL`.
        api "api": At<Vec<Name>>;
    }
}

keys! {
    /// Where the clock of the stack starts.
    pub(crate) struct ClockKeys "clock" {
        /// The time at which it starts (RFC 3339); the system's when missing.
        now "now": Instant;
        /// Whether it stands until it is moved.
        frozen "frozen": bool = "false";
    }
}
