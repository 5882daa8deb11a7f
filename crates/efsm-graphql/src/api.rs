//! A mocked API: from a request to a response.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::error::GraphQlError;
use crate::execute::{self, Executor};
use crate::limits::Limits;
use crate::mock::{Mock, MockOptions, OverrideError};
use crate::schema::Schema;
use crate::syntax::ast::{Document, Operation, OperationKind, Selection};
use crate::syntax::parse_document;
use crate::validate::validate;

/// A schema, how its data is made up, and what a request may cost. Nothing in it changes.
#[derive(Debug)]
pub struct Api {
    schema: Schema,
    mock: Mock,
    limits: Limits,
}

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphQlRequest {
    pub query: String,
    /// Which operation of the document; needed when there are several.
    pub operation_name: Option<String>,
    pub variables: Map<String, Json>,
}

impl GraphQlRequest {
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            ..Self::default()
        }
    }
}

/// A request that was found valid, and can be executed as often as there are events.
#[derive(Debug)]
pub struct Prepared {
    document: Document,
    operation: usize,
    variables: Map<String, Json>,
}

impl Prepared {
    fn operation(&self) -> &Operation {
        &self.document.operations[self.operation]
    }

    pub fn kind(&self) -> OperationKind {
        self.operation().kind
    }

    pub fn name(&self) -> Option<&str> {
        self.operation().name.as_ref().map(|named| &*named.name)
    }

    /// The field that a subscription is about, by its name in the schema.
    pub fn subscribed_field(&self) -> Option<&str> {
        let mut waiting: Vec<&Selection> = self.operation().selections.iter().rev().collect();
        let mut budget = self.document.fragments.len() + 1;
        while let Some(selection) = waiting.pop() {
            match selection {
                Selection::Field(field) => return Some(&field.name),
                Selection::Inline(inline) => waiting.extend(inline.selections.iter().rev()),
                Selection::Spread(spread) => {
                    let mut fragments = self.document.fragments.iter();
                    let fragment = fragments.find(|f| f.name.name == spread.fragment.name);
                    budget = budget.checked_sub(1)?;
                    waiting.extend(fragment.into_iter().flat_map(|f| f.selections.iter().rev()));
                }
            }
        }
        None
    }
}

/// One event of a subscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// Counts the events of a subscription, and makes their data differ.
    pub number: u64,
    /// Values for fields of the subscription type, as overrides have them; what is missing is made up.
    pub data: Map<String, Json>,
}

/// A response, and whose it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// `None` when execution did not begin; null when an error reached the root.
    pub data: Option<Json>,
    pub errors: Vec<GraphQlError>,
}

impl Response {
    pub fn refused(error: GraphQlError) -> Self {
        Self {
            data: None,
            errors: vec![error],
        }
    }

    pub fn to_json(&self) -> Json {
        let mut response = Map::new();
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(GraphQlError::to_json);
            response.insert("errors".into(), errors.collect());
        }
        if let Some(data) = &self.data {
            response.insert("data".into(), data.clone());
        }
        response.into()
    }
}

impl Api {
    pub fn new(
        schema: Schema,
        options: &MockOptions,
        limits: Limits,
    ) -> Result<Self, OverrideError> {
        Ok(Self {
            mock: Mock::new(&schema, options)?,
            schema,
            limits,
        })
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Parses, validates and selects the operation; the error is the response to send.
    pub fn prepare(&self, request: &GraphQlRequest) -> Result<Prepared, Response> {
        let document =
            parse_document(&request.query, self.limits.syntax()).map_err(Response::refused)?;
        let errors = validate(&self.schema, &document, &self.limits);
        if !errors.is_empty() {
            return Err(Response { data: None, errors });
        }
        let operation = select(&document, request.operation_name.as_deref())?;
        let variables = execute::variables(
            &self.schema,
            &document.operations[operation],
            &request.variables,
            self.limits.errors,
        )
        .map_err(|errors| Response { data: None, errors })?;
        Ok(Prepared {
            document,
            operation,
            variables,
        })
    }

    /// Executes an operation; of a subscription, for one event.
    pub fn execute(&self, prepared: &Prepared, now: Timestamp, event: Option<&Event>) -> Response {
        let operation = prepared.operation();
        let Some(root) = self.schema.root(operation.kind) else {
            // Validation refuses operations without a root.
            return Response::refused(GraphQlError::new(format!(
                "Schema is not configured to execute {} operation.",
                operation.kind.name()
            )));
        };
        let given = event
            .map(|event| &event.data)
            .filter(|data| !data.is_empty());
        let root = self.mock.root(root, event.map(|event| event.number), given);
        let executor = Executor::new(
            &self.schema,
            &self.mock,
            &self.limits,
            &prepared.document,
            operation,
            &prepared.variables,
            now,
        );
        let executed = executor.run(root);
        Response {
            data: Some(executed.data.map_or(Json::Null, Json::Object)),
            errors: executed.errors,
        }
    }

    /// Prepares and executes at once; a subscription gives its first event.
    pub fn answer(&self, request: &GraphQlRequest, now: Timestamp) -> Response {
        match self.prepare(request) {
            Ok(prepared) => self.execute(&prepared, now, None),
            Err(response) => response,
        }
    }
}

fn select(document: &Document, name: Option<&str>) -> Result<usize, Response> {
    let operations = &document.operations;
    let found = match name {
        None => match operations.len() {
            0 => Err("Must provide an operation.".to_owned()),
            1 => Ok(0),
            _ => {
                Err("Must provide operation name if query contains multiple operations.".to_owned())
            }
        },
        Some(name) => operations
            .iter()
            .position(|operation| {
                operation
                    .name
                    .as_ref()
                    .is_some_and(|own| *own.name == *name)
            })
            .ok_or_else(|| format!("Unknown operation named \"{name}\".")),
    };
    found.map_err(|message| {
        Response::refused(GraphQlError::new(message).with_code("OPERATION_RESOLUTION_FAILURE"))
    })
}
