//! Which changes of an API description break its clients.
//!
//! ```
//! use efsm_spec::{Description, NoFiles};
//! use efsm_specdiff::{Severity, diff};
//!
//! let document = |parameters: &str| {
//!     let text = format!(
//!         "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n  /pets:\n    get:\n      parameters: {parameters}\n      responses: {{'200': {{description: ok}}}}\n"
//!     );
//!     Description::parse("pets.yaml", &text, &NoFiles)
//! };
//! let old = document("[]")?;
//! let new = document("[{name: kind, in: query, required: true, schema: {type: string}}]")?;
//! let changes = diff(&old, &new);
//! assert_eq!((changes[0].code, changes[0].severity), ("parameter-added-required", Severity::Breaking));
//! assert!(diff(&old, &old).is_empty());
//! # Ok::<(), efsm_spec::LoadError>(())
//! ```
//!
//! What a client sends may be allowed more (a wider type, an optional parameter) and asked for no more; what it
//! gets may promise more and must keep what it promised. Everything else is told as [`Severity::Breaking`], or as a
//! [`Severity::Warning`] where it depends on the client.
//!
//! | module | compares |
//! | --- | --- |
//! | `operations` | paths and operations, and what they are called |
//! | `parameters`, `bodies`, `responses` | what goes in and what comes out |
//! | `security`, `servers` | who may ask, and where |
//! | `schema` | schemas, in the direction in which their values travel |
//! | `untouched` | finds what is the same on both sides, which is most of a document |
//! | [`place`] | lines of files |

mod bodies;
mod change;
mod operations;
mod parameters;
pub mod place;
mod pointer;
mod responses;
mod schema;
mod security;
mod servers;
mod untouched;

use efsm_spec::Description;

use change::Report;
pub use change::{CODES, Change, Severity, Side};
use untouched::Touched;

/// The two descriptions and what was found.
struct Comparison<'a> {
    old: &'a Description,
    new: &'a Description,
    touched: Touched,
    report: Report,
}

/// What changed from the old description to the new one, what breaks most first; nothing where they mean the same.
pub fn diff(old: &Description, new: &Description) -> Vec<Change> {
    let mut comparison = Comparison {
        old,
        new,
        touched: Touched::of(&old.root.value, &new.root.value),
        report: Report::default(),
    };
    servers::compare(&mut comparison);
    operations::compare(&mut comparison);
    comparison.report.into_changes()
}
