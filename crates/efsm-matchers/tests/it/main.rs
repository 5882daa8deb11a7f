mod bounds;
mod describe;
mod distance;
mod json;
mod multi;
mod parse;
mod properties;
mod strings;
mod time;
mod xml;

use efsm_matchers::{MatchContext, Matcher, Subject};
use serde_json::Value;

/// Noon in May 2024, in UTC.
pub(crate) fn context() -> MatchContext {
    MatchContext::new(
        "2024-05-31T12:00:00Z[UTC]"
            .parse()
            .expect("a constant date"),
    )
}

pub(crate) fn matcher(pattern: &Value) -> Matcher {
    Matcher::from_json(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

/// One matcher with values that it accepts and values that it refuses; `None` is an absent value.
#[track_caller]
pub(crate) fn check(pattern: &Value, holds: &[Option<&str>], refuses: &[Option<&str>]) {
    let matcher = matcher(pattern);
    let context = context();
    for (values, expected) in [(holds, true), (refuses, false)] {
        for value in values {
            let subject = Subject::from_option(*value);
            let result = matcher.matches(&subject, &context);
            assert_eq!(
                result.is_exact(),
                expected,
                "{pattern} on {value:?}, {:?}",
                result.sub_events()
            );
            let distance = result.distance();
            assert!(
                (0.0..=1.0).contains(&distance),
                "{pattern} on {value:?} is {distance} off"
            );
            assert!(!expected || distance == 0.0, "{pattern} on {value:?}");
        }
    }
    let printed = matcher.to_json();
    let again = crate::matcher(&printed);
    assert_eq!(again.to_json(), printed);
    assert_eq!(again, matcher);
}
