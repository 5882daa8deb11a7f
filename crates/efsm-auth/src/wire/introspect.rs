//! `POST /oauth/introspect` (RFC 7662).

use efsm_core::{Request, Response};
use efsm_wire::{BadInput, json};
use http::StatusCode;
use serde_json::{Map, Value};

use super::oauth_error::{bad_input, no_store};
use super::parameters::Parameters;
use crate::AuthService;

const CALL: &str = "introspect";

pub(super) async fn answer(service: &AuthService, request: Request) -> Response {
    let limits = service.context().limits();
    let token = match Parameters::read(request, limits).await {
        Ok(mut parameters) => parameters.text("token").and_then(|token| {
            token.ok_or_else(|| BadInput::new("the parameter 'token' is missing"))
        }),
        Err(bad) => Err(bad),
    };
    let token = match token {
        Ok(token) => token,
        Err(bad) => {
            service.refuse(CALL, &bad.message);
            return bad_input(&bad);
        }
    };
    let mut answer = Map::new();
    match service.validate(&token, CALL) {
        Ok(claims) => {
            answer.insert("active".to_owned(), true.into());
            for (name, value) in claims.into_map() {
                // A token cannot call itself inactive.
                answer.entry(name).or_insert(value);
            }
        }
        // RFC 7662 section 2.2: an inactive token's answer says nothing more.
        Err(_) => drop(answer.insert("active".to_owned(), false.into())),
    }
    no_store(json(StatusCode::OK, &Value::Object(answer)))
}
