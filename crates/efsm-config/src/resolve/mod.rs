//! From keys to a configuration: files are read, defaults put in, and what depends on several keys is checked.

mod database;
mod fetch;
mod http;
mod media;
mod storage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use efsm_core::{FaultRule, Faults, fault::FaultError};

use crate::config::{Auth, Client, Clock, Config, Queue, ServiceName, Storage, Topic, User};
use crate::error::ConfigError;
use crate::files::Files;
use crate::format::At;
use crate::format::values::Name;
use crate::keys::{AuthKeys, FaultKeys, Named, RootKeys};
use crate::text::Origin;

/// Reads files, and keeps what went wrong and what was read.
pub(crate) struct Resolver<'a> {
    files: &'a dyn Files,
    base: PathBuf,
    pub(crate) errors: Vec<ConfigError>,
    pub(crate) warnings: Vec<ConfigError>,
    pub(crate) sources: Vec<PathBuf>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(files: &'a dyn Files, base: &Path, errors: Vec<ConfigError>) -> Self {
        Self {
            files,
            base: base.to_owned(),
            errors,
            warnings: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// The configuration; with errors, something that is thrown away.
    pub(crate) fn config(&mut self, keys: RootKeys) -> Config {
        let usual = Config::default();
        let services = self.services(&keys);
        self.warn_of_unused(&keys, &services);
        self.warn_of_unenforced(&keys);
        Config {
            name: keys.name.map(|name| name.0),
            port: keys.port.map(|port| port.0),
            strict_port: keys.strict_port.unwrap_or(usual.strict_port),
            bind: keys.bind.map_or(usual.bind, |bind| bind.0),
            services,
            seed: keys.seed,
            clock: keys.clock.map_or(usual.clock, |clock| Clock {
                now: clock.now.map(|now| now.0),
                is_frozen: clock.frozen.unwrap_or_default(),
            }),
            limits: keys.limits.unwrap_or_default().resolve(),
            http: self.http(
                keys.stubs.unwrap_or_default(),
                keys.specs.unwrap_or_default(),
                keys.root_dir.as_ref(),
                keys.resources.unwrap_or_default(),
            ),
            database: keys
                .database
                .map(|database| self.database(database.value))
                .unwrap_or_default(),
            databases: keys
                .databases
                .map(|databases| databases.value)
                .unwrap_or_default()
                .into_iter()
                .map(|(name, database)| (name.0, self.database(database)))
                .collect(),
            auth: keys
                .auth
                .map(|auth| auth_of(auth.value))
                .unwrap_or_default(),
            queue: Queue {
                topics: keys
                    .queue
                    .and_then(|queue| queue.value.topics)
                    .unwrap_or_default()
                    .0
                    .into_iter()
                    .map(|(name, messages)| Topic {
                        name: name.0,
                        messages,
                    })
                    .collect(),
            },
            storage: Storage {
                buckets: keys
                    .storage
                    .and_then(|storage| storage.value.buckets)
                    .unwrap_or_default()
                    .0
                    .into_iter()
                    .map(|(name, bucket)| self.bucket(name.0, bucket))
                    .collect(),
            },
            faults: self.faults(keys.faults.unwrap_or_default()),
            env: keys
                .env
                .unwrap_or_default()
                .into_iter()
                .map(|(own, theirs)| (own.0, theirs.0))
                .collect(),
            api: names(keys.api.map(|api| api.value).unwrap_or_default()),
        }
    }

    fn services(&mut self, keys: &RootKeys) -> Vec<ServiceName> {
        let Some(given) = &keys.services else {
            return ServiceName::ALL.to_vec();
        };
        for (index, service) in given.value.iter().enumerate() {
            if given.value[..index]
                .iter()
                .any(|other| other.value == service.value)
            {
                self.errors.push(
                    service
                        .origin
                        .error(format!("`{}` is named twice", service.value)),
                );
            }
        }
        // A misspelt name was reported by itself; the list is empty only when nothing was written.
        if given.value.is_empty() && !given.origin.covers_items() {
            self.errors.push(
                given
                    .origin
                    .error("a stack needs at least one service")
                    .with_help("remove the key to enable all five"),
            );
        }
        let is_given = |service: &ServiceName| given.value.iter().any(|at| at.value == *service);
        ServiceName::ALL.into_iter().filter(is_given).collect()
    }

    /// Content for a service that is not enabled is most likely a mistake, but does no harm.
    fn warn_of_unused(&mut self, keys: &RootKeys, services: &[ServiceName]) {
        let origin = |given: Option<&Origin>| given.cloned();
        let sections = [
            (
                ServiceName::Database,
                origin(keys.database.as_ref().map(|at| &at.origin)),
            ),
            (
                ServiceName::Database,
                origin(keys.databases.as_ref().map(|at| &at.origin)),
            ),
            (
                ServiceName::Auth,
                origin(keys.auth.as_ref().map(|at| &at.origin)),
            ),
            (
                ServiceName::Queue,
                origin(keys.queue.as_ref().map(|at| &at.origin)),
            ),
            (
                ServiceName::Storage,
                origin(keys.storage.as_ref().map(|at| &at.origin)),
            ),
            (
                ServiceName::Http,
                origin(keys.root_dir.as_ref().map(|at| &at.origin)),
            ),
        ];
        for (service, origin) in sections {
            if let Some(origin) = origin
                && !services.contains(&service)
            {
                let message =
                    format!("the service `{service}` is not enabled, so this has no effect");
                self.warnings.push(
                    origin
                        .error(message)
                        .with_help(format!("add `{service}` to `services`, or remove this"))
                        .into_warning(),
                );
            }
        }
    }

    /// Keys that are read for what is to come, and said to have no effect until then.
    fn warn_of_unenforced(&mut self, keys: &RootKeys) {
        let clients = keys
            .auth
            .as_ref()
            .and_then(|auth| auth.value.clients.as_ref());
        let unenforced = [(
            clients.map(|at| &at.origin),
            "clients are not checked yet: every client is accepted",
        )];
        for (origin, message) in unenforced {
            if let Some(origin) = origin {
                self.warnings.push(origin.error(message).into_warning());
            }
        }
    }

    fn faults(&mut self, given: Vec<At<FaultKeys>>) -> Vec<FaultRule> {
        let mut rules: Vec<(FaultRule, Origin)> = Vec::new();
        for At {
            value: keys,
            origin,
        } in given
        {
            // A rule that was not read whole says nothing about what it was meant to be.
            if !self
                .errors
                .iter()
                .any(|error| origin.contains(error.origin()))
                && let Some(rule) = rule_of(keys)
            {
                rules.push((rule, origin));
            }
        }
        let (list, origins): (Vec<_>, Vec<_>) = rules.into_iter().unzip();
        // One at a time first: the core stops at the first problem.
        let mut is_sound = true;
        for (rule, origin) in list.iter().zip(&origins) {
            if let Err(FaultError::Invalid { problem, .. }) =
                Faults::default().set(vec![rule.clone()])
            {
                self.errors.push(origin.error(problem));
                is_sound = false;
            }
        }
        if is_sound
            && let Err(FaultError::DuplicateId { index, id }) = Faults::default().set(list.clone())
        {
            self.errors.push(
                origins[index]
                    .error(format!("the id `{id}` is used twice"))
                    .with_help("give each rule its own id, or none"),
            );
        }
        list
    }
}

fn rule_of(keys: FaultKeys) -> Option<FaultRule> {
    let effect = keys.effect?;
    Some(FaultRule {
        id: keys.id.map(|id| id.0).unwrap_or_default(),
        service: keys.service.map(|service| service.as_str().to_owned()),
        matches: keys
            .matches
            .unwrap_or_default()
            .into_iter()
            .map(|(name, pattern)| (name.0, pattern))
            .collect(),
        effect: efsm_core::Effect {
            delay_ms: effect.delay_ms,
            status: effect.status.map(|status| status.0),
            body: effect.body,
            reset: effect.reset.unwrap_or_default(),
            drop: effect.drop.unwrap_or_default(),
            truncate: effect.truncate,
        },
        times: keys.times,
        probability: keys.probability.map(|probability| probability.0),
    })
}

fn auth_of(keys: AuthKeys) -> Auth {
    Auth {
        issuer: keys.issuer.map(|url| url.0),
        secret: keys.secret.map(|secret| secret.0),
        ttl: keys.ttl.map(|ttl| ttl.0),
        users: named(keys.users, |user| User {
            claims: user.claims.unwrap_or_default().0,
        }),
        clients: named(keys.clients.map(|clients| clients.value), |client| Client {
            secret: client.secret.map(|secret| secret.0),
            redirect_uris: names(client.redirect_uris.unwrap_or_default()),
        }),
    }
}

fn named<V, T>(given: Option<Named<V>>, resolve: impl Fn(V) -> T) -> BTreeMap<String, T> {
    given
        .unwrap_or_default()
        .0
        .into_iter()
        .map(|(name, value)| (name.0, resolve(value)))
        .collect()
}

fn names(given: Vec<Name>) -> Vec<String> {
    given.into_iter().map(|name| name.0).collect()
}
