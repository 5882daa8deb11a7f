//! The one place where example data is made.

use efsm_generate::{Direction, Error, Random, SampleOptions};
use serde_json::Value;

use super::negotiate::Wanted;
use super::problem::Problem;
use crate::schema::Root;

/// How data is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'a> {
    /// The same every time, as Prism makes it.
    Static,
    /// From a seed.
    Dynamic { seed: &'a str },
}

impl<'a> Way<'a> {
    /// What a request asks for; `drawn` is the seed of one that names none.
    pub(super) fn wanted(wanted: &'a Wanted, drawn: &'a str) -> Self {
        if wanted.is_dynamic {
            Self::Dynamic {
                seed: wanted.seed.as_deref().unwrap_or(drawn),
            }
        } else {
            Self::Static
        }
    }
}

/// A value for a schema; `what` names it in the problem when there is none.
pub(super) fn value(
    root: &Root,
    schema: &Value,
    way: Way<'_>,
    what: &str,
) -> Result<Value, Problem> {
    let options = efsm_generate::Options {
        direction: Direction::Response,
        ..efsm_generate::Options::default()
    };
    let made = match way {
        Way::Dynamic { seed } => {
            let seed = Random::from_text(seed).seed();
            efsm_generate::generate(schema, &root.value, seed, &options)
        }
        // Prism's sample, but for what of it breaks the schema.
        Way::Static => efsm_generate::sample_valid(schema, &root.value, &options),
    };
    // Where nothing obeys the schema, Prism's sample is as near as it gets.
    made.or_else(|_| efsm_generate::sample(schema, &root.value, &SampleOptions::default()))
        .map_err(|error| match error {
            Error::TooComplex { .. } | Error::TooDeep { .. } => Problem::too_complex(what),
            other => Problem::unknown(other.to_string()),
        })
}
