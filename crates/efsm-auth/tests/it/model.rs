//! Random runs of the service against a model of a few lines.

use std::collections::{BTreeMap, BTreeSet};

use efsm_core::{Part, ResetDepth, Service as _, SignedDuration};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{NOW_SECONDS, SECRET, auth_in, context};

#[derive(Clone, Debug)]
enum Step {
    AddUser(u8, u8),
    RemoveUser(u8),
    Issue { user: u8, ttl_seconds: Option<i64> },
    Validate(prop::sample::Index),
    MoveClock(i64),
    Snapshot,
    Restore(prop::sample::Index),
    Reset(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..4u8, any::<u8>()).prop_map(|(user, mark)| Step::AddUser(user, mark)),
        1 => (0..4u8).prop_map(Step::RemoveUser),
        4 => (0..4u8, prop::option::of(-50..5000i64))
            .prop_map(|(user, ttl_seconds)| Step::Issue { user, ttl_seconds }),
        4 => any::<prop::sample::Index>().prop_map(Step::Validate),
        3 => (-4000..4000i64).prop_map(Step::MoveClock),
        1 => Just(Step::Snapshot),
        1 => any::<prop::sample::Index>().prop_map(Step::Restore),
        1 => any::<bool>().prop_map(Step::Reset),
    ]
}

/// What the service should hold.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    users: BTreeMap<String, u8>,
    issued: Vec<String>,
    validated: u64,
    refused: u64,
}

/// A token and what is known of it, which no restore and no reset can change.
struct Known {
    token: String,
    subject: String,
    mark: Option<u8>,
    exp: i64,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn service_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        let context = context();
        let auth = auth_in(context.clone());
        auth.reset(ResetDepth::All, &context.gate().cut());
        let mut model = Model::default();
        let mut now = NOW_SECONDS;
        let mut known: Vec<Known> = Vec::new();
        let mut ids = BTreeSet::new();
        let mut snapshots: Vec<(Part, Model)> = Vec::new();

        for step in steps {
            match step {
                Step::AddUser(user, mark) => {
                    let name = format!("user{user}");
                    auth.add_user(&name, json!({"mark": mark})).unwrap();
                    model.users.insert(name, mark);
                }
                Step::RemoveUser(user) => {
                    let name = format!("user{user}");
                    let removed = auth.remove_user(&name);
                    prop_assert_eq!(removed, model.users.remove(&name).is_some());
                }
                Step::Issue { user, ttl_seconds } => {
                    let subject = format!("user{user}");
                    let exp = now + ttl_seconds.unwrap_or(3600);
                    let extra = ttl_seconds.map_or(Value::Null, |_| json!({"exp": exp}));
                    let token = auth.issue_jwt(&subject, extra).unwrap();
                    prop_assert!(ids.insert(token.clone()), "a token was issued twice");
                    model.issued.push(token.clone());
                    known.push(Known {
                        token,
                        mark: model.users.get(&subject).copied(),
                        subject,
                        exp,
                    });
                }
                Step::Validate(index) if !known.is_empty() => {
                    let known = index.get(&known);
                    let validated = auth.validate_jwt(&known.token);
                    if now < known.exp {
                        let claims = validated.unwrap();
                        prop_assert_eq!(claims.subject(), Some(known.subject.as_str()));
                        let mark = claims.get("mark").and_then(Value::as_u64);
                        prop_assert_eq!(mark, known.mark.map(u64::from));
                        model.validated += 1;
                    } else {
                        prop_assert!(validated.is_err());
                        model.refused += 1;
                    }
                }
                Step::MoveClock(seconds) => {
                    context.clock().advance(SignedDuration::from_secs(seconds)).unwrap();
                    now += seconds;
                }
                Step::Snapshot => {
                    let part = auth.snapshot(&context.gate().cut());
                    snapshots.push((part, model.clone()));
                }
                Step::Restore(index) if !snapshots.is_empty() => {
                    let (part, then) = index.get(&snapshots);
                    auth.restore(part, &context.gate().cut()).unwrap();
                    model = then.clone();
                }
                Step::Reset(all) => {
                    let depth = if all { ResetDepth::All } else { ResetDepth::Data };
                    auth.reset(depth, &context.gate().cut());
                    let users = if all { BTreeMap::new() } else { model.users };
                    model = Model { users, ..Model::default() };
                }
                Step::Validate(_) | Step::Restore(_) => {}
            }
            let users: BTreeMap<String, u8> = auth
                .users()
                .into_iter()
                .map(|user| {
                    let mark = user.claims["mark"].as_u64().unwrap();
                    (user.name, u8::try_from(mark).unwrap())
                })
                .collect();
            let counts = auth.counts();
            let held = Model {
                users,
                issued: auth.issued_tokens().iter().map(|t| t.token.clone()).collect(),
                validated: counts.validated,
                refused: counts.refused,
            };
            prop_assert_eq!(&held, &model);
            prop_assert_eq!(counts.issued, model.issued.len() as u64);
            prop_assert_eq!(auth.secret(), SECRET);
            prop_assert_eq!(context.memory().used_bytes() == 0, model.users.is_empty());
        }
    }
}
