//! The authority: one self-signed certificate, and below it one for every host that a client asks for.

use std::fmt;
use std::sync::Arc;

use efsm_core::Clock;
use indexmap::IndexMap;
use jiff::Timestamp;
use parking_lot::Mutex;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
    SerialNumber,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, server};

use crate::{Name, TlsError, Validity};

/// Hosts whose certificates are kept; issuing one again costs a signature.
const KEPT: usize = 512;
/// Longer names cannot stand in a subject (RFC 5280's ub-common-name); the alternative names hold them.
const LONGEST_COMMON_NAME: usize = 64;

/// The certificate authority of a stack and all its forks. Clones share it.
///
/// Nothing is made before the first use. Its keys come from the system's entropy, also in a stack with a
/// seed: whoever knows the seed could otherwise speak for every host to a client that trusts the
/// authority, and a seeded sequence must not depend on whether somebody used TLS.
#[derive(Clone, Default)]
pub struct CertificateAuthority(Arc<Mutex<Option<Box<Made>>>>);

/// What there is once the authority was used.
struct Made {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The key of all issued certificates.
    key: KeyPair,
    /// What all connections have in common: versions, ciphers, ALPN, the memory of sessions.
    common: ServerConfig,
    issued: IndexMap<Vec<Name>, Issued>,
}

struct Issued {
    validity: Validity,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertificateAuthority")
    }
}

impl CertificateAuthority {
    /// The certificate that clients are to trust, as PEM.
    pub fn certificate_pem(&self) -> Result<String, TlsError> {
        self.with_made(|made| Ok(made.issuer.pem()))
    }

    /// How to answer a connection for these `names`, of which the first is the most wanted: a certificate for
    /// all of them that holds on the system's clock and at `now`, the stack's time; HTTP/2 or HTTP/1.1.
    pub fn server_config(
        &self,
        names: Vec<Name>,
        now: Timestamp,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let system = Clock::system().now();
        self.with_made(|made| made.config(names, system, now))
    }

    fn with_made<T>(
        &self,
        work: impl FnOnce(&mut Made) -> Result<T, TlsError>,
    ) -> Result<T, TlsError> {
        let mut made = self.0.lock();
        match &mut *made {
            Some(made) => work(made),
            made => work(made.insert(Box::new(Made::new()?))),
        }
    }
}

impl Made {
    fn new() -> Result<Self, TlsError> {
        let generate =
            || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(TlsError::Authority);
        let (own_key, key) = (generate()?, generate()?);
        let params = authority_params(&own_key);
        let issuer = CertifiedIssuer::self_signed(params, own_key).map_err(TlsError::Authority)?;
        Ok(Self {
            issuer,
            key,
            common: common_config()?,
            issued: IndexMap::new(),
        })
    }

    fn config(
        &mut self,
        names: Vec<Name>,
        system: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        if let Some(issued) = self.issued.get(&names)
            && issued.validity.covers(system, now)
        {
            return Ok(issued.config.clone());
        }
        let validity = Validity::around(system, now);
        let config = Arc::new(self.issue(&names, validity)?);
        let issued = Issued {
            validity,
            config: config.clone(),
        };
        self.issued.insert(names, issued);
        if self.issued.len() > KEPT {
            self.issued.shift_remove_index(0);
        }
        Ok(config)
    }

    fn issue(&self, names: &[Name], validity: Validity) -> Result<ServerConfig, TlsError> {
        let certificate = leaf_params(names, validity)
            .and_then(|params| params.signed_by(&self.key, &self.issuer))
            .map_err(|source| TlsError::Certificate {
                name: names.first().map_or_else(String::new, Name::to_string),
                source,
            })?;
        let key = PrivateKeyDer::Pkcs8(self.key.serialized_der().to_vec().into());
        let key = aws_lc_rs::sign::any_supported_type(&key)?;
        let certified = CertifiedKey::new(vec![certificate.der().clone()], key);
        let mut config = self.common.clone();
        config.cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        Ok(config)
    }
}

/// Holds for as long as X.509 can say (RFC 5280 section 4.1.2.5): trust stores are set up once, and a stack's
/// clock may be moved anywhere afterwards.
fn authority_params(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let whole = Validity {
        not_before: Timestamp::MIN,
        not_after: Timestamp::MAX,
    };
    whole.write(&mut params);
    // Two authorities in one trust store are told apart by their subjects.
    let mark = key.public_key_raw()[1..5]
        .iter()
        .fold(0, |mark, byte| mark << 8 | u32::from(*byte));
    params.distinguished_name = subject(&format!("efsm test CA {mark:08x}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(serial_number());
    params
}

fn leaf_params(names: &[Name], validity: Validity) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    validity.write(&mut params);
    let common_name = names
        .first()
        .map(Name::to_string)
        .filter(|name| name.len() <= LONGEST_COMMON_NAME);
    params.distinguished_name = subject(common_name.as_deref().unwrap_or("efsm"));
    for name in names {
        params.subject_alt_names.push(match name {
            Name::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
            Name::Ip(ip) => SanType::IpAddress(*ip),
        });
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Without it, clients that check strictly (Python's since 3.13) refuse the certificate.
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial_number());
    Ok(params)
}

fn subject(common_name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "efsm");
    subject.push(DnType::CommonName, common_name);
    subject
}

/// Never used twice: browsers refuse two certificates of one issuer with the same number.
fn serial_number() -> SerialNumber {
    let mut bytes = efsm_core::entropy::system_bytes();
    // Positive, and of a constant length.
    bytes[0] = bytes[0] & 0x3f | 0x40;
    SerialNumber::from_slice(&bytes[..16])
}

fn common_config() -> Result<ServerConfig, rustls::Error> {
    // Passed in rather than installed: the process, which may be a test with TLS of its own, has only one default.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Unnamed));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Stands in the common configuration until a certificate takes its place.
#[derive(Debug)]
struct Unnamed;

impl server::ResolvesServerCert for Unnamed {
    fn resolve(&self, _hello: server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}
