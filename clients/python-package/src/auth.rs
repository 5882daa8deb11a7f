//! Users and tokens.

use std::sync::Arc;

use efsm_auth::{AuthConfig, AuthService, User};
use efsm_core::{Context, ResetDepth};
use efsm_jose::{JoseError, Segment};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use crate::service::Part;
use crate::{errors, json};

#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Auth(pub(crate) Part<AuthService>);

#[pymethods]
impl Auth {
    #[new]
    fn alone(
        secret: Option<String>,
        ttl_seconds: Option<u64>,
        issuer: Option<String>,
    ) -> PyResult<Self> {
        let mut config = AuthConfig {
            secret,
            ..AuthConfig::default()
        };
        config.ttl_seconds = ttl_seconds.unwrap_or(config.ttl_seconds);
        config.issuer = issuer.or(config.issuer);
        let context = Context::default();
        let service = AuthService::with_config(context.clone(), config).map_err(errors::value)?;
        Ok(Self(Part::new(Arc::new(service), context)))
    }

    #[getter]
    fn secret(&self) -> PyResult<String> {
        Ok(self.0.get()?.secret())
    }

    #[getter]
    fn issuer(&self) -> PyResult<String> {
        Ok(self.0.get()?.issuer())
    }

    #[getter]
    fn ttl_seconds(&self) -> PyResult<u64> {
        Ok(self.0.get()?.ttl_seconds())
    }

    /// Seconds since the epoch on the stack's clock.
    fn now(&self) -> PyResult<i64> {
        Ok(self.0.context()?.now().as_second())
    }

    fn add_user(
        &self,
        name: String,
        password: Option<String>,
        claims: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let mut user = User::new(name).with_claims(json::object(claims, "claims")?);
        user.password = password;
        self.0.get()?.put_user(user).map_err(errors::value)
    }

    fn remove_user(&self, name: &str) -> PyResult<bool> {
        Ok(self.0.get()?.remove_user(name))
    }

    fn user<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let user = self.0.get()?.user(name);
        user.map(|user| described(py, &user)).transpose()
    }

    fn users<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let users = self.0.get()?.users();
        users.iter().map(|user| described(py, user)).collect()
    }

    fn issue_jwt(
        &self,
        py: Python<'_>,
        subject: &str,
        extra: &Bound<'_, PyAny>,
    ) -> PyResult<String> {
        let service = self.0.get()?;
        let extra = Value::Object(json::object(extra, "extra")?);
        py.detach(|| service.issue_jwt(subject, extra))
            .map_err(errors::value)
    }

    /// The claims; raises `InvalidTokenError(reason, detail)`.
    fn validate_jwt<'py>(&self, py: Python<'py>, token: &str) -> PyResult<Bound<'py, PyDict>> {
        let service = self.0.get()?;
        match py.detach(|| service.validate_jwt(token)) {
            Ok(claims) => json::to_dict(py, claims.as_map()),
            Err(error) => {
                let told = (reason(&error.reason), error.to_string());
                Err(errors::exception(py, "InvalidTokenError", told))
            }
        }
    }

    fn issued_tokens(&self) -> PyResult<Vec<String>> {
        let tokens = self.0.get()?.issued_tokens();
        Ok(tokens.iter().map(|issued| issued.token.clone()).collect())
    }

    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.reset(py, ResetDepth::All)
    }

    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.status(py)
    }
}

/// Why, in words that programs can rely on.
fn reason(error: &JoseError) -> &'static str {
    match error {
        JoseError::TooLarge { .. } | JoseError::Segments { .. } => "invalid JWT format",
        JoseError::Base64(Segment::Header) | JoseError::Header { .. } => "malformed header",
        JoseError::Base64(Segment::Payload)
        | JoseError::Claims { .. }
        | JoseError::ClaimType { .. } => "malformed payload",
        JoseError::Base64(Segment::Signature) => "malformed signature",
        JoseError::Algorithm { .. } => "algorithm not accepted",
        JoseError::Critical { .. } => "critical header not understood",
        JoseError::Signature => "signature mismatch",
        JoseError::MissingClaim { .. } => "claim missing",
        JoseError::Expired { .. } => "token expired",
        JoseError::NotYetValid { .. } => "token not yet valid",
        JoseError::Issuer { .. } => "issuer not trusted",
        JoseError::Audience { .. } => "audience mismatch",
        JoseError::HeaderAlgorithm { .. } | JoseError::Signing => "token cannot be made",
    }
}

fn described<'py>(py: Python<'py>, user: &User) -> PyResult<Bound<'py, PyDict>> {
    let dict = json::to_dict(py, &user.claims)?;
    dict.set_item("username", &user.name)?;
    Ok(dict)
}
