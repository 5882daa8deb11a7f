//! What a description says of an API, the same for every kind of description.

mod check;
mod har;
mod oas3;
mod parameters;
mod postman;
mod security;
mod servers;
mod swagger2;

use std::sync::{Arc, OnceLock};

use serde_json::Value;

pub use self::parameters::{Parameters, Style};
pub use self::security::{Place, Scheme};
pub use self::servers::Server;
use crate::document::{Document, LoadError, Loader, Warning};
use crate::schema::{Root, Tree};

/// The kind of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    OpenApi3,
    Swagger2,
    Postman,
    Har,
}

/// A description that was read.
#[derive(Debug)]
pub struct Description {
    pub kind: Kind,
    pub title: String,
    /// Where it came from: a path, a URL or a name.
    pub source: String,
    pub root: Arc<Root>,
    pub routes: Vec<Route>,
    /// What is wrong or not supported, with its place.
    pub warnings: Vec<Warning>,
    /// Every file that was read, the description's own first.
    pub files: Vec<String>,
}

/// One method of one path. What it says is read when it is first called.
#[derive(Debug)]
pub struct Route {
    /// In lower case.
    pub method: String,
    /// The template: `/pets/{id}`.
    pub path: String,
    operation: OnceLock<Arc<Operation>>,
}

/// What a description says of one method of one path.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub id: Option<String>,
    pub is_deprecated: bool,
    pub path_parameters: Parameters,
    pub query: Parameters,
    pub headers: Parameters,
    pub cookies: Parameters,
    pub body: Option<Body>,
    pub responses: Vec<Response>,
    /// One of these must be met, and of it, every scheme.
    pub security: Vec<Vec<Scheme>>,
    pub servers: Vec<Server>,
    /// Requests that the API sends when it has answered.
    pub callbacks: Vec<Callback>,
    /// Of a recording: what was answered to which query.
    pub recorded: Vec<Recorded>,
}

/// A request that an API sends to its client, by the name that the description gives it.
#[derive(Clone, Debug)]
pub struct Callback {
    pub name: String,
    /// Its path is the URL, with runtime expressions in braces.
    pub operation: Operation,
}

/// One answer of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// As it was written.
    pub query: String,
    pub code: u16,
    /// The key of its body among the examples.
    pub example: String,
}

/// A parameter, or a header of a response.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    pub name: String,
    pub style: Style,
    pub explode: Option<bool>,
    pub is_required: bool,
    pub is_deprecated: bool,
    pub schema: Option<Value>,
    pub examples: Vec<Example>,
}

#[derive(Clone, Debug, Default)]
pub struct Body {
    pub is_required: bool,
    pub contents: Vec<Content>,
}

/// A media type with what it carries.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub media_type: String,
    pub schema: Option<Value>,
    pub examples: Vec<Example>,
    pub encodings: Vec<Encoding>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub key: String,
    /// `None` when it stands elsewhere (`externalValue`).
    pub value: Option<Value>,
}

/// How one property of a form is written.
#[derive(Clone, Debug)]
pub struct Encoding {
    pub property: String,
    pub style: Style,
    pub explode: Option<bool>,
    pub allows_reserved: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Response {
    /// `200`, `2XX`, `default`.
    pub code: String,
    pub headers: Parameters,
    pub contents: Vec<Content>,
}

impl Description {
    /// Reads the description at `location`, and the files that it refers to.
    pub fn load(location: &str, loader: &dyn Loader) -> Result<Self, LoadError> {
        Self::of(Document::load(location, loader)?, location)
    }

    /// The same for a text that is at hand; `name` stands for it in messages, and relative references start from it.
    pub fn parse(name: &str, text: &str, loader: &dyn Loader) -> Result<Self, LoadError> {
        Self::of(Document::parse(name, text.to_owned(), loader)?, name)
    }

    fn of(mut document: Document, source: &str) -> Result<Self, LoadError> {
        let kind = kind_of(&document.value).ok_or_else(|| LoadError::UnknownKind {
            file: source.to_owned(),
        })?;
        let routes = match kind {
            Kind::OpenApi3 | Kind::Swagger2 => {
                check::run(kind, &mut document);
                described(&document.value)
            }
            Kind::Postman => postman::operations(&document.value)
                .into_iter()
                .map(Route::of)
                .collect(),
            Kind::Har => har::operations(&document.value)
                .into_iter()
                .map(Route::of)
                .collect(),
        };
        if routes.is_empty() {
            return Err(LoadError::NoOperations {
                file: source.to_owned(),
            });
        }
        let title = document
            .value
            .pointer("/info/title")
            .or_else(|| document.value.pointer("/info/name"))
            .and_then(Value::as_str)
            .unwrap_or(source)
            .to_owned();
        Ok(Self {
            kind,
            title,
            source: source.to_owned(),
            warnings: document.told(),
            files: document
                .files
                .into_iter()
                .map(|file| file.location)
                .collect(),
            root: Root::new(document.value),
            routes,
        })
    }

    /// What the description says of a route.
    pub fn operation(&self, route: &Route) -> Arc<Operation> {
        let operation = route.operation.get_or_init(|| {
            let tree = Tree(&self.root.value);
            let item = tree.0.get("paths").and_then(|paths| paths.get(&route.path));
            let own = item
                .and_then(|item| tree.field(item, &route.method))
                .and_then(|own| tree.follow(own));
            let (Some(item), Some(own)) = (item, own) else {
                return Arc::default();
            };
            let named = Operation::named(&route.path, &route.method, own);
            Arc::new(match self.kind {
                Kind::Swagger2 => swagger2::operation(tree, item, own, named),
                _ => oas3::operation(tree, item, own, named),
            })
        });
        operation.clone()
    }

    /// The base paths that the description's servers have, without a slash at the end; each once.
    pub fn base_paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        for server in servers::of_document(self.kind, &self.root.value) {
            let path = server.base_path();
            if !path.is_empty() && !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// The hosts that the description's servers name.
    pub fn hosts(&self) -> Vec<String> {
        servers::of_document(self.kind, &self.root.value)
            .iter()
            .filter_map(Server::host)
            .collect()
    }
}

impl Operation {
    /// What all kinds of description say in the same words.
    fn named(path: &str, method: &str, own: &Value) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            id: own
                .get("operationId")
                .and_then(Value::as_str)
                .map(str::to_owned),
            is_deprecated: own.get("deprecated") == Some(&Value::Bool(true)),
            ..Self::default()
        }
    }

    /// What was recorded for a query, else what was recorded first.
    pub(crate) fn recorded_for(&self, query: &str) -> Option<&Recorded> {
        let same = self
            .recorded
            .iter()
            .find(|recorded| recorded.query == query);
        same.or(self.recorded.first())
    }
}

impl Route {
    fn of(operation: Operation) -> Self {
        Self {
            method: operation.method.clone(),
            path: operation.path.clone(),
            operation: OnceLock::from(Arc::new(operation)),
        }
    }

    fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            operation: OnceLock::new(),
        }
    }
}

/// The responses in the order in which JavaScript has them: keys that are whole numbers first, from the least, and
/// then the others as they are written. Which is the first matters to Prism.
fn as_javascript_orders(mut responses: Vec<Response>) -> Vec<Response> {
    responses.sort_by_key(|response| {
        let number = response.code.parse::<u32>().ok();
        let number = number.filter(|number| number.to_string() == response.code);
        (number.is_none(), number)
    });
    responses
}

fn kind_of(value: &Value) -> Option<Kind> {
    if value.get("swagger").is_some() {
        return Some(Kind::Swagger2);
    }
    if value.get("openapi").is_some() {
        return Some(Kind::OpenApi3);
    }
    if value.pointer("/log/entries").is_some_and(Value::is_array) {
        return Some(Kind::Har);
    }
    let is_collection =
        value.get("item").is_some_and(Value::is_array) && value.pointer("/info/name").is_some();
    is_collection.then_some(Kind::Postman)
}

pub(crate) const METHODS: [&str; 8] = [
    "get", "post", "put", "delete", "options", "head", "patch", "trace",
];

/// The routes of `paths`, in the order in which they stand.
fn described(root: &Value) -> Vec<Route> {
    let Some(paths) = root.get("paths").and_then(Value::as_object) else {
        return Vec::new();
    };
    let tree = Tree(root);
    let mut routes = Vec::new();
    for (path, item) in paths {
        if !path.starts_with('/') {
            continue;
        }
        for method in tree.fields(item) {
            if METHODS.contains(&method) {
                routes.push(Route::new(method, path));
            }
        }
    }
    routes
}
