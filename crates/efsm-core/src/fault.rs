//! Fault rules: how a test breaks its stack on purpose.
//!
//! A rule names a service, what it matches, and one effect. Rules that match only on a request's
//! `method`, `path`, `query` and `host` are applied by the gateway before the service sees the request; a rule that
//! mentions anything else (`table`, `sql`, `topic`, `bucket`, `key`, ...) is asked for by the service at that
//! operation. Both see the same list, in order; the first rule that fits is applied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use imbl::Vector;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::Entropy;

/// The names that a request answers by itself.
pub const REQUEST_NAMES: [&str; 4] = ["method", "path", "query", "host"];

/// One rule, in the shape of the control API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Given by the stack when missing.
    #[serde(default)]
    pub id: String,
    /// `http`, `database`, `auth`, `queue` or `storage`; every service when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Name to pattern; all must fit. `*` stands for any text, also none; case is ignored.
    #[serde(default, rename = "match", skip_serializing_if = "BTreeMap::is_empty")]
    pub matches: BTreeMap<String, String>,
    pub effect: Effect,
    /// Applied at most this often; without it, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// In 0.0..=1.0, drawn from the stack's entropy; 1 when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// What a rule does. `delay_ms` may stand beside each of the others, which exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Waits on the stack's clock first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Answers with this status instead of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of that answer, or the message of the service's own error: text, or JSON for all else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// Resets the connection (TCP RST) without an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// Closes the connection without an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop: bool,
    /// Lets the service answer and closes the connection after this many bytes of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FaultError {
    #[error("rule {index}: {problem}")]
    Invalid { index: usize, problem: String },
    #[error("rule {index}: the id `{id}` is used twice: give each rule its own, or none")]
    DuplicateId { index: usize, id: String },
}

/// A handle to one stack's rules; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    // Read on every request: without rules nothing else is looked at.
    any: AtomicBool,
    state: Mutex<FaultsState>,
}

/// The rules and how often each was applied, as a value that a snapshot can hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultsState {
    rules: Vector<(Arc<FaultRule>, u64)>,
    last_id: u64,
}

/// The rule that was drawn for one request or operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub rule: Arc<FaultRule>,
}

impl Fault {
    pub fn effect(&self) -> &Effect {
        &self.rule.effect
    }
}

impl Faults {
    /// Replaces all rules, or on an error none. Rules without an id get one.
    pub fn set(&self, rules: Vec<FaultRule>) -> Result<Vec<FaultRule>, FaultError> {
        let mut state = self.0.state.lock();
        let mut last_id = state.last_id;
        let mut set = Vector::new();
        for (index, mut rule) in rules.into_iter().enumerate() {
            rule.check()
                .map_err(|problem| FaultError::Invalid { index, problem })?;
            if rule.id.is_empty() {
                last_id += 1;
                rule.id = format!("fault-{last_id}");
            }
            if set
                .iter()
                .any(|(other, _): &(Arc<FaultRule>, u64)| other.id == rule.id)
            {
                return Err(FaultError::DuplicateId { index, id: rule.id });
            }
            set.push_back((Arc::new(rule), 0));
        }
        *state = FaultsState {
            rules: set,
            last_id,
        };
        self.0.any.store(!state.rules.is_empty(), Ordering::Release);
        Ok(state.list())
    }

    pub fn list(&self) -> Vec<FaultRule> {
        self.0.state.lock().list()
    }

    pub fn clear(&self) {
        self.restore(FaultsState::default());
    }

    pub fn state(&self) -> FaultsState {
        self.0.state.lock().clone()
    }

    pub fn restore(&self, state: FaultsState) {
        let mut held = self.0.state.lock();
        self.0.any.store(!state.rules.is_empty(), Ordering::Release);
        *held = state;
    }

    /// The first rule for a request, looking names up with `value`; counts it as applied.
    pub fn for_request<'v>(
        &self,
        service: &str,
        entropy: &Entropy,
        value: impl Fn(&str) -> Option<Cow<'v, str>>,
    ) -> Option<Fault> {
        self.draw(service, entropy, true, value)
    }

    /// The first rule for an operation inside a service: only rules with a name that a request
    /// does not answer. `value` gives what the operation knows; a name it does not know never fits.
    pub fn for_operation<'v>(
        &self,
        service: &str,
        entropy: &Entropy,
        value: impl Fn(&str) -> Option<Cow<'v, str>>,
    ) -> Option<Fault> {
        self.draw(service, entropy, false, value)
    }

    fn draw<'v>(
        &self,
        service: &str,
        entropy: &Entropy,
        of_request: bool,
        value: impl Fn(&str) -> Option<Cow<'v, str>>,
    ) -> Option<Fault> {
        if !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.0.state.lock();
        for (rule, applied) in &mut state.rules {
            let fits = rule.is_of_request() == of_request
                && rule.service.as_deref().is_none_or(|name| name == service)
                && rule.times.is_none_or(|times| *applied < times)
                && rule
                    .matches
                    .iter()
                    .all(|(name, pattern)| value(name).is_some_and(|v| glob(pattern, &v)))
                && rule.probability.is_none_or(|p| entropy.unit() < p);
            if fits {
                *applied += 1;
                return Some(Fault { rule: rule.clone() });
            }
        }
        None
    }
}

impl FaultsState {
    fn list(&self) -> Vec<FaultRule> {
        self.rules
            .iter()
            .map(|(rule, _)| (**rule).clone())
            .collect()
    }
}

impl FaultRule {
    fn is_of_request(&self) -> bool {
        self.matches
            .keys()
            .all(|name| REQUEST_NAMES.contains(&name.as_str()))
    }

    fn check(&self) -> Result<(), String> {
        const SERVICES: [&str; 5] = ["http", "database", "auth", "queue", "storage"];
        if let Some(name) = &self.service
            && !SERVICES.contains(&name.as_str())
        {
            return Err(format!(
                "no service `{name}`: use one of {}",
                SERVICES.join(", ")
            ));
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("`probability` must be between 0 and 1".to_owned());
        }
        let effect = &self.effect;
        if effect.status.is_some_and(|s| !(200..=599).contains(&s)) {
            return Err("`status` must be between 200 and 599".to_owned());
        }
        let answers = usize::from(effect.status.is_some() || effect.body.is_some())
            + usize::from(effect.reset)
            + usize::from(effect.drop)
            + usize::from(effect.truncate.is_some());
        match answers {
            0 if effect.delay_ms.is_none() => Err(
                "the effect is empty: give delay_ms, status, body, reset, drop or truncate"
                    .to_owned(),
            ),
            0 | 1 => Ok(()),
            _ => Err(
                "only one of status/body, reset, drop and truncate can happen to one answer"
                    .to_owned(),
            ),
        }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters; case is ignored.
/// Linear in practice and never worse than the product of the lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            // Let the last star take one character more.
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(rules: serde_json::Value) -> Faults {
        let faults = Faults::default();
        faults.set(serde_json::from_value(rules).unwrap()).unwrap();
        faults
    }

    fn request(faults: &Faults, service: &str, path: &'static str) -> Option<String> {
        faults
            .for_request(service, &Entropy::seeded(1), |name| {
                (name == "path").then_some(Cow::Borrowed(path))
            })
            .map(|fault| fault.rule.id.clone())
    }

    #[test]
    fn first_fitting_rule_is_drawn_as_often_as_it_says() {
        let faults = faults(json!([
            {"service": "queue", "effect": {"reset": true}},
            {"id": "orders", "match": {"path": "/orders/*"}, "effect": {"status": 503}, "times": 2},
            {"effect": {"delay_ms": 5}},
        ]));
        assert_eq!(
            request(&faults, "http", "/orders/1").as_deref(),
            Some("orders")
        );
        assert_eq!(
            request(&faults, "http", "/ORDERS/2").as_deref(),
            Some("orders")
        );
        assert_eq!(
            request(&faults, "http", "/orders/3").as_deref(),
            Some("fault-2")
        );
        assert_eq!(request(&faults, "queue", "/x").as_deref(), Some("fault-1"));
    }

    #[test]
    fn operation_rules_are_invisible_to_requests() {
        let faults = faults(json!([
            {"service": "database", "match": {"table": "orders"}, "effect": {"body": "disk on fire"}},
        ]));
        assert_eq!(request(&faults, "database", "/db/execute"), None);
        let hit = faults.for_operation("database", &Entropy::seeded(1), |name| {
            (name == "table").then_some(Cow::Borrowed("orders"))
        });
        assert!(hit.is_some());
        let other = faults.for_operation("database", &Entropy::seeded(1), |_| None);
        assert_eq!(other, None);
    }

    #[test]
    fn probability_is_drawn_from_the_stacks_entropy() {
        let faults = faults(json!([{"effect": {"drop": true}, "probability": 0.25}]));
        let entropy = Entropy::seeded(3);
        let hits = (0..1000)
            .filter(|_| faults.for_request("http", &entropy, |_| None).is_some())
            .count();
        assert!((200..300).contains(&hits), "{hits} of 1000");
    }

    #[test]
    fn one_bad_rule_changes_nothing() {
        let faults = faults(json!([{"id": "a", "effect": {"status": 500}}]));
        for bad in [
            json!([{"effect": {}}]),
            json!([{"effect": {"status": 42}}]),
            json!([{"effect": {"status": 500, "reset": true}}]),
            json!([{"service": "htp", "effect": {"drop": true}}]),
            json!([{"probability": 2.0, "effect": {"drop": true}}]),
            json!([{"id": "x", "effect": {"drop": true}}, {"id": "x", "effect": {"drop": true}}]),
        ] {
            assert!(
                faults
                    .set(serde_json::from_value(bad.clone()).unwrap())
                    .is_err(),
                "{bad}"
            );
        }
        assert_eq!(faults.list()[0].id, "a");
    }

    #[test]
    fn restored_rules_remember_how_often_they_were_applied() {
        let faults = faults(json!([{"id": "once", "effect": {"drop": true}, "times": 1}]));
        let fresh = faults.state();
        assert!(request(&faults, "http", "/").is_some());
        assert!(request(&faults, "http", "/").is_none());
        faults.restore(fresh);
        assert!(request(&faults, "http", "/").is_some());
    }

    #[test]
    fn star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("/a/*", "/a/", true),
            ("/a/*/c", "/a/b/b/c", true),
            ("/a/*/c", "/a/b/b/d", false),
            ("*select*orders*", "SELECT * FROM orders WHERE 1", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} against {text}");
        }
    }
}
