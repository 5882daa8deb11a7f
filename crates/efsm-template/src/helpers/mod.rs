//! The helpers: Handlebars.java's own, its string, number and condition helpers, and WireMock's.

#![allow(clippy::unnecessary_wraps)] // All helpers have one signature, also those that cannot fail.

mod assign;
mod compare;
mod dates;
mod encode;
mod flow;
mod formats;
mod json_edit;
mod json_path;
mod json_text;
mod jwt;
mod lists;
mod numbers;
mod padding;
mod random;
mod regex;
mod system;
mod texts;
mod words;
mod xml;

use crate::render::{Call, Failure, Outcome};

pub(crate) use json_path::CompiledPath;

type Run = fn(&mut Call<'_, '_>) -> Result<Outcome, Failure>;

/// A helper.
#[derive(Clone, Copy)]
pub(crate) struct Helper(Run);

impl Helper {
    pub(crate) fn run(self, call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
        (self.0)(call)
    }
}

impl std::fmt::Debug for Helper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Helper")
    }
}

/// The helper of a name.
pub(crate) fn find(name: &str) -> Option<Helper> {
    let run: Run = match name {
        "if" => flow::if_,
        "unless" => flow::unless,
        "each" => flow::each,
        "with" => flow::with,
        "lookup" => flow::lookup,
        "log" => flow::log,
        "block" => flow::block,
        "partial" => flow::partial,
        "embedded" => flow::embedded,
        "precompile" => flow::precompile,

        "eq" => compare::eq,
        "neq" => compare::neq,
        "gt" => compare::gt,
        "gte" => compare::gte,
        "lt" => compare::lt,
        "lte" => compare::lte,
        "and" => compare::and,
        "or" => compare::or,
        "not" => compare::not,

        "assign" => assign::assign,
        "val" => assign::val,

        "isEven" => numbers::is_even,
        "isOdd" => numbers::is_odd,
        "stripes" => numbers::stripes,
        "math" => numbers::math,
        "range" => numbers::range,

        "capitalizeFirst" => texts::capitalize_first,
        "cut" => texts::cut,
        "defaultIfEmpty" => texts::default_if_empty,
        "substring" => texts::substring,
        "lower" => texts::lower,
        "upper" => texts::upper,
        "slugify" => texts::slugify,
        "stripTags" => texts::strip_tags,
        "replace" => texts::replace,
        "yesno" => texts::yesno,
        "trim" => texts::trim,
        "center" => padding::center,
        "ljust" => padding::ljust,
        "rjust" => padding::rjust,
        "capitalize" => words::capitalize,
        "abbreviate" => words::abbreviate,
        "wordWrap" => words::word_wrap,
        "stringFormat" => formats::string_format,
        "dateFormat" => formats::date_format,
        "numberFormat" => formats::number_format,

        "now" => dates::now,
        "date" => dates::date,
        "parseDate" => dates::parse_date,
        "truncateDate" => dates::truncate_date,

        "array" => lists::array,
        "size" => lists::size,
        "contains" => lists::contains,
        "join" => lists::join,
        "arrayAdd" => lists::array_add,
        "arrayRemove" => lists::array_remove,
        "arrayJoin" => lists::array_join,

        "randomValue" => random::random_value,
        "randomInt" => random::random_int,
        "randomDecimal" => random::random_decimal,
        "pickRandom" => random::pick_random,

        "base64" => encode::base64,
        "urlEncode" => encode::url_encode,
        "formData" => encode::form_data,

        "regexExtract" => regex::regex_extract,
        "matches" => regex::matches,

        "jsonPath" => json_path::json_path,
        "parseJson" => json_text::parse_json,
        "toJson" => json_text::to_json,
        "formatJson" => json_text::format_json,
        "jsonMerge" => json_edit::json_merge,
        "jsonRemove" => json_edit::json_remove,
        "jsonArrayAdd" => json_edit::json_array_add,
        "jsonSort" => json_edit::json_sort,

        "xPath" => xml::xpath,
        "soapXPath" => xml::soap_xpath,
        "formatXml" => xml::format_xml,

        "hostname" => system::hostname,
        "systemValue" => system::system_value,

        "jwt" => jwt::jwt,
        "jwks" => jwt::jwks,
        "claims" => jwt::claims,
        "claimsObject" => jwt::claims_object,
        _ => return None,
    };
    Some(Helper(run))
}

/// The length that Java gives a text: UTF-16 units.
fn java_len(text: &str) -> usize {
    text.encode_utf16().count()
}
