//! The certificates under which a stack answers HTTPS, for itself and in the place of other hosts.
//!
//! | module | holds |
//! | --- | --- |
//! | [`authority`] | the [`CertificateAuthority`]: made at its first use, shared by a stack and its forks |
//! | [`name`] | the [`Name`]s that a certificate is for |
//! | [`validity`] | from when to when one holds, by the system's clock and the stack's |
//! | [`error`] | what can go wrong |
//!
//! No sockets: a connection asks [`CertificateAuthority::server_config`] for what its ClientHello names.

pub mod authority;
pub mod error;
pub mod name;
pub mod validity;

pub use authority::CertificateAuthority;
pub use error::TlsError;
pub use name::Name;
pub use rustls::ServerConfig;
pub use validity::Validity;
