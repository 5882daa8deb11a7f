use efsm_jsonpath::{JsonPath, Selected, Step};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "it's", "a b", "x.y"]).prop_map(str::to_owned)
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-3_i64..4).prop_map(|n| json!(n as f64 / 2.0)),
        "[ab1]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn quoted(name: &str) -> String {
    format!("['{}']", name.replace('\'', "\\'"))
}

fn path() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        4 => name().prop_map(|name| quoted(&name)),
        2 => (-3_i32..4).prop_map(|index| format!("[{index}]")),
        1 => (-3_i32..4, -3_i32..4).prop_map(|(from, to)| format!("[{from}:{to}]")),
        1 => (-3_i32..4, -3_i32..4).prop_map(|(one, two)| format!("[{one},{two}]")),
        2 => Just("[*]".to_owned()),
        1 => name().prop_map(|name| format!("..{}", quoted(&name))),
        1 => Just("..*".to_owned()),
        1 => (name(), -3_i32..4).prop_map(|(name, n)| format!("[?(@{} >= {n} || !@.a)]", quoted(&name))),
    ];
    prop::collection::vec(step, 0..5).prop_map(|steps| format!("${}", steps.concat()))
}

fn at<'v>(document: &'v Value, way: &[Step]) -> Option<&'v Value> {
    way.iter().try_fold(document, |value, step| match step {
        Step::Name(name) => value.get(name.as_str()),
        Step::Index(index) => value.get(index),
    })
}

fn as_path(way: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Name(name) => quoted(name),
        Step::Index(index) => format!("[{index}]"),
    };
    format!("${}", way.iter().map(step).collect::<String>())
}

fn places(path: &JsonPath, document: &Value) -> Vec<Vec<Step>> {
    let selected = path.select(document).unwrap_or_default();
    selected
        .into_iter()
        .filter_map(|Selected { location, .. }| location)
        .collect()
}

/// Every value in a document, with its place.
fn everything(document: &Value) -> Vec<(Vec<Step>, &Value)> {
    let mut all = vec![(Vec::new(), document)];
    let mut next = 0;
    while let Some((way, value)) = all.get(next).cloned() {
        let below = |step| [way.clone(), vec![step]].concat();
        match value {
            Value::Object(object) => {
                all.extend(
                    object
                        .iter()
                        .map(|(name, value)| (below(Step::Name(name.clone())), value)),
                );
            }
            Value::Array(items) => {
                all.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, value)| (below(Step::Index(index)), value)),
                );
            }
            _ => {}
        }
        next += 1;
    }
    all
}

/// A document without some places.
fn without(value: &Value, way: &[Step], gone: &[Vec<Step>]) -> Option<Value> {
    let below = |step| [way, &[step]].concat();
    if gone.iter().any(|place| place == way) {
        return None;
    }
    Some(match value {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .filter_map(|(name, value)| {
                    Some((
                        name.clone(),
                        without(value, &below(Step::Name(name.clone())), gone)?,
                    ))
                })
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, value)| without(value, &below(Step::Index(index)), gone))
            .collect(),
        other => other.clone(),
    })
}

proptest! {
    #[test]
    fn reading_random_text_never_panics(text in "\\PC{0,40}", document in document()) {
        if let Ok(path) = JsonPath::parse(&text) {
            let _ = path.read(&document);
        }
    }

    #[test]
    fn reading_text_made_of_the_syntax_never_panics(
        text in r#"\$?([.\[\]()?@$*:,'"/!&|=<>~ ab0-9\\-]|\.\.|length\(\)|\?\(@\.){0,25}"#,
        document in document(),
    ) {
        if let Ok(path) = JsonPath::parse(&text) {
            let _ = path.read(&document);
            let _ = path.delete(&mut document.clone());
        }
    }

    #[test]
    fn selected_values_stand_at_their_places(path in path(), document in document()) {
        let path = JsonPath::parse(&path).unwrap();
        for selected in path.select(&document).unwrap_or_default() {
            let place = selected.location.unwrap();
            prop_assert_eq!(at(&document, &place), Some(&*selected.value));
            prop_assert_eq!(JsonPath::parse(&as_path(&place)).unwrap().read(&document).unwrap(), selected.value.into_owned());
        }
    }

    #[test]
    fn read_gives_what_select_selects(path in path(), document in document()) {
        let path = JsonPath::parse(&path).unwrap();
        match (path.read(&document), path.select(&document)) {
            (Ok(value), Ok(selected)) if path.is_definite() => {
                prop_assert_eq!(selected.len(), 1);
                prop_assert_eq!(&value, &*selected[0].value);
            }
            (Ok(value), Ok(selected)) => {
                let values: Vec<Value> = selected.into_iter().map(|one| one.value.into_owned()).collect();
                prop_assert_eq!(value, Value::Array(values));
            }
            (read, selected) => prop_assert_eq!(read.err(), selected.err()),
        }
    }

    #[test]
    fn a_deep_scan_for_a_name_is_a_filter_over_everything(name in name(), document in document()) {
        let path = JsonPath::parse(&format!("$..{}", quoted(&name))).unwrap();
        let mut expected: Vec<_> = everything(&document)
            .into_iter()
            .map(|(way, _)| way)
            .filter(|way| way.last() == Some(&Step::Name(name.clone())))
            .collect();
        let mut found = places(&path, &document);
        let key = |way: &Vec<Step>| as_path(way);
        expected.sort_by_key(key);
        found.sort_by_key(key);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn set_touches_only_what_is_selected(path in path(), document in document()) {
        let path = JsonPath::parse(&path).unwrap();
        let selected = places(&path, &document);
        let mut changed = document.clone();
        let mark = json!("\u{1}mark");
        if path.set(&mut changed, &mark).is_err() {
            prop_assert_eq!(changed, document);
            return Ok(());
        }
        for (way, before) in everything(&document) {
            let above = selected.iter().any(|place| way.starts_with(place));
            let below = selected.iter().any(|place| place.starts_with(&way));
            let outermost = selected.contains(&way)
                && !selected.iter().any(|place| place.len() < way.len() && way.starts_with(place));
            if outermost {
                prop_assert_eq!(at(&changed, &way), Some(&mark));
            } else if !above && !below {
                prop_assert_eq!(at(&changed, &way), Some(before));
            }
        }
    }

    #[test]
    fn delete_removes_exactly_what_is_selected(path in path(), document in document()) {
        let path = JsonPath::parse(&path).unwrap();
        let selected = places(&path, &document);
        let mut changed = document.clone();
        if path.delete(&mut changed).is_err() {
            prop_assert_eq!(changed, document);
            return Ok(());
        }
        prop_assert_eq!(Some(changed), without(&document, &[], &selected));
    }
}
