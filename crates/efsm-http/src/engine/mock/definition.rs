//! A description with the way in which it is to be served, as the admin API and configurations give it.

use std::time::Duration;

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
    /// The HTTP proxy through which that is reached.
    pub through: Option<String>,
    /// Answers also for what is not described.
    pub fallback: bool,
    /// The journal tells what happened, line by line.
    pub log: bool,
    pub graphql: GraphQlOptions,
}

/// How a GraphQL schema is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphQlOptions {
    /// The path of the API.
    pub mount: String,
    /// Values for fields, types and scalars, as `{"User": {"name": "Ada"}, "Query.user": {..}, "DateTime": ".."}`.
    pub overrides: Map<String, Value>,
    /// The fewest and the most items of a list.
    pub list_length: (usize, usize),
    /// Between two events that a subscription makes up; `None` when all of them are pushed.
    pub event_interval: Option<Duration>,
    /// After how many events a subscription ends; `None` when it goes on.
    pub most_events: Option<u64>,
}

impl Default for GraphQlOptions {
    fn default() -> Self {
        Self {
            mount: "/graphql".to_owned(),
            overrides: Map::new(),
            list_length: (2, 4),
            event_interval: Some(Duration::from_secs(1)),
            most_events: None,
        }
    }
}

impl GraphQlOptions {
    fn set(&mut self, name: &str, value: &Value) -> Result<(), &'static str> {
        // No list of a mock needs more, and each level of lists multiplies.
        const LONGEST_LIST: u64 = 1_000;
        let count = |value: &Value| value.as_u64().filter(|count| *count <= LONGEST_LIST);
        match name {
            "mount" => {
                let path = value.as_str().filter(|path| path.starts_with('/'));
                path.ok_or("expected a path that begins with /")?
                    .clone_into(&mut self.mount);
            }
            "overrides" => {
                let overrides = value.as_object();
                self.overrides
                    .clone_from(overrides.ok_or("expected an object")?);
            }
            "listLength" | "list_length" => {
                let both = match value {
                    Value::Array(both) => both.as_slice(),
                    one => &[one.clone(), one.clone()],
                };
                let [least, most] = both else {
                    return Err("expected a number, or the least and the most");
                };
                let (least, most) = (count(least), count(most));
                let bounds = least.zip(most).filter(|(least, most)| least <= most);
                let (least, most) =
                    bounds.ok_or("expected numbers up to 1000, the lesser first")?;
                self.list_length = (least as usize, most as usize);
            }
            "eventIntervalMs" | "event_interval_ms" => {
                let interval = value
                    .as_u64()
                    .ok_or("expected milliseconds, or 0 for no events but those pushed")?;
                self.event_interval = (interval > 0).then(|| Duration::from_millis(interval));
            }
            "events" => {
                let events = value.as_u64().filter(|events| *events > 0);
                self.most_events = Some(events.ok_or("expected a number of events")?);
            }
            _ => {
                return Err(
                    "no such option of GraphQL: use mount, overrides, listLength, eventIntervalMs or events",
                );
            }
        }
        Ok(())
    }
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
            through: None,
            fallback: false,
            log: false,
            graphql: GraphQlOptions::default(),
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
            "graphql" => {
                let options = value
                    .as_object()
                    .ok_or_else(|| wrong("expected an object"))?;
                for (inner, value) in options {
                    self.graphql
                        .set(inner, value)
                        .map_err(|reason| SpecError::Option {
                            option: format!("graphql.{inner}"),
                            reason: reason.to_owned(),
                        })?;
                }
            }
            _ => {
                return Err(wrong(
                    "no such option: use dynamic, seed, errors, cors, ignoreExamples, validateRequest, stateful, upstream, fallback or graphql",
                ));
            }
        }
        Ok(())
    }
}
