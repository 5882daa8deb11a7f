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

/// A preference as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    Text(String),
    /// Without a value.
    Named,
    /// Several times in the query.
    Several(Vec<String>),
}

pub(super) fn of(input: &Input<'_>) -> Result<Preferences, Problem> {
    let header = input.header("prefer");
    let given = match &header {
        Some(header) => named(header),
        None => ["code", "dynamic", "seed", "example"]
            .into_iter()
            .filter_map(|name| {
                let own = format!("__{name}");
                let (_, values) = input.query.iter().find(|(given, _)| *given == own)?;
                let given = match values.as_slice() {
                    // `?__example=` asks for nothing.
                    [one] if one.is_empty() && matches!(name, "example" | "seed") => return None,
                    [one] => Given::Text(one.clone()),
                    several => Given::Several(several.to_vec()),
                };
                Some((name.to_owned(), given))
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
    let value = match given? {
        Given::Text(value) => return Some(value.clone()),
        Given::Named => "true".to_owned(),
        Given::Several(values) => serde_json::Value::from(values.clone()).to_string(),
    };
    wrong.push(format!(
        "optional property \"{name}\"\n└─ cannot decode {value}, should be string"
    ));
    None
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
            let given = match value {
                "" => Given::Named,
                value => Given::Text(value.to_owned()),
            };
            found.push((name, given));
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
    use super::{Given, named};

    #[test]
    fn first_preference_of_a_name_counts() {
        let some = |text: &str| Given::Text(text.to_owned());
        assert_eq!(
            named("code=404, Example=\"a, b\"; x=y, dynamic, code=200"),
            [
                ("code".to_owned(), some("404")),
                ("example".to_owned(), some("a, b")),
                ("dynamic".to_owned(), Given::Named),
            ]
        );
    }
}
