//! Which services a configuration asks for, and how each is made in a context.

use std::any::Any;
use std::sync::Arc;

use efsm_auth::{AuthConfig, AuthError, AuthService};
use efsm_config::{Config, ServiceName};
use efsm_core::{Context, Service};
use efsm_database::DatabaseService;
use efsm_gateway::Assembly;
use efsm_http::{HttpOptions, HttpService};
use efsm_queue::QueueService;
use efsm_storage::StorageService;

use crate::api::Api;
use crate::env::Surroundings;

/// The recipe of a stack's services; a fork's are made from the same one.
#[derive(Debug)]
pub struct Recipe {
    services: Vec<ServiceName>,
    auth: AuthConfig,
    http: HttpOptions,
    surroundings: Surroundings,
}

impl Recipe {
    /// What `config` asks for, with its `surroundings`; refuses settings that the auth service refuses.
    pub fn new(
        config: &Config,
        surroundings: Surroundings,
        mut http: HttpOptions,
    ) -> Result<Self, AuthError> {
        let stand_ins = surroundings.apis().iter().filter_map(Api::stand_in);
        http.stand_ins.extend(stand_ins);
        let mut auth = AuthConfig {
            secret: config.auth.secret.clone(),
            ..AuthConfig::default()
        };
        if let Some(ttl) = config.auth.ttl {
            auth.ttl_seconds = ttl.as_secs();
        }
        auth.issuer.clone_from(&config.auth.issuer);
        // Tried once here, so that making a fork's services cannot fail.
        AuthService::with_config(Context::default(), auth.clone())?;
        Ok(Self {
            services: config.services.clone(),
            auth,
            http,
            surroundings,
        })
    }

    fn make(&self, name: ServiceName, context: &Context) -> Arc<dyn Service> {
        let context = context.clone();
        match name {
            ServiceName::Http => Arc::new(HttpService::with_options(context, self.http.clone())),
            ServiceName::Database => Arc::new(DatabaseService::new(context)),
            ServiceName::Auth => Arc::new(
                AuthService::with_config(context, self.auth.clone())
                    .expect("the same settings were accepted when the recipe was made"),
            ),
            ServiceName::Queue => Arc::new(QueueService::new(context)),
            ServiceName::Storage => Arc::new(StorageService::new(context)),
        }
    }
}

impl Assembly for Recipe {
    fn services(&self, context: &Context) -> Vec<Arc<dyn Service>> {
        self.services
            .iter()
            .map(|name| self.make(*name, context))
            .collect()
    }

    fn env(&self, url: &str) -> Vec<(String, String)> {
        self.surroundings.variables(url)
    }
}

/// A service as its own type; `None` when the stack was made without it.
pub fn service<S: Service>(services: &[Arc<dyn Service>]) -> Option<Arc<S>> {
    services.iter().find_map(|service| {
        let any: Arc<dyn Any + Send + Sync> = service.clone();
        any.downcast().ok()
    })
}
