//! Response templates: Handlebars as Handlebars.java reads it, with the helpers and the request model of
//! WireMock 3.13.
//!
//! | what | where |
//! | --- | --- |
//! | compile once, render often | [`Template`] |
//! | what a template sees: `request`, `parameters`, … | [`Model`], [`RequestModel`], [`ResponseModel`] |
//! | what it needs from outside: time, chance, keys | [`Env`] |
//! | what it computes with | [`Value`] |
//! | how much it may do | [`RenderLimits`] |
//!
//! Nothing here does I/O. Rendering is a function of the template, the model, the environment and the limits.
//!
//! ```
//! use efsm_template::{Env, Model, RenderLimits, Template, Value};
//!
//! struct World;
//! impl Env for World {
//!     fn now(&self) -> jiff::Zoned {
//!         "2024-05-31T12:00:00Z[UTC]".parse().expect("a valid date")
//!     }
//!     fn random_u64(&self) -> u64 {
//!         4
//!     }
//! }
//!
//! let template = Template::compile("{{upper name}} at {{now format='HH:mm'}}")?;
//! let model = Model::new([("name", Value::from("ada"))]);
//! let text = template.render(&model, &World, &RenderLimits::default())?;
//! assert_eq!(text, "ADA at 12:00");
//! # Ok::<(), efsm_template::TemplateError>(())
//! ```
//!
//! # How WireMock differs from handlebars.js, and this crate with it
//!
//! - Nothing is escaped by default; [`CompileOptions::escape_html`] escapes `{{x}}` as Handlebars does.
//! - Lines that hold a block tag alone are kept; only `~` trims.
//! - Text before the first `{{` and behind the last `}}` is not looked at: a template without a closing
//!   delimiter is constant text.
//!
//! # Where this crate differs from WireMock on purpose
//!
//! - Output, steps and nesting are bounded ([`RenderLimits`]).
//! - `request.method` is a text: `{{#eq request.method 'POST'}}` works, which in WireMock it does not.
//! - `each` over a text, a number or a boolean walks over nothing, not over the methods of a Java object; and
//!   `(array this)` holds `this`, where WireMock gives an empty list.
//! - XML document types with declarations are refused, and so are XPaths that would visit too many nodes.
//! - Amounts of money (`numberFormat`) are in dollars and the symbols of English unless a locale is named; of
//!   other locales the separators are known, currencies are not.
//! - `dateFormat` knows the names of days and months in English only.
//! - A raw block (`{{{{x}}}} … {{{{/x}}}}`) is kept as it is written, whatever is inside.
//! - `jsonSort` (WireMock 4.0), `jwt`, `jwks`, `claims` and `claimsObject` (WireMock's JWT extension) are built in.

mod env;
mod error;
mod helpers;
mod limits;
mod model;
mod render;
mod syntax;
mod template;
mod value;

pub use env::{Env, JwtAlgorithm, SystemSource, SystemValue};
pub use error::TemplateError;
pub use limits::RenderLimits;
pub use model::{Model, Part, RequestModel, RequestView, ResponseModel, ResponseView};
pub use template::{CompileOptions, Template};
pub use value::{
    Date, Decimal, JsonError, JsonStyle, List, ListStyle, MAX_VALUE_BYTES, MAX_VALUE_DEPTH, Map,
    Object, Value, ValueError, XmlNode,
};
