//! The stacks that an agent can name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use efsm::{Builder, EphemeralMockServer, ServerError};
use efsm_gateway::{ForkOptions, Host, Snapshot, Stack};
use parking_lot::Mutex;

use crate::Options;
use crate::reply::Failure;

/// The stacks of one server. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Stacks(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// What the servers at `/mcp` of started stacks let their clients do.
    options: Options,
    /// The host on whose port the server is; none over stdio.
    home: Option<Weak<Host>>,
    /// Servers that an agent started, by the name that it gave.
    started: Mutex<BTreeMap<String, EphemeralMockServer>>,
    /// Forks that an agent made, while they run.
    forked: Mutex<Vec<Weak<Stack>>>,
}

/// Stacks that are not kept by whoever holds this.
#[derive(Clone, Debug)]
pub(crate) struct WeakStacks(Weak<Inner>);

impl WeakStacks {
    pub(crate) fn upgrade(&self) -> Option<Stacks> {
        self.0.upgrade().map(Stacks)
    }
}

/// One stack, and the host that it lives in.
#[derive(Clone, Debug)]
pub struct Place {
    pub host: Arc<Host>,
    pub stack: Arc<Stack>,
    /// The name by which calls find it.
    pub name: String,
    /// Whether an agent made it, so that it may end it.
    pub is_own: bool,
}

impl Stacks {
    /// None yet.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner {
            options,
            ..Inner::default()
        }))
    }

    /// Those of `host`, and what an agent starts beside it.
    pub fn of(host: &Arc<Host>, options: Options) -> Self {
        Self(Arc::new(Inner {
            options,
            home: Some(Arc::downgrade(host)),
            ..Inner::default()
        }))
    }

    pub(crate) fn downgrade(&self) -> WeakStacks {
        WeakStacks(Arc::downgrade(&self.0))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    fn home(&self) -> Option<Arc<Host>> {
        self.0.home.as_ref()?.upgrade()
    }

    /// Every stack, those of the home first.
    pub fn list(&self) -> Vec<Place> {
        let mut places = Vec::new();
        if let Some(host) = self.home() {
            places.extend(host.stacks().into_iter().map(|stack| Place {
                name: stack.name().unwrap_or(stack.id()).to_owned(),
                is_own: self.has_forked(&stack),
                host: host.clone(),
                stack,
            }));
        }
        for (name, server) in self.0.started.lock().iter() {
            let host = server.host();
            places.extend(host.stacks().into_iter().map(|stack| {
                let is_first = Arc::ptr_eq(&stack, server.stack());
                Place {
                    name: match stack.name() {
                        _ if is_first => name.clone(),
                        Some(given) => given.to_owned(),
                        // Every host counts its stacks anew.
                        None => format!("{name}-{}", stack.id()),
                    },
                    is_own: is_first || self.has_forked(&stack),
                    host: host.clone(),
                    stack,
                }
            }));
        }
        places
    }

    fn has_forked(&self, stack: &Arc<Stack>) -> bool {
        let forked = self.0.forked.lock();
        forked
            .iter()
            .any(|fork| fork.as_ptr() == Arc::as_ptr(stack))
    }

    /// The stack of that name, id or URL.
    pub fn find(&self, name: &str) -> Result<Place, Failure> {
        let wanted = name.trim_end_matches('/');
        let places = self.list();
        let known: Vec<String> = places.iter().map(|place| place.name.clone()).collect();
        places
            .into_iter()
            .find(|place| place.name == wanted || place.stack.url() == wanted)
            .ok_or_else(|| Failure::unknown_stack(name, &known))
    }

    /// Starts a stack under a name that no other has.
    pub async fn start(&self, name: Option<String>, builder: Builder) -> Result<Place, Failure> {
        let name = match name {
            Some(name) => name,
            None => self.free_name("agent"),
        };
        self.refuse_taken(&name)?;
        let server = builder.start_async().await.map_err(|e| refused(&e))?;
        server.host().serve_mcp(crate::Mounted::on_started(self));
        let place = Place {
            host: server.host().clone(),
            stack: server.stack().clone(),
            name: name.clone(),
            is_own: true,
        };
        let lost = {
            let mut started = self.0.started.lock();
            if started.contains_key(&name) {
                Some(server)
            } else {
                started.insert(name.clone(), server);
                None
            }
        };
        match lost {
            // Somebody took the name while this one started.
            Some(server) => {
                server.stop_async().await;
                Err(Failure::taken(&name))
            }
            None => Ok(place),
        }
    }

    /// Forks a stack; the fork is the agent's own.
    pub fn fork(
        &self,
        place: &Place,
        snapshot: Option<Snapshot>,
        name: Option<String>,
    ) -> Result<Place, Failure> {
        let name = name.unwrap_or_else(|| self.free_name(&place.name));
        self.refuse_taken(&name)?;
        let options = ForkOptions {
            snapshot,
            name: Some(name.clone()),
            ..ForkOptions::default()
        };
        let stack = place
            .host
            .fork(&place.stack, options)
            .map_err(|error| refused(&error.into()))?;
        let mut forked = self.0.forked.lock();
        forked.retain(|fork| fork.strong_count() > 0);
        forked.push(Arc::downgrade(&stack));
        Ok(Place {
            host: place.host.clone(),
            name,
            stack,
            is_own: true,
        })
    }

    /// Ends a stack; with one that was started, its forks.
    pub async fn stop(&self, place: &Place) {
        let server = {
            let mut started = self.0.started.lock();
            let is_it = |server: &EphemeralMockServer| Arc::ptr_eq(server.stack(), &place.stack);
            let name = started
                .iter()
                .find(|(_, server)| is_it(server))
                .map(|(name, _)| name.clone());
            name.and_then(|name| started.remove(&name))
        };
        if let Some(server) = server {
            server.stop_async().await;
        } else {
            place.host.stop(&place.stack).await;
        }
    }

    /// Ends everything that an agent started.
    pub async fn end(&self) {
        let started = std::mem::take(&mut *self.0.started.lock());
        for server in started.into_values() {
            server.stop_async().await;
        }
    }

    /// `beginning` with a number behind it.
    fn free_name(&self, beginning: &str) -> String {
        let taken: BTreeSet<String> = self.list().into_iter().map(|place| place.name).collect();
        let mut candidates = (1..=taken.len() + 1).map(|n| format!("{beginning}-{n}"));
        // One more candidate than there are names.
        candidates
            .find(|name| !taken.contains(name))
            .unwrap_or_default()
    }

    fn refuse_taken(&self, name: &str) -> Result<(), Failure> {
        if name.is_empty() || name.len() > 64 || name.contains(['/', ' ', '\n']) {
            return Err(Failure::new(
                format!("`{name}` cannot be a stack's name"),
                "use 1 to 64 letters, digits, dots, dashes or underscores",
            ));
        }
        if self.list().iter().any(|place| place.name == name) {
            return Err(Failure::taken(name));
        }
        Ok(())
    }
}

fn refused(error: &ServerError) -> Failure {
    let hint = match error {
        ServerError::Config(_) => "mend the configuration; `efsm schema` prints its JSON Schema",
        _ => "call list_stacks to see what runs",
    };
    // All errors of a configuration, each with its place.
    Failure::new(format!("the stack did not start: {error:#}"), hint)
}
