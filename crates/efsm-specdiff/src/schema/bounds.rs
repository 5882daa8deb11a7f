//! Lengths, sizes and ranges.

use serde_json::Value;

use super::Walk;
use super::flat::Flat;
use crate::change::Side;

/// Keywords, and whether they bound from below.
const BOUNDS: [(&str, bool); 10] = [
    ("minLength", true),
    ("maxLength", false),
    ("minimum", true),
    ("maximum", false),
    ("exclusiveMinimum", true),
    ("exclusiveMaximum", false),
    ("minItems", true),
    ("maxItems", false),
    ("minProperties", true),
    ("maxProperties", false),
];

impl Walk<'_, '_> {
    pub(super) fn bounds(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str) {
        for (keyword, from_below) in BOUNDS {
            let (before, after) = (
                bound(old, keyword, from_below),
                bound(new, keyword, from_below),
            );
            let (tighter, message) = match (before, after) {
                (None, Some(after)) => (true, format!("{what} has `{keyword}` {after} now")),
                (Some(before), None) => (false, format!("{what} lost its `{keyword}` {before}")),
                (Some(before), Some(after)) if (after - before).abs() > 0.0 => (
                    (after > before) == from_below,
                    format!("`{keyword}` of {what} went from {before} to {after}"),
                ),
                _ => continue,
            };
            self.bound(keyword, tighter, new, message);
        }
        let step = |flat: &Flat<'_>| flat.each("multipleOf").find_map(Value::as_f64);
        if step(old).map(f64::to_bits) != step(new).map(f64::to_bits) {
            let tighter = match (step(old), step(new)) {
                (Some(before), Some(after)) => (before / after).fract().abs() > 0.0,
                (_, after) => after.is_some(),
            };
            self.bound(
                "multipleOf",
                tighter,
                new,
                format!("`multipleOf` of {what} changed"),
            );
        }
        let unique = |flat: &Flat<'_>| {
            flat.each("uniqueItems")
                .any(|flag| *flag == Value::Bool(true))
        };
        if unique(old) != unique(new) {
            let how = if unique(new) {
                "must"
            } else {
                "need no longer"
            };
            let message = format!("the items of {what} {how} differ");
            self.bound("uniqueItems", unique(new), new, message);
        }
    }

    fn bound(&mut self, keyword: &str, tighter: bool, new: &Flat<'_>, message: String) {
        let place = new.place_of(keyword);
        let place = (Side::New, &*place);
        if tighter {
            self.add("bounds-tightened", self.way.narrowed(), place, message);
        } else {
            self.add("bounds-loosened", self.way.widened(), place, message);
        }
    }
}

/// The bound that binds. A least of 0 is none for what is counted; the ends of a number's format are the format's.
fn bound(flat: &Flat<'_>, keyword: &str, from_below: bool) -> Option<f64> {
    let ends = match flat.text("format") {
        Some("int32") => Some((f64::from(i32::MIN), f64::from(i32::MAX))),
        Some("int64") => Some((-9_007_199_254_740_991.0, 9_007_199_254_740_991.0)),
        Some("float") => Some((-(2_f64.powi(128)), 2_f64.powi(128))),
        Some("double") => Some((f64::MIN, f64::MAX)),
        _ => None,
    };
    let is_end = |bound: f64| ends.is_some_and(|(least, most)| bound <= least || bound >= most);
    let counts = matches!(keyword, "minLength" | "minItems" | "minProperties");
    flat.each(keyword)
        .filter_map(Value::as_f64)
        .filter(|bound| !is_end(*bound) && (!counts || *bound > 0.0))
        .reduce(if from_below { f64::max } else { f64::min })
}
