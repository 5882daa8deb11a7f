//! The service: the engine behind the stack's gate, with its journal and its typed API.

use std::sync::{Arc, OnceLock};

use efsm_core::limits::MemoryShare;
use efsm_core::{
    Context, Cut, Note, Part, Request, ResetDepth, ResponseFuture, RestoreError, Service,
    StateCell, Status,
};
use efsm_jose::Claims;
use serde_json::{Map, Value};

use crate::engine::{Counts, GrantRequest, IssuedToken, State, User};
use crate::{AuthConfig, AuthError, GrantError, InvalidToken, wire};

/// The service's name in the journal, in snapshots and in the control API.
pub(crate) const NAME: &str = "auth";
const PREFIX: &str = "/auth";

/// The auth service of one stack.
#[derive(Debug)]
pub struct AuthService {
    context: Context,
    cell: StateCell<State>,
    memory: MemoryShare,
    /// The issuer's name by where the stack listens. Not part of the state, because a fork has its own.
    own_issuer: OnceLock<String>,
    has_given_issuer: bool,
}

impl AuthService {
    /// A service with a secret of its own, tokens of an hour and no users.
    pub fn new(context: Context) -> Self {
        Self::with_config(context, AuthConfig::default())
            .expect("the default settings have a secret, a lifetime and no users")
    }

    pub fn with_config(context: Context, config: AuthConfig) -> Result<Self, AuthError> {
        let has_given_issuer = config.issuer.is_some();
        let state = config.into_state()?;
        let memory = context.memory().share();
        memory.take(state.users_bytes)?;
        Ok(Self {
            cell: context.cell(state),
            context,
            memory,
            own_issuer: OnceLock::new(),
            has_given_issuer,
        })
    }

    /// The HS256 secret: what a backend needs to verify tokens by itself.
    pub fn secret(&self) -> String {
        self.cell.read(|s| s.issuer.keys.secret().to_owned())
    }

    /// The claim `iss` of every token.
    pub fn issuer(&self) -> String {
        self.cell.read(|s| s.issuer.name.clone())
    }

    pub fn ttl_seconds(&self) -> u64 {
        self.cell.read(|s| s.issuer.ttl_seconds)
    }

    /// Registers a user with claims (a JSON object, or null for none), in place of one of that name.
    pub fn add_user(
        &self,
        name: impl Into<String>,
        claims: impl Into<Value>,
    ) -> Result<(), AuthError> {
        let user = User::new(name).with_claims(object(claims.into())?);
        self.put_user(user).map(drop)
    }

    /// Registers a user; whether it is a new one.
    pub fn put_user(&self, user: User) -> Result<bool, AuthError> {
        let user = user.checked()?;
        self.cell.update(|state| {
            let before = state.user(&user.name).map_or(0, |user| user.size_bytes());
            let size = user.size_bytes();
            self.memory.take(size.saturating_sub(before))?;
            self.memory.give(before.saturating_sub(size));
            let note = Note::new(format!("user {} registered", user.name))
                .with("username", user.name.clone());
            let is_new = state.put_user(user).is_none();
            self.record("add-user", note);
            Ok(is_new)
        })
    }

    /// Whether there was a user of that name. Tokens that were issued for it stay valid.
    pub fn remove_user(&self, name: &str) -> bool {
        self.cell.update(|state| match state.remove_user(name) {
            None => false,
            Some(user) => {
                self.memory.give(user.size_bytes());
                let note =
                    Note::new(format!("user {name} removed")).with("username", name.to_owned());
                self.record("remove-user", note);
                true
            }
        })
    }

    pub fn user(&self, name: &str) -> Option<User> {
        self.cell
            .read(|s| s.user(name).map(|user| (**user).clone()))
    }

    /// Every registered user, by name.
    pub fn users(&self) -> Vec<User> {
        self.cell
            .read(|s| s.users().map(|u| (**u).clone()).collect())
    }

    /// Answers a request for a token, as the token endpoint does.
    pub fn grant(&self, request: &GrantRequest) -> Result<Arc<IssuedToken>, GrantError> {
        self.cell.update(|state| {
            let jti = self.context.entropy().uuid().to_string();
            let issued = state.grant(request, self.context.now(), &jti);
            match &issued {
                Ok(token) => self.record_issue(token),
                Err(error) => self.record_refusal("token", &error.to_string()),
            }
            issued
        })
    }

    /// Issues a token for `subject` by no grant. `extra` (a JSON object, or null for none) adds to the
    /// claims and replaces them, also `exp` and `iss`; `null` takes a claim away.
    pub fn issue_jwt(&self, subject: &str, extra: impl Into<Value>) -> Result<String, AuthError> {
        let extra = object(extra.into())?;
        self.cell.update(|state| {
            let jti = self.context.entropy().uuid().to_string();
            let issued = state.issue_directly(subject, extra, self.context.now(), &jti)?;
            self.record_issue(&issued);
            Ok(issued.token.clone())
        })
    }

    /// The claims of a token that this stack's issuer signed and that is alive on the stack's clock.
    pub fn validate_jwt(&self, token: &str) -> Result<Claims, InvalidToken> {
        self.validate(token, "validate")
    }

    /// As [`Self::validate_jwt`], saying in the journal which call asked.
    pub(crate) fn validate(&self, token: &str, call: &'static str) -> Result<Claims, InvalidToken> {
        self.identify(token, call).map(|(claims, _)| claims)
    }

    /// A valid token's claims and the user who is registered as its subject, both of one moment.
    pub(crate) fn identify(
        &self,
        token: &str,
        call: &'static str,
    ) -> Result<(Claims, Option<Arc<User>>), InvalidToken> {
        self.cell.update(|state| {
            let claims = match state.validate(token, self.context.now()) {
                Ok(claims) => claims,
                Err(error) => {
                    self.record_refusal(call, &error.to_string());
                    return Err(error);
                }
            };
            let subject = claims.subject().unwrap_or("nobody");
            let mut note = Note::new(format!("{call}: token of {subject} is valid"))
                .with("call", call)
                .with("sub", subject);
            if let Some(jti) = claims.get("jti") {
                note = note.with("jti", jti.clone());
            }
            self.record("validate", note);
            let user = claims.subject().and_then(|name| state.user(name)).cloned();
            Ok((claims, user))
        })
    }

    /// The newest issued tokens, oldest first: at most 10,000 and about 32 MiB.
    pub fn issued_tokens(&self) -> Vec<Arc<IssuedToken>> {
        self.cell
            .read(|s| s.issued.entries().clone())
            .into_iter()
            .collect()
    }

    pub fn counts(&self) -> Counts {
        self.cell.read(|s| s.counts)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Notes a request that was refused before the engine could be asked.
    pub(crate) fn refuse(&self, call: &'static str, reason: &str) {
        self.cell.update(|state| {
            state.counts.refused += 1;
            self.record_refusal(call, reason);
        });
    }

    fn record_issue(&self, token: &Arc<IssuedToken>) {
        let at = self.context.now();
        self.context
            .journal()
            .append_shared(at, NAME, "issue", token.clone());
    }

    fn record_refusal(&self, call: &'static str, reason: &str) {
        let note = Note::new(format!("{call} refused: {reason}"))
            .with("call", call)
            .with("reason", reason);
        self.record("refuse", note);
    }

    fn record(&self, kind: &'static str, note: Note) {
        self.context.record(NAME, kind, note);
    }
}

impl Service for AuthService {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn http(&self, request: Request) -> ResponseFuture<'_> {
        ResponseFuture::new(wire::rest::answer(self, request))
    }

    fn listening(&self, url: &str) {
        if !self.has_given_issuer {
            let own = self.own_issuer.get_or_init(|| format!("{url}{PREFIX}"));
            self.cell.update(|state| state.rename_issuer(own));
        }
    }

    fn status(&self) -> Status {
        self.cell.read(|state| {
            Status::default()
                .with("users", state.users.len())
                .with("issued", state.counts.issued)
                .with("validated", state.counts.validated)
                .with("refused", state.counts.refused)
                .with_memory(state.size_bytes())
        })
    }

    fn reset(&self, depth: ResetDepth, cut: &Cut<'_>) {
        let users_bytes = self.cell.update_at(cut, |state| {
            state.reset(depth);
            state.users_bytes
        });
        self.memory.set(users_bytes);
    }

    fn snapshot(&self, cut: &Cut<'_>) -> Part {
        Part::new(NAME, self.cell.snapshot(cut))
    }

    fn restore(&self, part: &Part, cut: &Cut<'_>) -> Result<(), RestoreError> {
        let mut state = part.state::<State>()?.clone();
        if let Some(own) = self.own_issuer.get() {
            state.rename_issuer(own);
        }
        self.memory.set(state.users_bytes);
        self.cell.replace(cut, state);
        Ok(())
    }
}

fn object(value: Value) -> Result<Map<String, Value>, AuthError> {
    let found = match value {
        Value::Object(map) => return Ok(map),
        Value::Null => return Ok(Map::new()),
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
    };
    Err(AuthError::ClaimsNotAnObject { found })
}
