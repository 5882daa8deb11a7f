//! What Java programs mean by the text patterns in their configuration.
//!
//! A stub written for a Java mock server carries Java's little languages. Each has a module:
//!
//! - [`regex`][]: `java.util.regex.Pattern`
//! - [`date`][]: `java.text.SimpleDateFormat` and `java.time.format.DateTimeFormatter`, offsets, truncation
//! - [`number`][]: `java.text.DecimalFormat` and `java.util.Formatter`
//!
//! Nothing here asks for the time: every function that needs `now` takes it.

pub mod date;
pub mod number;
pub mod regex;

pub use date::{DateError, DateOffset, DatePattern, ParsedDate, Truncation};
pub use number::{Argument, DecimalPattern, FormatError, Number, string_format};
pub use regex::{Flags, JavaRegex, RegexError};
