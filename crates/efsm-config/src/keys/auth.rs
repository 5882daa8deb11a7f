use super::Named;
use crate::format::At;
use crate::format::table::keys;
use crate::format::values::{Name, Object, Period, Url};

keys! {
    /// Users, clients and tokens.
    pub(crate) struct AuthKeys "auth" {
        /// The `iss` of tokens; the address of the auth service, `http://127.0.0.1:8888/auth`, when missing.
        issuer "issuer": Url;
        /// The secret of HS256 tokens, for an application that checks them itself; drawn when missing.
        secret "secret": Name;
        /// How long an access token is valid.
        ttl "ttl": Period = "1h";
        /// Users by name: a map, or a list of names.
        users "users": Named<UserKeys>;
        /// OAuth2 clients by id: a map, or a list of ids. Not enforced yet: every client is accepted.
        clients "clients": At<Named<ClientKeys>>;
    }
}

keys! {
    /// A user.
    pub(crate) struct UserKeys "user" {
        /// Claims of the user's tokens and of `userinfo`.
        claims "claims": Object;
    }
}

keys! {
    /// An OAuth2 client.
    pub(crate) struct ClientKeys "client" {
        /// Its secret; a public client has none.
        secret "secret": Name;
        /// Where an authorization may return to.
        redirect_uris "redirect_uris": Vec<Name>;
    }
}
