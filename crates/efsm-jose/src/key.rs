//! Keys. Each is for one algorithm, and it is the key that decides which: what a token's header says is
//! compared with it and never followed, so that no token can choose how it is verified.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use aws_lc_rs::{hmac, rsa};

use crate::{Algorithm, JoseError, KeyError, pem};

/// A key that signs. Cloning shares it.
#[derive(Clone)]
pub struct SigningKey(Signer);

#[derive(Clone)]
enum Signer {
    Hmac(HmacKey),
    Rsa(Arc<RsaKeyPair>),
    P256(Arc<EcdsaKeyPair>),
}

/// A key that verifies. Cloning shares it.
#[derive(Clone)]
pub struct VerifyingKey(Verifier);

#[derive(Clone)]
enum Verifier {
    Hmac(HmacKey),
    Public {
        algorithm: Algorithm,
        key: Arc<ParsedPublicKey>,
    },
}

#[derive(Clone)]
struct HmacKey {
    algorithm: Algorithm,
    key: Arc<hmac::Key>,
}

impl HmacKey {
    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let hash = match algorithm {
            Algorithm::Hs256 => hmac::HMAC_SHA256,
            Algorithm::Hs384 => hmac::HMAC_SHA384,
            Algorithm::Hs512 => hmac::HMAC_SHA512,
            other => return Err(KeyError::NotHmac(other)),
        };
        if secret.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        Ok(Self {
            algorithm,
            key: Arc::new(hmac::Key::new(hash, secret)),
        })
    }
}

impl SigningKey {
    /// A shared secret for HS256, HS384 or HS512.
    ///
    /// RFC 7518 section 3.2 asks for as many bytes as the hash has; shorter secrets are taken, because the
    /// secret of a test is what the system under test has been configured with.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        HmacKey::new(algorithm, secret).map(|key| Self(Signer::Hmac(key)))
    }

    /// An RSA private key of 2048 to 8192 bits for RS256, from PEM: `PRIVATE KEY` (PKCS #8) or
    /// `RSA PRIVATE KEY` (PKCS #1).
    pub fn rs256_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::block(text, "PRIVATE KEY")?;
        let pair = match block.label {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&block.der),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&block.der),
            label => {
                return Err(KeyError::PemLabel {
                    label: label.to_owned(),
                    expected: "an unencrypted PKCS #8 or PKCS #1 key",
                });
            }
        };
        let pair = pair.map_err(|e| rejected(Algorithm::Rs256, &e))?;
        Ok(Self(Signer::Rsa(Arc::new(pair))))
    }

    /// A new RSA key of 2048 bits for RS256. Takes 60 to 300 ms of CPU: never on the path to the first
    /// answer, and off the async threads.
    pub fn generate_rs256() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| KeyError::Generation)?;
        Ok(Self(Signer::Rsa(Arc::new(pair))))
    }

    /// A P-256 private key for ES256, from PEM: `PRIVATE KEY` (PKCS #8) or `EC PRIVATE KEY` (RFC 5915).
    pub fn es256_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::block(text, "PRIVATE KEY")?;
        let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = match block.label {
            "PRIVATE KEY" => EcdsaKeyPair::from_pkcs8(curve, &block.der),
            "EC PRIVATE KEY" => EcdsaKeyPair::from_private_key_der(curve, &block.der),
            label => {
                return Err(KeyError::PemLabel {
                    label: label.to_owned(),
                    expected: "an unencrypted PKCS #8 or RFC 5915 key",
                });
            }
        };
        let pair = pair.map_err(|e| rejected(Algorithm::Es256, &e))?;
        Ok(Self(Signer::P256(Arc::new(pair))))
    }

    /// A new P-256 key for ES256.
    pub fn generate_es256() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| KeyError::Generation)?;
        Ok(Self(Signer::P256(Arc::new(pair))))
    }

    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Signer::Hmac(key) => key.algorithm,
            Signer::Rsa(_) => Algorithm::Rs256,
            Signer::P256(_) => Algorithm::Es256,
        }
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        match &self.0 {
            Signer::Hmac(key) => Ok(VerifyingKey(Verifier::Hmac(key.clone()))),
            Signer::Rsa(pair) => VerifyingKey::public(Algorithm::Rs256, pair.public_key().as_ref()),
            Signer::P256(pair) => {
                VerifyingKey::public(Algorithm::Es256, pair.public_key().as_ref())
            }
        }
    }

    /// The signature of `message`. HMAC and RSA give the same one each time; ECDSA never does.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        match &self.0 {
            Signer::Hmac(key) => Ok(hmac::sign(&key.key, message).as_ref().to_vec()),
            Signer::Rsa(pair) => {
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signed,
                )
                .map_err(|_| JoseError::Signing)?;
                Ok(signed)
            }
            Signer::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signed| signed.as_ref().to_vec())
                .map_err(|_| JoseError::Signing),
        }
    }
}

impl VerifyingKey {
    /// A shared secret, as [`SigningKey::hmac`].
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        HmacKey::new(algorithm, secret).map(|key| Self(Verifier::Hmac(key)))
    }

    /// An RSA public key for RS256, from PEM: `PUBLIC KEY` or `RSA PUBLIC KEY`.
    pub fn rs256_pem(text: &str) -> Result<Self, KeyError> {
        Self::public(Algorithm::Rs256, &pem::block(text, "PUBLIC KEY")?.der)
    }

    /// An RSA public key for RS256 from its modulus and exponent, big-endian without leading zeros.
    pub fn rs256_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let components = RsaPublicKeyComponents {
            n: modulus,
            e: exponent,
        };
        let key = components
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|e| rejected(Algorithm::Rs256, &e))?;
        Ok(Self::parsed(Algorithm::Rs256, key))
    }

    /// A P-256 public key for ES256, from PEM: `PUBLIC KEY`.
    pub fn es256_pem(text: &str) -> Result<Self, KeyError> {
        Self::public(Algorithm::Es256, &pem::block(text, "PUBLIC KEY")?.der)
    }

    /// A P-256 public key for ES256 from its coordinates, 32 bytes each.
    pub fn es256_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, KeyError> {
        let mut point = vec![4];
        point.extend_from_slice(x);
        point.extend_from_slice(y);
        Self::public(Algorithm::Es256, &point)
    }

    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Verifier::Hmac(key) => key.algorithm,
            Verifier::Public { algorithm, .. } => *algorithm,
        }
    }

    /// Whether `signature` is this key's for `message`; MACs are compared in constant time.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Verifier::Hmac(key) => hmac::verify(&key.key, message, signature).is_ok(),
            Verifier::Public { key, .. } => key.verify_sig(message, signature).is_ok(),
        }
    }

    fn public(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        let scheme: &'static dyn signature::VerificationAlgorithm = match algorithm {
            Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
            _ => &RSA_PKCS1_2048_8192_SHA256,
        };
        ParsedPublicKey::new(scheme, bytes)
            .map(|key| Self::parsed(algorithm, key))
            .map_err(|e| rejected(algorithm, &e))
    }

    fn parsed(algorithm: Algorithm, key: ParsedPublicKey) -> Self {
        Self(Verifier::Public {
            algorithm,
            key: Arc::new(key),
        })
    }
}

fn rejected(algorithm: Algorithm, problem: &dyn fmt::Display) -> KeyError {
    KeyError::Rejected {
        algorithm,
        problem: problem.to_string(),
    }
}

// Neither secrets nor private numbers may reach a log.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.algorithm())
    }
}
