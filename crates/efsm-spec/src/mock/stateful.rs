//! What a mock that keeps what is sent to it needs of a description: which paths are collections and which are
//! their items, and what an object looks like in an answer.

use efsm_generate::Direction;
use serde_json::Value;

use super::problem::Problem;
use super::request::{Input, Request};
use super::{Answer, Found, Mock, media};
use crate::model::{Operation, Route};

/// A request's place among the resources of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePath {
    /// The concrete path of the collection, without a slash at the front: `users/1/orders`.
    pub collection: String,
    /// Of the item; `None` for the collection itself.
    pub id: Option<String>,
    /// The property that holds an item's id.
    pub id_property: String,
    pub has_integer_ids: bool,
    /// The properties that items are described with.
    pub fields: Vec<String>,
}

impl Mock {
    /// The collection or item that a request is for; `None` when its path is neither.
    pub fn resource(&self, request: &Request<'_>) -> Option<ResourcePath> {
        let method = request.method.to_ascii_lowercase();
        let (Found::Route(route), path) = self.find(&method, request.path, None) else {
            return None;
        };
        let path = path.trim_end_matches('/');
        if let Some((parent, name)) = item_of(&route.path)
            && self.has_path(parent)
        {
            let (collection, id) = path.rsplit_once('/')?;
            return Some(self.described_resource(&route.path, name, collection, Some(id)));
        }
        let start = format!("{}/", route.path.trim_end_matches('/'));
        let item = self.description.routes.iter().find(|other| {
            item_of(&other.path).is_some()
                && other
                    .path
                    .rsplit_once('/')
                    .is_some_and(|(parent, _)| format!("{parent}/") == start)
        })?;
        let (_, name) = item_of(&item.path)?;
        Some(self.described_resource(&item.path, name, path, None))
    }

    fn has_path(&self, path: &str) -> bool {
        self.description
            .routes
            .iter()
            .any(|route| route.path.trim_end_matches('/') == path)
    }

    fn described_resource(
        &self,
        item_path: &str,
        parameter: &str,
        collection: &str,
        id: Option<&str>,
    ) -> ResourcePath {
        let schema = self.item_schema(item_path);
        let properties = schema
            .as_ref()
            .and_then(|schema| self.description.root.follow(schema))
            .and_then(|schema| schema.get("properties"))
            .and_then(Value::as_object);
        let candidates = [parameter, "id", "_id", "uuid", "name"];
        let found = properties.and_then(|properties| {
            candidates
                .iter()
                .find_map(|name| Some((*name, properties.get(*name)?)))
        });
        let kind = found
            .and_then(|(_, schema)| self.description.root.follow(schema))
            .and_then(|schema| schema.get("type"))
            .and_then(Value::as_str);
        let decoded = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        ResourcePath {
            collection: decoded(collection.trim_start_matches('/')),
            id: id.map(decoded),
            id_property: found.map_or("id", |(name, _)| name).to_owned(),
            has_integer_ids: kind.is_none_or(|kind| kind == "integer" || kind == "number"),
            fields: properties
                .into_iter()
                .flat_map(|properties| properties.keys().cloned())
                .collect(),
        }
    }

    /// The schema of an item: what reading it answers, else what any of its methods answers.
    fn item_schema(&self, item_path: &str) -> Option<Value> {
        let routes = self.description.routes.iter();
        let mut of_path: Vec<&Route> = routes.filter(|route| route.path == item_path).collect();
        of_path.sort_by_key(|route| route.method != "get");
        of_path.into_iter().find_map(|route| {
            let operation = self.description.operation(route);
            let success = operation
                .responses
                .iter()
                .find(|response| response.code.starts_with('2'))?;
            json_schema(&operation, &success.code).cloned()
        })
    }

    /// An answer that says `value` in the shape that the description gives the answer: whole, or as the items of a
    /// list, of which there are `total` without paging. The answer stays as it is when its shape has no room for it.
    pub fn with_value(
        &self,
        answer: Answer,
        value: &Value,
        total: Option<usize>,
        entropy: u64,
    ) -> Answer {
        let Some(operation) = answer.operation.clone() else {
            return answer;
        };
        let Some(schema) = json_schema(&operation, &answer.status.to_string()) else {
            return answer;
        };
        let wanted = if value.is_array() {
            let mut shown: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            match place_of_list(&mut shown) {
                Some(place) => {
                    *place = value.clone();
                    count(&mut shown, total);
                    shown
                }
                None => value.clone(),
            }
        } else {
            value.clone()
        };
        let options = efsm_generate::Options {
            direction: Direction::Response,
            ..efsm_generate::Options::default()
        };
        let root = &self.description.root.value;
        match efsm_generate::fit(schema, root, &wanted, entropy, &options) {
            Ok(fitted) => Answer {
                body: crate::json::text(&fitted).into(),
                ..answer
            },
            Err(_) => answer,
        }
    }

    /// The answer for an item that is not there; `None` when the description has none, so that the mock must invent
    /// the item.
    pub fn not_there(&self, request: &Request<'_>, entropy: u64) -> Option<Answer> {
        let method = request.method.to_ascii_lowercase();
        let (Found::Route(route), _) = self.find(&method, request.path, None) else {
            return None;
        };
        let operation = self.description.operation(route);
        let has_404 = operation
            .responses
            .iter()
            .any(|response| matches!(response.code.as_str(), "404" | "4XX" | "default"));
        if !has_404 {
            return None;
        }
        let input = Input::new(*request);
        let mut log = super::Log::new(self.options.is_logged);
        let wanted = super::Wanted {
            code: Some(404),
            is_dynamic: self.options.is_dynamic,
            seed: self.options.seed.clone(),
            accept: input.header("accept").map(Into::into),
            ..super::Wanted::default()
        };
        let answer = self.described(&operation, Vec::new(), &wanted, entropy, &mut log);
        let mut answer =
            answer.unwrap_or_else(|problem: Problem| super::refused(&problem, &mut log));
        answer.headers.splice(0..0, self.cors(request.headers));
        answer.log = log.into_lines();
        Some(answer)
    }
}

/// The collection's template and the parameter's name, where a template ends in a parameter alone.
fn item_of(path: &str) -> Option<(&str, &str)> {
    let (parent, last) = path.trim_end_matches('/').rsplit_once('/')?;
    let name = last.strip_prefix('{')?.strip_suffix('}')?;
    (!name.contains(['{', '}']) && !parent.is_empty()).then_some((parent, name))
}

/// The schema of the JSON that an operation answers with a status.
fn json_schema<'o>(operation: &'o Operation, status: &str) -> Option<&'o Value> {
    let range = format!("{}XX", status.get(..1)?);
    let response = [status, range.as_str(), "default"]
        .into_iter()
        .find_map(|code| {
            operation
                .responses
                .iter()
                .find(|response| response.code == code)
        })?;
    response
        .contents
        .iter()
        .find(|content| media::is_json(&content.media_type))?
        .schema
        .as_ref()
}

/// Says how many items there are, where a list's answer has a number for it.
fn count(shown: &mut Value, total: Option<usize>) {
    for (name, field) in shown.as_object_mut().into_iter().flatten() {
        let name = name.replace(['_', '-'], "").to_lowercase();
        let is_total = matches!(
            &*name,
            "total" | "totalcount" | "totalitems" | "totalresults"
        );
        if let Some(total) = total.filter(|_| is_total && field.is_number()) {
            *field = total.into();
        }
    }
}

/// Where a list stands in an answer: the answer itself, or its only property that is one.
fn place_of_list(value: &mut Value) -> Option<&mut Value> {
    if value.is_array() {
        return Some(value);
    }
    let mut lists = value
        .as_object_mut()?
        .values_mut()
        .filter(|field| field.is_array());
    let first = lists.next()?;
    lists.next().is_none().then_some(first)
}
