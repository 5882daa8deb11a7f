//! `Prefer: code=404, example=cat, dynamic=true, seed=x`, or the same in the query as `__code`.

use super::problem::Problem;
use super::request::Input;

/// What a request asks for beside its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    pub(super) code: Option<u16>,
    pub(super) example: Option<String>,
    pub(super) is_dynamic: Option<bool>,
    pub(super) seed: Option<String>,
}

/// A preference's value; `None` stands for one that is only named.
type Given = Option<String>;

pub(super) fn of(input: &Input<'_>) -> Result<Preferences, Problem> {
    let header = input.header("prefer");
    let given = match &header {
        Some(header) => named(header),
        None => ["code", "dynamic", "seed", "example"]
            .into_iter()
            .filter_map(|name| {
                let value = input.query_value(&format!("__{name}"))?;
                // `?__example=` asks for nothing.
                (!value.is_empty()).then(|| (name.to_owned(), Some(value)))
            })
            .collect(),
    };
    let find = |name: &str| {
        given
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    };
    let mut wrong = Vec::new();
    let code = text(find("code"), "code", &mut wrong).and_then(|code| {
        let is_code = code.len() == 3 && code.bytes().all(|c| c.is_ascii_digit());
        if !is_code {
            wrong.push(not_a("code", &code, "a number"));
        }
        code.parse().ok().filter(|_| is_code)
    });
    let is_dynamic = text(find("dynamic"), "dynamic", &mut wrong).and_then(|value| {
        let parsed = value.parse().ok();
        if parsed.is_none() {
            wrong.push(not_a("dynamic", &value, "a boolean"));
        }
        parsed
    });
    let seed = text(find("seed"), "seed", &mut wrong);
    let example = text(find("example"), "example", &mut wrong);
    if wrong.is_empty() {
        Ok(Preferences {
            code,
            example,
            is_dynamic,
            seed,
        })
    } else {
        Err(Problem::unprocessable(wrong.join("\n")))
    }
}

fn text(given: Option<&Given>, name: &str, wrong: &mut Vec<String>) -> Option<String> {
    match given {
        Some(Some(value)) => Some(value.clone()),
        Some(None) => {
            wrong.push(format!(
                "optional property \"{name}\"\n└─ cannot decode true, should be string"
            ));
            None
        }
        None => None,
    }
}

fn not_a(name: &str, value: &str, what: &str) -> String {
    let value = serde_json::Value::from(value);
    format!("optional property \"{name}\"\n└─ cannot decode {value}, should be {what}")
}

/// The preferences of a header (RFC 7240), the first of each name.
fn named(header: &str) -> Vec<(String, Given)> {
    let mut found: Vec<(String, Given)> = Vec::new();
    for preference in outside_quotes(header, ',') {
        // What follows a semicolon belongs to the preference before it, and is none of ours.
        let Some(first) = outside_quotes(&preference, ';').into_iter().next() else {
            continue;
        };
        let (name, value) = first.split_once('=').unwrap_or((&first, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .unwrap_or(value);
        if !found.iter().any(|(other, _)| *other == name) {
            found.push((name, (!value.is_empty()).then(|| value.to_owned())));
        }
    }
    found
}

fn outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut is_quoted = false;
    text.split(|c| {
        if c == '"' {
            is_quoted = !is_quoted;
        }
        c == separator && !is_quoted
    })
    .map(str::to_owned)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn first_preference_of_a_name_counts() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            named("code=404, Example=\"a, b\"; x=y, dynamic, code=200"),
            [
                ("code".to_owned(), some("404")),
                ("example".to_owned(), some("a, b")),
                ("dynamic".to_owned(), None),
            ]
        );
    }
}
