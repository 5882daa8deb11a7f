//! The whole state of the service, and every change to it.

use std::sync::Arc;

use efsm_core::{ResetDepth, Timestamp};
use efsm_jose::{Claims, JoseError};
use serde_json::{Map, Value};

use crate::engine::grants::Users;
use crate::engine::{Grant, GrantKind, GrantRequest, IssuedLog, IssuedToken, Issuer, User};
use crate::{GrantError, InvalidToken};

/// Cheap to clone: persistent maps and shared values.
#[derive(Clone, Debug)]
pub struct State {
    pub issuer: Arc<Issuer>,
    pub(crate) users: Users,
    /// What `users` holds, in bytes.
    pub(crate) users_bytes: u64,
    pub issued: IssuedLog,
    pub counts: Counts,
}

/// How often what happened, since the stack's beginning or its last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tokens issued, those that fell out of the log included.
    pub issued: u64,
    /// Tokens that were found valid.
    pub validated: u64,
    /// Requests for a token that were refused, and tokens that were found invalid.
    pub refused: u64,
}

impl State {
    pub(crate) fn new(issuer: Issuer) -> Self {
        Self {
            issuer: Arc::new(issuer),
            users: Users::new(),
            users_bytes: 0,
            issued: IssuedLog::default(),
            counts: Counts::default(),
        }
    }

    pub fn user(&self, name: &str) -> Option<&Arc<User>> {
        self.users.get(name)
    }

    /// By name.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// Puts a checked user in place; returns the one of that name before.
    pub(crate) fn put_user(&mut self, user: User) -> Option<Arc<User>> {
        self.users_bytes += user.size_bytes();
        let before = self.users.insert(user.name.as_str().into(), Arc::new(user));
        if let Some(before) = &before {
            self.users_bytes -= before.size_bytes();
        }
        before
    }

    pub(crate) fn remove_user(&mut self, name: &str) -> Option<Arc<User>> {
        let user = self.users.remove(name)?;
        self.users_bytes -= user.size_bytes();
        Some(user)
    }

    /// Names the issuer after the stack's address.
    pub(crate) fn rename_issuer(&mut self, name: &str) {
        if self.issuer.name != name {
            self.issuer = Arc::new(self.issuer.renamed(name));
        }
    }

    /// Decides on a request and issues its token.
    pub(crate) fn grant(
        &mut self,
        request: &GrantRequest,
        now: Timestamp,
        jti: &str,
    ) -> Result<Arc<IssuedToken>, GrantError> {
        let issued = request.decide(&self.users).and_then(|grant| {
            self.issue(&grant, Map::new(), now, jti)
                .map_err(GrantError::from)
        });
        if issued.is_err() {
            self.counts.refused += 1;
        }
        issued
    }

    /// Issues a token for `subject` whatever the grants say. `extra` adds and replaces claims; `null`
    /// takes one away.
    pub(crate) fn issue_directly(
        &mut self,
        subject: &str,
        extra: Map<String, Value>,
        now: Timestamp,
        jti: &str,
    ) -> Result<Arc<IssuedToken>, JoseError> {
        let grant = Grant {
            kind: GrantKind::Direct,
            subject: subject.to_owned(),
            client_id: None,
            scope: String::new(),
        };
        self.issue(&grant, extra, now, jti)
    }

    fn issue(
        &mut self,
        grant: &Grant,
        extra: Map<String, Value>,
        now: Timestamp,
        jti: &str,
    ) -> Result<Arc<IssuedToken>, JoseError> {
        let user = self.user(&grant.subject).cloned();
        let mut claims = self.issuer.claims(grant, user.as_deref(), now, jti);
        for (name, value) in extra {
            match value {
                Value::Null => drop(claims.shift_remove(&name)),
                value => drop(claims.insert(name, value)),
            }
        }
        let claims = Claims::from(claims);
        let token = self.issuer.sign(&claims)?;
        let issued = Arc::new(IssuedToken {
            token,
            subject: claims.subject().unwrap_or(&grant.subject).to_owned(),
            grant: grant.kind,
            scope: claims.text("scope").unwrap_or(&grant.scope).to_owned(),
            issued_at: now,
            expires_at: claims
                .get("exp")
                .and_then(Value::as_i64)
                .and_then(|seconds| Timestamp::from_second(seconds).ok()),
            claims,
        });
        self.issued.push(issued.clone());
        self.counts.issued += 1;
        Ok(issued)
    }

    /// The claims of a token of this issuer that is alive at `now`.
    ///
    /// Tokens are self-contained: one is valid by its signature and its claims, whether or not the log
    /// still has it.
    pub(crate) fn validate(&mut self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        match self.issuer.validate(token, now) {
            Ok(claims) => {
                self.counts.validated += 1;
                Ok(claims)
            }
            Err(reason) => {
                self.counts.refused += 1;
                Err(InvalidToken { reason })
            }
        }
    }

    /// Drops the log and the counts; with [`ResetDepth::All`] the users too. The issuer and its secret
    /// stay, because a backend under test was configured with them.
    pub(crate) fn reset(&mut self, depth: ResetDepth) {
        self.issued = IssuedLog::default();
        self.counts = Counts::default();
        if depth == ResetDepth::All {
            self.users = Users::new();
            self.users_bytes = 0;
        }
    }

    /// What is held, in bytes: users, and the log, which is bounded by itself.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.users_bytes + self.issued.size_bytes() as u64
    }
}
