//! Believable values, guided by what a field is called.
//!
//! ```
//! use efsm_generate::{Random, fake};
//!
//! let mut random = Random::new(42).child("user");
//! assert!(fake::string_for("email", None, &mut random).contains('@'));
//! assert_eq!(fake::string_for("createdAt", Some("date"), &mut random).len(), 10);
//! assert!(fake::number_for("latitude", &mut random).unwrap().abs() <= 90.0);
//! assert!(fake::integer_for("age", &mut random).unwrap() < 100);
//! ```

mod format;
mod meaning;
mod text;
mod words;

pub(crate) use format::string as string_of_format;
pub(crate) use meaning::{Meaning, of_faker, of_name};

use crate::random::Random;

/// A string for a field, by its format when that says something, else by its name, else a word.
pub fn string_for(name: &str, format: Option<&str>, random: &mut Random) -> String {
    format
        .and_then(|format| format::string(format, random))
        .or_else(|| of_name(name)?.string(random))
        .unwrap_or_else(|| text::noun(random).to_owned())
}

/// A number with a fraction for a field whose name says what it measures (`price`, `latitude`).
pub fn number_for(name: &str, random: &mut Random) -> Option<f64> {
    of_name(name)?.number(random)
}

/// A whole number for a field whose name says what it counts (`age`, `year`, `port`).
pub fn integer_for(name: &str, random: &mut Random) -> Option<i64> {
    of_name(name)?.integer(random)
}

/// A lower-case word.
pub fn word(random: &mut Random) -> &'static str {
    text::noun(random)
}
