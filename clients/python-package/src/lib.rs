//! `sin_code_efsm._native`: what the Python package is thin over.
//!
//! | module | holds |
//! | --- | --- |
//! | `server` | a running stack: start, stop, fork, snapshots, clock, faults, journal |
//! | `http`, `database`, `auth`, `queue`, `storage` | one service each, of a stack or standing alone |
//! | `sandbox` | commands against stacks |
//! | `callable` | answers that a Python function computes |
//! | `json` | values between Python and JSON, by one rule |
//! | `errors` | the package's exceptions |
//! | `process` | what must not cross `os.fork` |
//!
//! Python code wraps all of it, with types and documentation: nothing here is public.

#![expect(
    clippy::needless_pass_by_value,
    reason = "arguments come owned from Python"
)]

mod auth;
mod callable;
mod database;
mod errors;
mod http;
mod json;
mod process;
mod queue;
mod sandbox;
mod server;
mod service;
mod storage;

/// The native half of `sin_code_efsm`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::auth::Auth;
    #[pymodule_export]
    use crate::database::Database;
    #[pymodule_export]
    use crate::http::Http;
    #[pymodule_export]
    use crate::queue::Queue;
    #[pymodule_export]
    use crate::sandbox::{run_command, sandbox_tiers};
    #[pymodule_export]
    use crate::server::{Server, Snapshot};
    #[pymodule_export]
    use crate::storage::Storage;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
