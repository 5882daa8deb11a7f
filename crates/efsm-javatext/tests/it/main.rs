//! What the crate promises from outside.

mod date;
mod number;
mod recorded_date;
mod recorded_regex;
mod regex;
