//! `orchestrate_mock`: a stack comes up.

use std::collections::BTreeMap;
use std::path::Path;

use efsm::{Config, EphemeralMockServer, ServiceName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::{self, NoFiles};
use super::{Call, Effect, Tool, blocking, input, output};
use crate::Options;
use crate::reply::{Failure, Reply};
use crate::stacks::Place;

pub(super) const TOOL: Tool = Tool {
    name: "orchestrate_mock",
    title: "Bring up a stack",
    description: "Starts a backend on a free port: HTTP mocks, SQL database, OAuth2, queues, object storage. Returns its \
                  name for further calls, its URL, and the environment variables that clients need.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Started>,
    call: |call| Box::pin(run(call)),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// http, database, auth, queue, storage; all when missing.
    services: Option<Vec<String>>,
    /// `default` for an empty stack; a path to an efsm.yaml, or its text; or STACK/SNAPSHOT to fork from a snapshot that
    /// was taken.
    #[serde(default = "default_scenario")]
    scenario: String,
    /// The name for further calls; given when missing.
    name: Option<String>,
}

fn default_scenario() -> String {
    "default".to_owned()
}

/// A stack that runs.
#[derive(Serialize, JsonSchema)]
pub(super) struct Started {
    /// What further calls name.
    stack: String,
    url: String,
    services: Vec<String>,
    /// Every variable that a client needs.
    env: BTreeMap<String, String>,
}

impl Started {
    pub(super) fn of(place: &Place) -> Self {
        let services = place.stack.services().iter();
        Self {
            stack: place.name.clone(),
            url: place.stack.url(),
            services: services.map(|s| s.name().to_owned()).collect(),
            env: place.stack.env().into_iter().collect(),
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let summary = format!(
            "{} is up at {} with {}",
            self.stack,
            self.url,
            self.services.join(", ")
        );
        Reply::new(summary, self)
    }
}

async fn run(call: Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let services = arguments.services.map(known).transpose()?;
    if let Some(from) = snapshot_of(&call, &arguments.scenario) {
        if services.is_some() {
            return Err(Failure::new(
                "a fork has the services of its origin",
                "leave out `services`",
            ));
        }
        let (origin, id) = from?;
        let snapshot = origin.stack.kept_snapshot(id).ok_or_else(|| {
            Failure::new(
                format!("the stack {} has no snapshot `{id}`", origin.name),
                "call snapshot with action `list`",
            )
        })?;
        let fork = call.stacks.fork(&origin, Some(snapshot), arguments.name)?;
        return Ok(Started::of(&fork).reply());
    }
    let (scenario, options) = (arguments.scenario, call.options.clone());
    let mut config = blocking(move || configuration(&scenario, &options)).await?;
    config.port = Some(config.port.unwrap_or(0));
    if let Some(services) = services {
        config.services = services;
    }
    let name = arguments.name.or_else(|| config.name.clone());
    let builder = EphemeralMockServer::builder().config(config);
    let place = call.stacks.start(name, builder).await?;
    Ok(Started::of(&place).reply())
}

fn known(names: Vec<String>) -> Result<Vec<ServiceName>, Failure> {
    let mut services = names
        .into_iter()
        .map(|name| {
            ServiceName::ALL
                .into_iter()
                .find(|known| known.as_str() == name)
                .ok_or_else(|| {
                    let all = ServiceName::ALL.map(ServiceName::as_str).join(", ");
                    Failure::new(
                        format!("there is no service `{name}`"),
                        format!("the services are {all}"),
                    )
                })
        })
        .collect::<Result<Vec<_>, _>>()?;
    services.sort_unstable();
    services.dedup();
    Ok(services)
}

/// The stack and the snapshot's id when the scenario reads `STACK/SNAPSHOT` with the name of a stack.
fn snapshot_of<'s>(call: &Call, scenario: &'s str) -> Option<Result<(Place, &'s str), Failure>> {
    let (stack, id) = scenario.split_once('/')?;
    let place = call.stacks.find(stack).ok()?;
    Some(Ok((place, id)))
}

fn configuration(scenario: &str, options: &Options) -> Result<Config, Failure> {
    let loaded = match scenario {
        "default" | "" => return Ok(Config::default()),
        text if written::is_text(text) && options.allow_run => {
            efsm_config::parse("scenario", text, "")
        }
        text if written::is_text(text) => {
            efsm_config::parse_with("scenario", text, Path::new(""), &NoFiles)
        }
        path if options.allow_run => efsm_config::load(path),
        path => efsm_config::load_from(Path::new(path), &NoFiles),
    };
    loaded.map(|loaded| loaded.config).map_err(|errors| {
        Failure::new(
            format!("the scenario cannot be taken:\n{errors:#}"),
            "mend it and call again; the scenario is `default`, a path to an efsm.yaml, its text, or STACK/SNAPSHOT",
        )
    })
}
