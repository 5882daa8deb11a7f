//! The operators with more to them than a comparison of texts, one file each.

pub(crate) mod date_time;
pub(crate) mod equal_to_json;
pub(crate) mod equal_to_xml;
pub(crate) mod json_path;
pub(crate) mod json_schema;
pub(crate) mod number;
pub(crate) mod xpath;

use crate::matcher::Matcher;
use crate::result::{Events, MatchContext};
use crate::subject::Subject;

pub use date_time::DateTimeMatcher;
pub use equal_to_json::EqualToJson;
pub use equal_to_xml::EqualToXml;
pub use json_path::JsonPathMatcher;
pub use json_schema::JsonSchemaMatcher;
pub use number::NumberMatcher;
pub use xpath::XPathMatcher;

/// Whether the matcher of a path's results accepts one of them. When it does not, the first one is explained.
fn accepts_any<'s>(
    inner: &Matcher,
    found: impl IntoIterator<Item = Subject<'s>>,
    context: &MatchContext,
    events: &mut Events,
) -> bool {
    let mut explained = events.alike();
    let mut rest = Events::ignored();
    for (index, subject) in found.into_iter().enumerate() {
        let asked = if index == 0 {
            &mut explained
        } else {
            &mut rest
        };
        if inner.holds(&subject, context, asked) {
            return true;
        }
    }
    events.append(explained);
    false
}
