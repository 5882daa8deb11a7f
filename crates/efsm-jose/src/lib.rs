//! Signed tokens: compact JWS (RFC 7515) and JWT (RFC 7519) over aws-lc-rs.
//!
//! | module | holds |
//! | --- | --- |
//! | [`algorithm`] | HS256, HS384, HS512, RS256, ES256 |
//! | [`key`] | keys that sign and keys that verify, each for one algorithm |
//! | [`header`] | the JOSE header |
//! | [`jws`] | signing and verifying bytes |
//! | [`claims`] | claims sets, what they must be, signing and verifying them |
//! | [`base64url`], [`json`] | the strict encodings below |
//!
//! Small on purpose, so that it can be read whole. The key decides the algorithm; `none`, algorithm
//! confusion, critical extensions, repeated members, padding and oversized tokens are refused. Time is
//! passed in.
//!
//! ```
//! use efsm_jose::{Algorithm, Claims, Header, SigningKey, Validation, decode, encode};
//!
//! let key = SigningKey::hmac(Algorithm::Hs256, b"a secret shared with the backend")?;
//! let claims = Claims::new().with("sub", "alice").with("exp", 1_300_819_380);
//! let token = encode(&Header::jwt(&key), &claims, &key)?;
//!
//! let now = "2011-03-22T18:42:59Z".parse()?;
//! let read = decode(&token, &key.verifying_key()?, &Validation::at(now))?;
//! assert_eq!(read.subject(), Some("alice"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod algorithm;
pub mod base64url;
pub mod claims;
pub mod error;
pub mod header;
pub mod json;
pub mod jws;
pub mod key;
mod pem;

pub use algorithm::Algorithm;
pub use claims::{Claims, Validation, decode, encode};
pub use error::{JoseError, KeyError, Segment};
pub use header::Header;
pub use jws::{MAX_TOKEN_BYTES, Verified, sign, verify};
pub use key::{SigningKey, VerifyingKey};
