//! `generate_mock`: an API from its description.

use std::sync::Arc;

use efsm::EphemeralMockServer;
use efsm_http::{HttpService, Spec, SpecDefinition, SpecOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::{self, Beside};
use super::{Call, Effect, Tool, blocking, input, output};
use crate::Options;
use crate::reply::{Failure, Reply};
use crate::stacks::Place;

pub(super) const TOOL: Tool = Tool {
    name: "generate_mock",
    title: "Mock an API from its description",
    description: "Serves a mock of an OpenAPI, Swagger, GraphQL, Postman or HAR document, given as a path or as text. Requests \
                  are validated, answers obey the schema; stubs win where they match. Without `stack` a new one is started.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Generated>,
    call: |call| Box::pin(run(call)),
};

const ROUTES: usize = 100;

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Whatever the document is.
    #[default]
    Auto,
    Json,
    Yaml,
    Openapi,
    Graphql,
    Postman,
    Har,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// A path, or the document itself.
    service_spec: String,
    #[serde(default)]
    format: Format,
    /// The stack that serves it.
    stack: Option<String>,
    /// Generate data instead of giving the document's examples.
    #[serde(default)]
    dynamic: bool,
    /// Keep what is posted: GET finds it.
    #[serde(default)]
    stateful: bool,
}

#[derive(Serialize, JsonSchema)]
struct Generated {
    stack: String,
    base_url: String,
    title: String,
    /// `openapi`, `graphql`, ...
    kind: String,
    /// How many operations there are.
    operations: usize,
    /// `GET /pets/{id}`, the first of them.
    routes: Vec<String>,
    /// What of the document is wrong or not served, with file and line.
    warnings: Vec<String>,
}

async fn run(call: Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let (stack, options) = (arguments.stack.clone(), call.options.clone());
    let definition = blocking(move || definition(&arguments, &options)).await?;
    let place = if let Some(name) = &stack {
        call.stacks.find(name)?
    } else {
        let builder = EphemeralMockServer::builder().port(0);
        call.stacks.start(None, builder).await?
    };
    let added = add(&place, definition, Beside::of(&call.options)).await;
    if added.is_err() && stack.is_none() {
        // Nobody has heard of the stack that was started for it.
        call.stacks.stop(&place).await;
    }
    let spec = added?;
    let about = &spec.about;
    let generated = Generated {
        base_url: place.stack.url(),
        title: about.title.clone(),
        kind: about.kind.to_owned(),
        operations: about.operations,
        routes: about
            .routes
            .iter()
            .take(ROUTES)
            .map(|(method, path)| format!("{method} {path}"))
            .collect(),
        warnings: about.warnings.clone(),
        stack: place.name,
    };
    let summary = format!(
        "{} with {} operations is at {} (stack {})",
        generated.title, generated.operations, generated.base_url, generated.stack
    );
    Ok(Reply::new(summary, &generated))
}

async fn add(place: &Place, definition: SpecDefinition, beside: Beside) -> Result<Spec, Failure> {
    let http: Arc<HttpService> = place.service("http")?;
    blocking(move || {
        http.add_spec(&definition, &beside).map_err(|error| {
            Failure::new(
                format!("the document cannot be served: {error}"),
                "mend the document, or give its path if it refers to files beside it",
            )
        })
    })
    .await
}

fn definition(arguments: &Arguments, options: &Options) -> Result<SpecDefinition, Failure> {
    let spec = &arguments.service_spec;
    let (location, text) = if written::is_text(spec) {
        (inline_name(arguments.format).to_owned(), spec.clone())
    } else {
        (spec.clone(), written::read(spec, options)?)
    };
    Ok(SpecDefinition {
        name: None,
        location,
        text,
        options: SpecOptions {
            dynamic: arguments.dynamic,
            stateful: arguments.stateful,
            ..SpecOptions::default()
        },
    })
}

/// A text that came without a file has the name that its format would have.
fn inline_name(format: Format) -> &'static str {
    match format {
        Format::Graphql => "schema.graphql",
        Format::Json | Format::Postman => "spec.json",
        Format::Har => "spec.har",
        Format::Auto | Format::Yaml | Format::Openapi => "spec.yaml",
    }
}
