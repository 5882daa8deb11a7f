//! `POST /oauth/token` (RFC 6749 section 3.2).

use efsm_core::{Note, Request, Response};
use efsm_wire::{BadInput, json};
use http::StatusCode;
use serde_json::json as value;

use super::basic::{self, Credentials};
use super::oauth_error::{bad_input, invalid_client, invalid_request, no_store, of_grant};
use super::parameters::Parameters;
use crate::AuthService;
use crate::engine::GrantRequest;
use crate::service::NAME;

const CALL: &str = "token";

pub(super) async fn answer(service: &AuthService, request: Request) -> Response {
    let credentials = match basic::credentials(&request) {
        Ok(credentials) => credentials,
        Err(problem) => {
            service.refuse(CALL, problem);
            return invalid_client(problem);
        }
    };
    let limits = service.context().limits();
    let parsed = match Parameters::read(request, limits).await {
        Ok(mut parameters) => grant_request(&mut parameters),
        Err(bad) => Err(bad),
    };
    let mut grant = match parsed {
        Ok(grant) => grant,
        Err(bad) => {
            service.refuse(CALL, &bad.message);
            return bad_input(&bad);
        }
    };
    if let Some(credentials) = credentials
        && let Err(problem) = authenticated(&mut grant, credentials)
    {
        service.refuse(CALL, problem);
        return invalid_request(problem);
    }
    let context = service.context();
    let fault = context
        .faults()
        .for_operation(NAME, context.entropy(), |name| {
            Some(match name {
                "operation" => "token".into(),
                "grant_type" => grant.grant_type.as_deref()?.into(),
                "username" => grant.username.as_deref()?.into(),
                "client_id" => grant.client_id.as_deref()?.into(),
                _ => return None,
            })
        });
    let Some(fault) = fault else {
        return issue(service, &grant);
    };
    let note = Note::new(format!("fault {} on a token request", fault.rule.id));
    context.record(NAME, "fault", note.with("rule", fault.rule.id.clone()));
    efsm_wire::fault::apply(&fault, context, async { issue(service, &grant) }).await
}

fn issue(service: &AuthService, grant: &GrantRequest) -> Response {
    match service.grant(grant) {
        Ok(issued) => no_store(json(
            StatusCode::OK,
            &value!({
                "access_token": issued.token,
                "token_type": "bearer",
                "expires_in": issued.lifetime_seconds(),
                "scope": issued.scope,
            }),
        )),
        Err(error) => of_grant(&error),
    }
}

fn grant_request(parameters: &mut Parameters) -> Result<GrantRequest, BadInput> {
    Ok(GrantRequest {
        grant_type: parameters.text("grant_type")?,
        username: parameters.text("username")?,
        password: parameters.text("password")?,
        client_id: parameters.text("client_id")?,
        client_secret: parameters.text("client_secret")?,
        scope: parameters.text("scope")?,
    })
}

/// Puts the Basic credentials into the request. RFC 6749 section 2.3: one way of authentication a request.
fn authenticated(grant: &mut GrantRequest, credentials: Credentials) -> Result<(), &'static str> {
    if grant.client_secret.is_some() {
        return Err("the client's secret is sent twice: in the body and by HTTP Basic");
    }
    if grant
        .client_id
        .as_ref()
        .is_some_and(|id| *id != credentials.id)
    {
        return Err("client_id in the body is not the one of HTTP Basic");
    }
    grant.client_id = Some(credentials.id);
    grant.client_secret = Some(credentials.secret);
    Ok(())
}
