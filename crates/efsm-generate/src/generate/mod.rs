//! Random data that obeys a schema.
//!
//! A place of the data is filled from all the schemas that must hold there ([`parts`]); what cannot be made to
//! hold by construction (`not`, the other branches of `oneOf`) is checked afterwards and tried again with other
//! choices. The work is bounded in steps, the data in depth: past a depth only what is required is made, and
//! alternatives are taken that end soonest ([`ending`]).

mod array;
mod ending;
mod number;
mod object;
mod parts;
mod place;
mod string;
mod types;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde_json::Value;

use crate::check::Checker;
use crate::error::Error;
use crate::fake::{self, Meaning};
use crate::random::Random;
use crate::sample::{SampleOptions, sample};
use parts::{Parts, unsatisfiable};
use place::Place;
use types::Type;

/// Which properties a direction leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// None.
    #[default]
    Both,
    /// `readOnly` ones: what a client sends.
    Request,
    /// `writeOnly` ones: what a server answers.
    Response,
}

impl Direction {
    fn left_out(self) -> Option<&'static str> {
        match self {
            Self::Both => None,
            Self::Request => Some("readOnly"),
            Self::Response => Some("writeOnly"),
        }
    }
}

/// How data is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Properties of the other direction are left out, and not missed where they are required.
    pub direction: Direction,
    /// How deep optional data goes; what is required goes on.
    pub depth: usize,
    /// After how many values only what is required is made.
    pub values: u64,
    /// How many places may be filled, and in proportion how many schemas may be looked at, before it is an error.
    pub steps: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            direction: Direction::Both,
            depth: 5,
            values: 5_000,
            steps: 100_000,
        }
    }
}

/// How much deeper than the optional data what is required may go.
const DEEPER: usize = 40;
/// How many choices are tried at one place.
const ATTEMPTS: u64 = 256;
/// How many schemas may be looked at while checking, for each step.
const CHECKS_PER_STEP: u64 = 50;
/// How often a schema may be entered within itself before it is time to end.
const TURNS: usize = 2;

/// Random data that obeys the schema, whose references point into `root`. The same seed gives the same data, and
/// what a property gets depends on the seed and its place alone.
pub fn generate(
    schema: &Value,
    root: &Value,
    seed: u64,
    options: &Options,
) -> Result<Value, Error> {
    make(schema, root, None, seed, options)
}

/// Data that obeys the schema and is as near to `value` as that allows: valid parts stay, the others are replaced,
/// required ones that lack are made up, optional ones are not.
pub fn fit(
    schema: &Value,
    root: &Value,
    value: &Value,
    seed: u64,
    options: &Options,
) -> Result<Value, Error> {
    make(schema, root, Some(value), seed, options)
}

/// The static [`sample`] where it is valid, else the valid value next to it.
pub fn sample_valid(schema: &Value, root: &Value, options: &Options) -> Result<Value, Error> {
    let sampled = sample(schema, root, &SampleOptions::default());
    match sampled {
        Ok(value) => fit(schema, root, &value, 0, options),
        Err(error @ Error::DanglingReference { .. }) => Err(error),
        Err(_) => generate(
            schema,
            root,
            0,
            &Options {
                depth: 2,
                ..options.clone()
            },
        ),
    }
}

fn make(
    schema: &Value,
    root: &Value,
    like: Option<&Value>,
    seed: u64,
    options: &Options,
) -> Result<Value, Error> {
    let checks = options.steps.saturating_mul(CHECKS_PER_STEP);
    let generator = Generator {
        checker: Checker::new(root, options.direction.left_out(), checks),
        options,
        steps: Cell::new(0),
        endings: RefCell::default(),
    };
    generator.value(&[schema], &Place::root(Random::new(seed)), like)
}

/// How much text is as good as a step.
const TEXT_PER_STEP: usize = 1024;

struct Generator<'a> {
    checker: Checker<'a>,
    options: &'a Options,
    steps: Cell<u64>,
    /// What is known of schemas' endings: by address and levels.
    endings: RefCell<HashMap<(usize, u8), bool>>,
}

/// How one value is being made.
struct Attempt<'v> {
    /// Which alternatives are taken.
    code: u64,
    manner: Manner,
    /// Only what is required.
    ending: bool,
    /// What the value should be like.
    like: Option<&'v Value>,
}

/// What an object gets, from the richest to what slips through the narrowest `oneOf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Full,
    /// Without properties on which others depend.
    Independent,
    /// Only what is required.
    Lean,
    /// Lean, and with properties that the branches which must not hold refuse.
    Refusing,
}

impl<'a> Generator<'a> {
    fn value(
        &self,
        schemas: &[&'a Value],
        place: &Place<'_>,
        like: Option<&Value>,
    ) -> Result<Value, Error> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > self.options.steps || self.checker.steps.get() == 0 {
            return Err(Error::TooComplex {
                place: place.pointer(),
                steps: self.options.steps,
            });
        }
        if place.depth > self.options.depth + DEEPER {
            return Err(Error::TooDeep {
                place: place.pointer(),
                depth: self.options.depth + DEEPER,
            });
        }
        let valid = |value: &Value| {
            schemas
                .iter()
                .all(|schema| self.checker.is_valid(schema, value))
        };
        if let Some(like) = like
            && valid(like)
        {
            return Ok(like.clone());
        }
        let address = schemas.first().map_or(0, |schema| self.address(schema));
        let place = &place.filling(address);
        let ending = place.depth >= self.options.depth
            || steps > self.options.values
            || (address != 0 && place.turns(address) >= TURNS);
        let pointer = || place.pointer();
        let mut last = None;
        let mut code = 0;
        let mut attempts = 1;
        while code < attempts {
            let mut combinations = 1;
            let mut branches = place.random.child("branches");
            let parts = Parts::of(
                self,
                schemas,
                code,
                ending,
                &pointer,
                // A value to be like was made from first branches.
                &mut |end| {
                    if like.is_some() {
                        (0..end).collect()
                    } else {
                        branches.order(end)
                    }
                },
                &mut combinations,
            );
            let manner = match (code / combinations) % 4 {
                0 => Manner::Full,
                1 => Manner::Independent,
                2 => Manner::Lean,
                _ => Manner::Refusing,
            };
            let unsure = parts
                .as_ref()
                .map_or(combinations > 1, |parts| parts.unsure);
            let made = parts.and_then(|parts| {
                let attempt = Attempt {
                    code,
                    manner,
                    ending,
                    like,
                };
                self.make(schemas, &parts, &place.again(code), &attempt)
            });
            match made {
                Ok(value) if !unsure || valid(&value) => return Ok(value),
                Ok(_) => {
                    last.get_or_insert_with(|| unsatisfiable(&pointer, "each value that was tried breaks `oneOf`, `not`, `if` or another keyword that rules values out"));
                }
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    last.get_or_insert(error);
                }
            }
            if unsure || combinations > 1 {
                attempts = combinations.saturating_mul(4).clamp(16, ATTEMPTS);
            }
            code += 1;
        }
        Err(last.unwrap_or_else(|| unsatisfiable(&pointer, "no choice was left")))
    }

    /// Counts what a long text costs.
    fn count_text(&self, text: &str) {
        let steps = (text.len() / TEXT_PER_STEP) as u64;
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// The address of what a schema refers to in the end.
    fn address(&self, schema: &'a Value) -> usize {
        let mut schema = schema;
        for _ in 0..16 {
            match schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| self.checker.resolve(reference))
            {
                Some(target) => schema = target,
                None => break,
            }
        }
        std::ptr::from_ref(schema) as usize
    }

    fn make(
        &self,
        schemas: &[&'a Value],
        parts: &Parts<'a>,
        place: &Place<'_>,
        attempt: &Attempt<'_>,
    ) -> Result<Value, Error> {
        let pointer = || place.pointer();
        let mut random = place.random.child("value");
        if let Some(named) = self.named(parts, attempt, &mut random) {
            return named.ok_or_else(|| {
                unsatisfiable(&pointer, "no value of `enum` or `const` obeys the rest")
            });
        }
        let types = types::allowed(parts, attempt.ending, attempt.like, &mut random);
        let mut last = None;
        for kind in types {
            match self.of_type(kind, schemas, parts, place, attempt, &mut random) {
                Ok(value) => return Ok(value),
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    last.get_or_insert(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| {
            unsatisfiable(&pointer, "no `type` is allowed by all schemas that apply")
        }))
    }

    /// A value that the schema names. The outer `None` when it names none.
    #[expect(
        clippy::option_option,
        reason = "naming no values and naming none that fit are different answers"
    )]
    fn named(
        &self,
        parts: &Parts<'a>,
        attempt: &Attempt<'_>,
        random: &mut Random,
    ) -> Option<Option<Value>> {
        let constant = parts.each("const").next().map(std::slice::from_ref);
        let listed = parts
            .each("enum")
            .find_map(Value::as_array)
            .map(Vec::as_slice);
        let known = constant.or(listed)?;
        let obeying: Vec<&Value> = known
            .iter()
            .filter(|value| parts.all.iter().all(|part| self.checker.obeys(part, value)))
            .collect();
        if obeying.is_empty() {
            return Some(None);
        }
        let like = attempt.like.is_some();
        Some(Some(
            if like {
                obeying[0]
            } else {
                random.pick(&obeying)
            }
            .clone(),
        ))
    }

    fn of_type(
        &self,
        kind: Type,
        schemas: &[&'a Value],
        parts: &Parts<'a>,
        place: &Place<'_>,
        attempt: &Attempt<'_>,
        random: &mut Random,
    ) -> Result<Value, Error> {
        let pointer = || place.pointer();
        let no_number = || {
            unsatisfiable(
                &pointer,
                "no number is within the bounds and a multiple of `multipleOf`",
            )
        };
        match kind {
            Type::Null => Ok(Value::Null),
            Type::Boolean => Ok(Value::Bool(random.chance(50))),
            Type::Integer => {
                number::integer(parts, meaning(parts, place), random).ok_or_else(no_number)
            }
            Type::Number => {
                number::number(parts, meaning(parts, place), random).ok_or_else(no_number)
            }
            Type::String => string::string(self, parts, meaning(parts, place), random)
                .map_err(|reason| unsatisfiable(&pointer, reason)),
            Type::Array => self.array(parts, place, attempt, random),
            Type::Object => self.object(schemas, parts, place, attempt),
        }
    }
}

/// What the value is about: `x-faker`, as Prism reads it, else the property's name.
fn meaning(parts: &Parts<'_>, place: &Place<'_>) -> Option<Meaning> {
    let hint = parts.each("x-faker").find_map(|hint| match hint {
        Value::String(method) => fake::of_faker(method),
        Value::Object(calls) => fake::of_faker(calls.keys().next()?),
        _ => None,
    });
    hint.or_else(|| fake::of_name(place.name()))
}
