//! A client and a server that talk without a network.

use std::sync::Arc;

use efsm_core::Timestamp;
use efsm_tls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, Error, RootCertStore, ServerConnection};

/// A client's clock that stands.
#[derive(Debug)]
struct Standing(Timestamp);

impl TimeProvider for Standing {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            seconds,
        )))
    }
}

/// A client that trusts `ca_pem` alone; its clock stands at `at`, or is the system's.
pub(crate) fn client(ca_pem: &str, at: Option<Timestamp>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = match at {
        None => ClientConfig::builder_with_provider(provider),
        Some(at) => ClientConfig::builder_with_details(provider, Arc::new(Standing(at))),
    };
    let mut config = builder
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    Arc::new(config)
}

/// Shakes hands as a client for `name`; what the client makes of it, with the negotiated protocol.
pub(crate) fn shake(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
    name: &str,
) -> Result<Vec<u8>, Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(client.clone(), name).unwrap();
    let mut server = ServerConnection::new(server.clone()).unwrap();
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        wire.clear();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut sent = wire.as_slice();
        while !sent.is_empty() {
            client.read_tls(&mut sent).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(client.alpn_protocol().unwrap_or_default().to_vec())
}
