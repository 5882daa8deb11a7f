//! The client credentials grant (RFC 6749 section 4.4).

use super::{GrantRequest, Users, opens};
use crate::GrantError;

/// The subject is `client_id`; the plain contract lets `username` stand for it.
pub(super) fn subject(request: &GrantRequest, users: &Users) -> Result<String, GrantError> {
    let (name, secret) = request
        .client()
        .or_else(|| request.user())
        .ok_or(GrantError::NoClient)?;
    if opens(users, name, secret) {
        Ok(name.to_owned())
    } else {
        Err(GrantError::WrongClientSecret {
            client_id: name.to_owned(),
        })
    }
}
