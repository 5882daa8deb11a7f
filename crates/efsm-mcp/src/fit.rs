//! A value within so many characters of JSON: texts and lists keep their head and their tail, and what was left out is
//! counted. The result obeys the same schema.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value};

/// Places of lists and maps, each with how many entries it lost.
pub(crate) type LeftOut = BTreeMap<String, u64>;

/// So many places are told apart.
const PLACES: usize = 16;
/// So much is told of a place's name.
const PLACE: usize = 80;
/// No item of a list takes more than this part of the list's room while others are left.
const SHARES: usize = 4;
/// Room for a word on what is missing.
const MARKER: usize = 48;
const QUOTES: usize = 2;

/// `object`, which obeys `schema`, in at most `room` characters.
pub(crate) fn fit(
    object: Map<String, Value>,
    schema: &Map<String, Value>,
    room: usize,
) -> (Map<String, Value>, LeftOut) {
    let mut fitter = Fitter::default();
    let object = fitter.object(object, schema, room, "");
    (object, fitter.left_out)
}

/// How many characters the JSON of a value has.
pub(crate) fn size(value: &impl Serialize) -> usize {
    let mut counter = Counter(0);
    // A counter never fails, and what is counted here has been serialised before.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// Counts the characters of UTF-8.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A text whose JSON has at most `room` characters: its head and its tail around a word on what is missing. A short text
/// stays as it is.
pub(crate) fn head_and_tail(text: &str, room: usize) -> String {
    // The word alone takes as much as a short text.
    let room = room.max(QUOTES + MARKER);
    if size(&text) <= room {
        return text.to_owned();
    }
    let half = (room - QUOTES - MARKER) / 2;
    let head = taken(text.char_indices(), half).map_or(0, |(at, c)| at + c.len_utf8());
    let rest = &text[head..];
    let tail = taken(rest.char_indices().rev(), half).map_or(rest.len(), |(at, _)| at);
    let missing = rest[..tail].chars().count();
    let (head, tail) = (&text[..head], &rest[tail..]);
    format!("{head}\n[.. {missing} characters left out ..]\n{tail}")
}

/// The last of the characters whose JSON fits into `room`.
fn taken(characters: impl Iterator<Item = (usize, char)>, room: usize) -> Option<(usize, char)> {
    let mut used = 0;
    characters
        .take_while(|(_, c)| {
            used += size(c) - QUOTES;
            used <= room
        })
        .last()
}

/// Whether an object has the fields that its schema names, and no others.
fn is_typed(schema: &Map<String, Value>) -> bool {
    schema.get("properties").is_some_and(Value::is_object)
}

/// The schema of something inside, empty when anything goes.
fn inside<'s>(schema: &'s Map<String, Value>, path: &[&str]) -> &'s Map<String, Value> {
    static ANYTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    path.iter()
        .try_fold(schema, |schema, name| schema.get(*name)?.as_object())
        .unwrap_or(&ANYTHING)
}

#[derive(Default)]
struct Fitter {
    left_out: LeftOut,
}

impl Fitter {
    fn value(
        &mut self,
        value: Value,
        schema: &Map<String, Value>,
        room: usize,
        place: &str,
    ) -> Value {
        if size(&value) <= room {
            return value;
        }
        match value {
            Value::String(text) => head_and_tail(&text, room).into(),
            Value::Array(items) => {
                let schema = inside(schema, &["items"]);
                let place = format!("{place}[]");
                let items = items.into_iter().map(|item| (None, item)).collect();
                self.ends(items, schema, room, &place)
                    .into_iter()
                    .map(|(_, item)| item)
                    .collect()
            }
            Value::Object(object) => self.object(object, schema, room, place).into(),
            scalar => scalar,
        }
    }

    fn object(
        &mut self,
        object: Map<String, Value>,
        schema: &Map<String, Value>,
        room: usize,
        place: &str,
    ) -> Map<String, Value> {
        if is_typed(schema) {
            self.fields(object, schema, room, place)
        } else {
            self.entries(object, schema, room, place)
        }
    }

    /// All fields, each with its part of the room: small ones whole, large ones evenly.
    fn fields(
        &mut self,
        mut object: Map<String, Value>,
        schema: &Map<String, Value>,
        room: usize,
        place: &str,
    ) -> Map<String, Value> {
        let mut sizes: Vec<(usize, String)> = object
            .iter()
            .map(|(name, value)| (size(value), name.clone()))
            .collect();
        sizes.sort_unstable();
        let names: usize = object.keys().map(|name| size(name) + 2).sum();
        let mut room = room.saturating_sub(QUOTES + names);
        let mut left = sizes.len();
        for (size, name) in sizes {
            let part = size.min(room / left);
            room -= part;
            left -= 1;
            if size <= part {
                continue;
            }
            if let Some(value) = object.get_mut(&name) {
                let schema = inside(schema, &["properties", &name]);
                *value = self.value(value.take(), schema, part, &below(place, &name));
            }
        }
        object
    }

    /// The first and the last entries of a map that anything may be in.
    fn entries(
        &mut self,
        object: Map<String, Value>,
        schema: &Map<String, Value>,
        room: usize,
        place: &str,
    ) -> Map<String, Value> {
        let schema = inside(schema, &["additionalProperties"]);
        let entries = object
            .into_iter()
            .map(|(name, value)| (Some(name), value))
            .collect();
        self.ends(entries, schema, room, place)
            .into_iter()
            .filter_map(|(name, value)| Some((name?, value)))
            .collect()
    }

    /// The first and the last of many, taken in turn until the room is used up.
    fn ends(
        &mut self,
        items: Vec<(Option<String>, Value)>,
        schema: &Map<String, Value>,
        room: usize,
        place: &str,
    ) -> Vec<(Option<String>, Value)> {
        let mut room = room.saturating_sub(QUOTES);
        let share = room / items.len().clamp(1, SHARES);
        let mut items = items.into_iter();
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        loop {
            let is_head = head.len() <= tail.len();
            let next = if is_head {
                items.next()
            } else {
                items.next_back()
            };
            let Some((name, value)) = next else { break };
            let named = name.as_ref().map_or(0, |name| size(name) + 1);
            let inner = match &name {
                Some(name) => below(place, name),
                None => place.to_owned(),
            };
            let value = self.value(value, schema, share.saturating_sub(named + 1), &inner);
            let used = named + size(&value) + 1;
            if used > room {
                self.leave_out(place, items.len() as u64 + 1);
                break;
            }
            room -= used;
            let side = if is_head { &mut head } else { &mut tail };
            side.push((name, value));
        }
        head.extend(tail.into_iter().rev());
        head
    }

    fn leave_out(&mut self, place: &str, count: u64) {
        let place = place.trim_end_matches("[]");
        let is_full = self.left_out.len() >= PLACES && !self.left_out.contains_key(place);
        let place = if is_full { "others" } else { place };
        *self.left_out.entry(place.to_owned()).or_default() += count;
    }
}

fn below(place: &str, name: &str) -> String {
    let dot = if place.is_empty() { "" } else { "." };
    let place = format!("{place}{dot}{name}");
    let plain = |c: char| if c.is_control() { '?' } else { c };
    place.chars().map(plain).take(PLACE).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    fn fitted(value: Value, schema: Value, room: usize) -> (Value, LeftOut) {
        let (fitted, left_out) = fit(object(value), &object(schema), room);
        assert!(size(&fitted) <= room, "{} > {room}", size(&fitted));
        (fitted.into(), left_out)
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(size(&"äöü"), 5);
        assert_eq!(size(&"\n"), 4);
        assert_eq!(size(&json!({"ü": [1, "😀"]})), 13);
    }

    #[test]
    fn long_texts_keep_both_ends_and_say_how_much_is_missing() {
        let text = format!("begin{}end", "ü".repeat(50_000));
        let cut = head_and_tail(&text, 1_000);
        assert!(cut.starts_with("begin") && cut.ends_with("end"));
        assert!((900..=1_000).contains(&size(&cut)));
        let kept = cut.matches('ü').count();
        let marker = format!("[.. {} characters left out ..]", 50_000 - kept);
        assert!(cut.contains(&marker), "{cut}");
        assert_eq!(head_and_tail("short", 7), "short");
        // What is written with escapes takes more room.
        assert!(size(&head_and_tail(&"\u{1}".repeat(1_000), 300)) <= 300);
    }

    #[test]
    fn long_lists_keep_both_ends() {
        let rows: Vec<Value> = (0..10_000).map(|n| json!({"n": n})).collect();
        let schema = json!({"properties": {"rows": {"items": {}}, "count": {}}});
        let (cut, left_out) = fitted(json!({"rows": rows, "count": 10_000}), schema, 5_000);
        let kept = cut["rows"].as_array().unwrap();
        assert_eq!(
            (&kept[0], &kept[kept.len() - 1]),
            (&json!({"n": 0}), &json!({"n": 9999}))
        );
        assert_eq!(kept.len() as u64 + left_out["rows"], 10_000);
        assert_eq!(cut["count"], 10_000);
        assert!(kept.len() > 300, "the room is used: {}", kept.len());
    }

    #[test]
    fn fields_that_a_schema_names_stay() {
        let schema = json!({"properties": {"a": {}, "b": {}, "rest": {
            "additionalProperties": {"properties": {"id": {}, "text": {}}},
        }}});
        let rest: Map<String, Value> = (0..500)
            .map(|n| (format!("k{n}"), json!({"id": n, "text": "x".repeat(5_000)})))
            .collect();
        let value = json!({"a": "y".repeat(9_000), "b": 1, "rest": rest});
        let (cut, left_out) = fitted(value, schema, 4_000);
        assert_eq!(cut["b"], 1);
        assert!(cut["a"].as_str().unwrap().contains("left out"));
        let kept = cut["rest"].as_object().unwrap();
        assert_eq!(kept.len() as u64 + left_out["rest"], 500);
        assert!(kept.contains_key("k0") && kept.contains_key("k499"));
        assert!(
            kept.values()
                .all(|entry| entry.as_object().unwrap().len() == 2)
        );
    }

    #[test]
    fn places_are_few() {
        let many: Map<String, Value> = (0..40)
            .map(|n| (format!("list-{n}"), (0..1_000).collect()))
            .collect();
        let (_, left_out) = fitted(
            json!({"a": many}),
            json!({"properties": {"a": {"properties": {}}}}),
            20_000,
        );
        assert!(left_out.len() <= PLACES + 1);
        assert!(left_out.contains_key("others"));
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            "[a-zü\"\n]{0,60}".prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(5, 200, 12, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                prop::collection::vec(("[a-zü\"\n]{0,20}", inner), 0..12)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn anything_fits(value in anything(), room in 200_usize..4_000) {
            let (cut, left_out) = fitted(json!({"value": value.clone()}), json!({"properties": {}}), room);
            if size(&json!({"value": value.clone()})) <= room {
                prop_assert_eq!(&cut["value"], &value);
                prop_assert!(left_out.is_empty());
            }
        }
    }
}
