//! `clock`: look, move, freeze, resume.

use efsm_core::{BoxFuture, ClockChange, Response, Timestamp};
use http::StatusCode;
use jiff::{Span, SpanRelativeTo};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Operation, ok};
use crate::Stack;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "GET",
        path: "/clock",
        summary: "The stack's time, and whether it stands",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"now":"2026-01-01T00:00:00Z","frozen":false}"#,
        handler: |call| Box::pin(async move { ok(&describe(&call.stack)) }),
    },
    Operation {
        method: "PUT",
        path: "/clock",
        summary: "Sets, advances (3601s, 1h30m, PT1H), freezes or resumes the clock; the keys combine in that order",
        query: &[],
        body: Some(r#"{"now":"2026-01-01T00:00:00Z","advance":"1h30m","freeze":true}"#),
        status: 200,
        answer: r#"{"now":"2026-01-01T01:30:00Z","frozen":true}"#,
        handler: change,
    },
];

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    now: Option<String>,
    advance: Option<String>,
    #[serde(default)]
    freeze: bool,
    #[serde(default)]
    resume: bool,
}

fn describe(stack: &Stack) -> Value {
    let clock = stack.context().clock();
    json!({ "now": clock.now(), "frozen": clock.is_frozen() })
}

fn change(mut call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let change: Change = match call.json().await {
            Ok(change) => change,
            Err(refusal) => return refusal,
        };
        let Change {
            now,
            advance,
            freeze,
            resume,
        } = change;
        match clock_change(now.as_deref(), advance.as_deref(), freeze, resume)
            .and_then(|change| call.stack.change_clock(change).map_err(|e| e.to_string()))
        {
            Ok(_) => ok(&describe(&call.stack)),
            Err(error) => efsm_wire::error_with_hint(
                StatusCode::BAD_REQUEST,
                error,
                "the clock is as it was; `now` is RFC 3339, `advance` is like 3601s, 1h30m or PT1H",
            ),
        }
    })
}

/// A change of the clock as people write it: `now` in RFC 3339, `advance` like `3601s`, `1h30m` or `PT1H`.
pub fn clock_change(
    now: Option<&str>,
    advance: Option<&str>,
    freeze: bool,
    resume: bool,
) -> Result<ClockChange, String> {
    let now = now.map(|text| {
        text.parse::<Timestamp>()
            .map_err(|_| format!("`now` is not a time of RFC 3339: {text}"))
    });
    let advance = advance.map(|text| {
        // A span reads days and weeks too; on this clock, which knows no zone, a day has 24 hours.
        text.parse::<Span>()
            .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
            .map_err(|_| format!("`advance` is not a duration: {text}"))
    });
    let change = ClockChange {
        now: now.transpose()?,
        advance: advance.transpose()?,
        freeze,
        resume,
    };
    if change == ClockChange::default() {
        return Err("nothing to do: give now, advance, freeze or resume".to_owned());
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use efsm_core::SignedDuration;

    fn advance(text: &str) -> Result<Option<SignedDuration>, String> {
        clock_change(None, Some(text), false, false).map(|change| change.advance)
    }

    #[test]
    fn durations_are_read_in_every_documented_form() {
        for (text, seconds) in [
            ("3601s", 3601),
            ("1h30m", 5400),
            ("PT1H", 3600),
            ("-5m", -300),
            ("P1DT1H", 90_000),
            ("2d", 172_800),
        ] {
            assert_eq!(
                advance(text),
                Ok(Some(SignedDuration::from_secs(seconds))),
                "{text}"
            );
        }
        assert!(advance("soon").unwrap_err().contains("soon"));
    }
}
