//! What the query parameters of a description mean for a list that is kept: a parameter that is called as a property of
//! the items filters by it; the others page, sort and search by the names that APIs have for it.

use efsm_spec::Operation;
use efsm_spec::model::Parameter;
use efsm_spec::schema::Root;
use serde_json::Value;

use crate::engine::resource::ListQuery;

/// Names without their case, `_`, `-`, `.` and `$`, and what they are for a list.
const ROLES: [(&str, &[&str]); 6] = [
    (
        "_limit",
        &[
            "limit",
            "perpage",
            "pagesize",
            "pagelimit",
            "size",
            "count",
            "maxresults",
            "maxitems",
            "top",
            "take",
        ],
    ),
    (
        "_start",
        &["offset", "skip", "start", "startindex", "pageoffset"],
    ),
    ("_page", &["page", "pagenumber", "pageindex", "pageno"]),
    ("_sort", &["sort", "sortby", "orderby", "sortfield"]),
    (
        "_order",
        &["order", "direction", "sortorder", "sortdirection"],
    ),
    ("q", &["q", "query", "search"]),
];

/// The list that a request asks for, of the parameters that its operation describes.
pub(super) fn query(
    root: &Root,
    operation: &Operation,
    written: &str,
    fields: &[String],
) -> ListQuery {
    let given: Vec<(String, String)> = form_urlencoded::parse(written.as_bytes())
        .into_owned()
        .collect();
    let mut pairs = Vec::new();
    for parameter in &operation.query {
        let mut values = given
            .iter()
            .filter(|(name, value)| *name == parameter.name && !value.is_empty())
            .map(|(_, value)| value.as_str());
        let schema = schema(root, parameter);
        if fields.contains(&parameter.name) {
            let is_list = schema.and_then(|schema| schema.get("type")) == Some(&"array".into());
            for value in values {
                let several = if is_list {
                    value.split(',').collect()
                } else {
                    vec![value]
                };
                pairs.extend(
                    several
                        .into_iter()
                        .map(|one| (parameter.name.clone(), one.to_owned())),
                );
            }
            continue;
        }
        let Some(role) = role(&parameter.name) else {
            continue;
        };
        let default = schema
            .and_then(|schema| schema.get("default"))
            .and_then(Value::as_u64)
            .filter(|_| role == "_limit")
            .map(|number| number.to_string());
        let Some(value) = values.next_back().map(str::to_owned).or(default) else {
            continue;
        };
        let value = match value.parse::<u64>() {
            Ok(page) if role == "_page" && starts_at_zero(schema) => (page + 1).to_string(),
            _ => value,
        };
        pairs.push((role.to_owned(), value));
    }
    ListQuery::parse(&pairs)
}

fn schema<'a>(root: &'a Root, parameter: &'a Parameter) -> Option<&'a Value> {
    root.follow(parameter.schema.as_ref()?)
}

fn role(name: &str) -> Option<&'static str> {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    ROLES
        .iter()
        .find(|(_, names)| names.contains(&plain.as_str()))
        .map(|(role, _)| *role)
}

/// Whether pages are described to begin with 0.
fn starts_at_zero(schema: Option<&Value>) -> bool {
    schema.is_some_and(|schema| {
        ["minimum", "default"]
            .iter()
            .any(|keyword| schema.get(*keyword).and_then(Value::as_u64) == Some(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query_string: &str, expected: &[(&str, &str)]) {
        let root = Root::default();
        let parameter = |name: &str, schema: Value| Parameter {
            name: name.to_owned(),
            schema: Some(schema),
            ..Parameter::default()
        };
        let operation = Operation {
            query: vec![
                parameter(
                    "per_page",
                    serde_json::json!({"type": "integer", "default": 3}),
                ),
                parameter(
                    "pageNumber",
                    serde_json::json!({"type": "integer", "minimum": 0}),
                ),
                parameter("status", serde_json::json!({"type": "array"})),
                parameter("name", serde_json::json!({"type": "string"})),
                parameter("sort", serde_json::json!({"type": "string"})),
                parameter("expand", serde_json::json!({"type": "string"})),
            ]
            .into(),
            ..Operation::default()
        };
        let fields = ["name".to_owned(), "status".to_owned()];
        let pairs: Vec<(String, String)> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(
            query(&root, &operation, query_string, &fields),
            ListQuery::parse(&pairs),
            "{query_string}"
        );
    }

    #[test]
    fn parameters_mean_what_they_are_called() {
        check("", &[("_limit", "3")]);
        check(
            "per_page=2&pageNumber=1",
            &[("_limit", "2"), ("_page", "2")],
        );
        check(
            "name=Ada&sort=-name",
            &[("_limit", "3"), ("name", "Ada"), ("_sort", "-name")],
        );
        check(
            "status=a,b",
            &[("_limit", "3"), ("status", "a"), ("status", "b")],
        );
        // What is not described, or is no property of the items, is none of the list's.
        check("expand=owner&limit=1&q=x", &[("_limit", "3")]);
    }
}
