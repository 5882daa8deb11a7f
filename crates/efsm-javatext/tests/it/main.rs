//! What the crate promises from outside.

mod date;
mod recorded_date;
mod recorded_regex;
mod regex;
