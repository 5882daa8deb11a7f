//! Puts into fresh services what a configuration says they begin with. Errors stand where the user
//! wrote what a service refuses; all of them are reported, and the stack then does not start.

use std::fmt::Display;
use std::sync::Arc;

use efsm_auth::AuthService;
use efsm_config::{Config, ConfigError, ConfigErrors, Origin};
use efsm_core::{Context, Service};
use efsm_database::DatabaseService;
use efsm_http::{HttpError, HttpService, SpecDefinition, SpecOptions};
use efsm_queue::QueueService;
use efsm_storage::{Metadata, PutOptions, StorageService};
use serde_json::{Value, json};

use crate::assembly::service;

/// Fills `services`, then sets the fault rules, so that no rule breaks the preparation. The journal begins
/// empty: what prepares a stack is not what a test did.
pub fn prepare(
    config: &Config,
    services: &[Arc<dyn Service>],
    context: &Context,
) -> Result<(), ConfigErrors> {
    let mut errors = Vec::new();
    if let Some(http) = service::<HttpService>(services) {
        stubs(config, &http, &mut errors);
        specs(config, &http, &mut errors);
    }
    if let Some(database) = service::<DatabaseService>(services) {
        databases(config, &database, &mut errors);
    }
    if let Some(auth) = service::<AuthService>(services) {
        for (name, user) in &config.auth.users {
            if let Err(e) = auth.add_user(name, Value::Object(user.claims.clone())) {
                errors.push(unplaced(&format!("auth.users.{name}"), e));
            }
        }
    }
    if let Some(queue) = service::<QueueService>(services) {
        topics(config, &queue, &mut errors);
    }
    if let Some(storage) = service::<StorageService>(services) {
        buckets(config, &storage, &mut errors);
    }
    if let Err(e) = context.faults().set(config.faults.clone()) {
        errors.push(unplaced("faults", e));
    }
    context.journal().clear();
    ConfigErrors::check(errors)
}

fn stubs(config: &Config, http: &HttpService, errors: &mut Vec<ConfigError>) {
    for (name, content) in &config.http.files {
        http.put_file(name, content.clone());
    }
    for resource in &config.http.resources {
        let mapping = json!({
            "name": resource.name,
            "resource": { "path": resource.path, "seed": resource.seed },
        });
        if let Err(e) = http.add_stub(&mapping) {
            errors.push(resource.origin.error(e.to_string()));
        }
    }
    // Before the stubs, which are nearer to what a test wants.
    for api in crate::api::of_config(config).unwrap_or_default() {
        if let Some(mapping) = api.mock()
            && let Err(e) = http.add_stub(&mapping)
        {
            errors.push(unplaced("api", e));
        }
    }
    for stub in &config.http.stubs {
        if let Err(e) = http.add_stub(&Value::Object(stub.mapping.clone())) {
            errors.push(stub.origin.error(e.to_string()));
        }
    }
}

/// Descriptions may refer to files beside them, wherever the configuration itself came from.
fn specs(config: &Config, http: &HttpService, errors: &mut Vec<ConfigError>) {
    for spec in &config.http.specs {
        let added = SpecOptions::parse(&spec.options)
            .map_err(HttpError::from)
            .and_then(|options| {
                let definition = SpecDefinition {
                    name: spec.name.clone(),
                    location: spec.location.clone(),
                    text: spec.text.to_string(),
                    options,
                };
                http.add_spec(&definition, &Disk)
            });
        if let Err(e) = added {
            errors.push(spec.origin.error(e.to_string()));
        }
    }
}

/// The files of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl efsm_http::SpecLoader for Disk {
    fn read(&self, location: &str) -> Result<Vec<u8>, String> {
        std::fs::read(location).map_err(|error| error.to_string())
    }
}

fn databases(config: &Config, service: &DatabaseService, errors: &mut Vec<ConfigError>) {
    let default = ("main".to_owned(), &config.database);
    let named = config
        .databases
        .iter()
        .map(|(name, begin)| (name.clone(), begin));
    for (name, begin) in std::iter::once(default).chain(named) {
        if let Err(e) = database(&name, begin, service) {
            // The rest of a database builds on what failed: one error of each is enough.
            errors.push(e);
        }
    }
}

/// The file first, then migrations, schema and seed, each script's error at its own line.
fn database(
    name: &str,
    begin: &efsm_config::Database,
    service: &DatabaseService,
) -> Result<(), ConfigError> {
    let key = format!("databases.{name}");
    let database = service.database(name).map_err(|e| unplaced(&key, e))?;
    if let Some(file) = &begin.file {
        let imported = database.import(&file.bytes);
        imported.map_err(|e| file.origin.error(e.to_string()))?;
    }
    for script in begin
        .migrations
        .iter()
        .chain(&begin.schema)
        .chain(&begin.seed)
    {
        database.seed(&script.sql).map_err(|e| match e {
            efsm_database::Error::InScript { line, cause, .. } if !script.is_inline => {
                script.origin.at_line(line).error(cause.to_string())
            }
            e => script.origin.error(e.to_string()),
        })?;
    }
    Ok(())
}

fn topics(config: &Config, queue: &QueueService, errors: &mut Vec<ConfigError>) {
    for topic in &config.queue.topics {
        let key = format!("queue.topics.{}", topic.name);
        if let Err(e) = queue.create_topic(&topic.name) {
            errors.push(unplaced(&key, e));
            continue;
        }
        for message in &topic.messages {
            if let Err(e) = queue.publish(&topic.name, message) {
                errors.push(unplaced(&key, e));
            }
        }
    }
}

fn buckets(config: &Config, storage: &StorageService, errors: &mut Vec<ConfigError>) {
    for bucket in &config.storage.buckets {
        if let Err(e) = storage.create_bucket(&bucket.name) {
            errors.push(unplaced(&format!("storage.buckets.{}", bucket.name), e));
            continue;
        }
        for object in &bucket.objects {
            let options = PutOptions {
                metadata: Metadata {
                    content_type: object.content_type.clone(),
                    user: object.metadata.clone(),
                    ..Metadata::default()
                },
                ..PutOptions::default()
            };
            let put = storage.put_object(&bucket.name, &object.key, object.bytes.clone(), options);
            if let Err(e) = put {
                errors.push(object.origin.error(e.to_string()));
            }
        }
    }
}

/// For values whose place in the file is not kept: they are checked when the file is read, and only
/// what a service alone can judge is found here.
pub(crate) fn unplaced(key: &str, error: impl Display) -> ConfigError {
    Origin::of_key(key).error(error.to_string())
}
