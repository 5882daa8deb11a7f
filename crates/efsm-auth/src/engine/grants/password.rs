//! The resource owner password credentials grant (RFC 6749 section 4.3).

use super::{GrantRequest, Users, opens};
use crate::GrantError;

/// The subject is `username`; the plain contract lets `client_id` stand for it.
pub(super) fn subject(request: &GrantRequest, users: &Users) -> Result<String, GrantError> {
    let (name, secret) = request
        .user()
        .or_else(|| request.client())
        .ok_or(GrantError::NoUsername)?;
    if opens(users, name, secret) {
        Ok(name.to_owned())
    } else {
        Err(GrantError::WrongPassword {
            username: name.to_owned(),
        })
    }
}
