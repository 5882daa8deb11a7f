//! What can go wrong when a certificate is made.

/// Neither is the fault of a client; both leave the stack's plain port as it is.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the stack's certificate authority could not be made: {0}; plain HTTP goes on")]
    Authority(#[source] rcgen::Error),
    #[error(
        "no certificate can be issued for `{name}`: {source}; use a name of ASCII letters, digits, dots and hyphens"
    )]
    Certificate {
        name: String,
        #[source]
        source: rcgen::Error,
    },
    #[error("the TLS library refuses a certificate or its key: {0}")]
    Configuration(#[from] rustls::Error),
}
