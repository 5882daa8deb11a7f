//! What the crate promises from outside.

mod recorded_regex;
mod regex;
