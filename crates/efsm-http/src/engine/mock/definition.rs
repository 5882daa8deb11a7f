//! A description with the way in which it is to be served, as the admin API and configurations give it.

use serde_json::{Map, Value};

use super::SpecError;

/// A description and its options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpecDefinition {
    /// How it is called; its title when missing.
    pub name: Option<String>,
    /// Where its text came from: a path or URL, from which its references start.
    pub location: String,
    pub text: String,
    pub options: SpecOptions,
}

/// How a description is served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, as Prism has them"
)]
pub struct SpecOptions {
    /// Generated data instead of examples.
    pub dynamic: bool,
    /// What generated data follows from; without one, from the stack's entropy.
    pub seed: Option<String>,
    /// An answer that breaks the description is a 500.
    pub errors: bool,
    pub cors: bool,
    pub ignore_examples: bool,
    pub validate_request: bool,
    /// Collections and their items keep what is sent to them.
    pub stateful: bool,
    /// Requests go on to this URL, and both ways are checked.
    pub upstream: Option<String>,
    /// Answers also for what is not described.
    pub fallback: bool,
    /// The journal tells what happened, line by line.
    pub log: bool,
}

impl Default for SpecOptions {
    fn default() -> Self {
        Self {
            dynamic: false,
            seed: None,
            errors: false,
            cors: true,
            ignore_examples: false,
            validate_request: true,
            stateful: false,
            upstream: None,
            fallback: false,
            log: false,
        }
    }
}

impl SpecOptions {
    /// Reads options by their names in the admin API and in `efsm.yaml`.
    pub fn parse(options: &Map<String, Value>) -> Result<Self, SpecError> {
        let mut parsed = Self::default();
        for (name, value) in options {
            parsed.set(name, value)?;
        }
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), SpecError> {
        let wrong = |reason: &str| SpecError::Option {
            option: name.to_owned(),
            reason: reason.to_owned(),
        };
        let flag = || {
            value
                .as_bool()
                .ok_or_else(|| wrong("expected true or false"))
        };
        match name {
            "dynamic" => self.dynamic = flag()?,
            "errors" => self.errors = flag()?,
            "cors" => self.cors = flag()?,
            "ignoreExamples" | "ignore_examples" => self.ignore_examples = flag()?,
            "validateRequest" | "validate_request" => self.validate_request = flag()?,
            "stateful" => self.stateful = flag()?,
            "fallback" => self.fallback = flag()?,
            "seed" => {
                self.seed = match value {
                    Value::Null => None,
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => return Err(wrong("expected a text or a number")),
                };
            }
            "upstream" => {
                let url = value
                    .as_str()
                    .filter(|url| url.starts_with("http://") || url.starts_with("https://"))
                    .ok_or_else(|| wrong("expected a URL with http:// or https://"))?;
                self.upstream = Some(url.to_owned());
            }
            _ => {
                return Err(wrong(
                    "no such option: use dynamic, seed, errors, cors, ignoreExamples, validateRequest, stateful, upstream or fallback",
                ));
            }
        }
        Ok(())
    }
}
