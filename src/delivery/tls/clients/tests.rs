#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ClientConfig, ClientConnection, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::PrivateKeyDer;

use super::*;
use crate::delivery::testing::loaded;
use crate::delivery::tls::{SelfSigned, tcp_config};

/// Until when [`Authority::encoder`] is good.
const LAST_DAY: (i32, u8, u8) = (2100, 1, 1);

/// Who certifies encoders.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    clients: ClientAuthorities,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let clients = loaded_from(&issuer.pem()).unwrap();
        Self { issuer, clients }
    }

    fn encoder(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut params = CertificateParams::new(["encoder-a.example.com".to_owned()]).unwrap();
        let (year, month, day) = LAST_DAY;
        params.not_after = rcgen::date_time_ymd(year, month, day);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        (certificate.der().clone(), key)
    }
}

fn loaded_from(pem: &str) -> Result<ClientAuthorities, Error> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("encoders-ca.pem");
    std::fs::write(&file, pem).unwrap();
    ClientAuthorities::load(&file)
}

/// A node that asks for certificates, and a client of it.
struct Ends {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Ends {
    fn new(
        clients: &ClientAuthorities,
        version: &'static SupportedProtocolVersion,
        identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
    ) -> Self {
        let made = SelfSigned::for_localhost().unwrap();
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(made.certificate_pem.as_bytes()).unwrap();
        roots.add(own).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let client = match identity {
            Some((certificate, key)) => builder
                .with_client_auth_cert(vec![certificate], key)
                .unwrap(),
            None => builder.with_no_client_auth(),
        };
        Self {
            server: tcp_config(loaded(made), Some(clients)).unwrap(),
            client: Arc::new(client),
        }
    }

    /// The node's end of a connection past its handshake.
    fn connect(&self) -> Result<ServerConnection, rustls::Error> {
        let name = "localhost".try_into().unwrap();
        let mut client = ClientConnection::new(Arc::clone(&self.client), name).unwrap();
        let mut server = ServerConnection::new(Arc::clone(&self.server)).unwrap();
        while client.is_handshaking() || server.is_handshaking() || server.wants_write() {
            let mut flight = Vec::new();
            client.write_tls(&mut flight).unwrap();
            server.read_tls(&mut flight.as_slice()).unwrap();
            server.process_new_packets()?;
            let mut flight = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut flight).unwrap();
            }
            let mut flight = flight.as_slice();
            while !flight.is_empty() {
                client.read_tls(&mut flight).unwrap();
                client.process_new_packets().unwrap();
            }
        }
        Ok(server)
    }
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[test]
fn a_client_is_known_by_its_certificate_and_again_when_it_resumes() {
    let (authority, another) = (Authority::new("encoders"), Authority::new("others"));
    for version in VERSIONS {
        let identity = authority.encoder();
        let certificate = identity.0.clone();
        let ends = Ends::new(&authority.clients, version, Some(identity));
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let tls = ends.connect().unwrap();
            assert_eq!(tls.handshake_kind(), Some(kind), "{version:?}");
            let known = authority.clients.identify(&tls).unwrap();
            assert_eq!(*known, ClientCertificate::new(&certificate));
            assert!(known.is_called("encoder-a.example.com"));
            // Whom a ticket names is asked for once more.
            let now = another.clients.identify(&tls);
            assert_eq!(now.is_some(), kind == HandshakeKind::Full, "{version:?}");
        }
    }
}

#[test]
fn a_client_without_a_certificate_is_nobody() {
    let authority = Authority::new("encoders");
    for version in VERSIONS {
        let ends = Ends::new(&authority.clients, version, None);
        for _ in 0..2 {
            let tls = ends.connect().unwrap();
            assert!(authority.clients.identify(&tls).is_none());
        }
    }
}

#[test]
fn a_certificate_of_somebody_else_ends_the_handshake() {
    let authority = Authority::new("encoders");
    // One that calls itself the same.
    let another = Authority::new("encoders");
    for version in VERSIONS {
        let ends = Ends::new(&authority.clients, version, Some(another.encoder()));
        let error = ends.connect().unwrap_err();
        assert!(
            matches!(error, rustls::Error::InvalidCertificate(_)),
            "{error}"
        );
    }
}

#[test]
fn a_certificate_is_good_until_its_last_day() {
    let authority = Authority::new("encoders");
    let (certificate, _) = authority.encoder();
    let (year, month, day) = LAST_DAY;
    let end = rcgen::date_time_ymd(year, month, day).unix_timestamp() as u64;
    let at = |second| {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(second));
        authority
            .clients
            .is_good(std::slice::from_ref(&certificate), time)
    };
    assert!(at(end));
    assert!(!at(end + 1));
    assert!(!authority.clients.is_good(&[], UnixTime::now()));
}

#[test]
fn every_fault_names_the_file_of_authorities() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_pem = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    for (pem, word) in [
        ("garbage", "holds no certificate"),
        (broken, "none of who certifies clients"),
        (no_pem, "not a PEM file"),
    ] {
        let error = loaded_from(pem).unwrap_err().to_string();
        assert!(
            error.contains("encoders-ca.pem") && error.contains(word),
            "{error}"
        );
    }
}
