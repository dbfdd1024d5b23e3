//! Certificates that prove nothing: each is refused with its reason, before anything is asked of the host.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::names::{Found, open_with};
use super::*;

const HOST: &str = "files.localhost";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfour";

/// A certificate with the key that proves it.
type Proof = (CertificateDer<'static>, PrivateKeyDer<'static>);

/// Who signs certificates.
fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn signed(params: &CertificateParams, by: &CertifiedIssuer<'static, KeyPair>) -> Proof {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    (certificate.into(), PrivatePkcs8KeyDer::from(key.serialize_der()).into())
}

/// A host that answers its first client with the file. Returns its port, and what it has heard after the handshake.
async fn host((certificate, key): Proof) -> (u16, JoinHandle<Vec<u8>>) {
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        // A client that has refused says nothing more.
        if let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(socket).await {
            drop(stream.read_buf(&mut heard).await);
            drop(stream.write_all(ANSWER).await);
            drop(stream.shutdown().await);
        }
        heard
    });
    (port, served)
}

/// What comes of asking a host with this certificate for a file, and what the host has heard.
async fn asked(
    proof: Proof,
    trusted: &CertifiedIssuer<'static, KeyPair>,
) -> (Result<Opened, CopyError>, JoinHandle<Vec<u8>>) {
    let (port, served) = host(proof).await;
    let origin = format!("https://{HOST}:{port}");
    let lookup: Arc<Lookup> =
        Arc::new(|_name| -> Found { Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) }) });
    let trusted = Certificate::from_der(trusted.der()).unwrap();
    let source = HttpSource::with(http_options(&origin), &lookup, &[trusted]).unwrap();
    (open_with(&source, &format!("{origin}/a.pdf?X-Amz-Signature=secret")).await, served)
}

#[tokio::test]
async fn a_certificate_that_proves_the_name_is_enough() {
    let trusted = issuer();
    let (opened, served) = asked(signed(&params(HOST), &trusted), &trusted).await;
    assert_eq!(read(opened).await.unwrap(), b"four");
    assert!(served.await.unwrap().starts_with(b"GET /a.pdf"));
}

/// What is wrong with a certificate.
enum Flaw {
    Expired,
    NotYet,
    AnotherName,
    /// Its issuer is called as the trusted one is, and has another key.
    UnknownIssuer,
    SelfSigned,
    ForClients,
}

fn flawed(flaw: &Flaw, trusted: &CertifiedIssuer<'static, KeyPair>) -> Proof {
    let mut good = params(HOST);
    match flaw {
        Flaw::Expired => good.not_after = date_time_ymd(2020, 1, 1),
        Flaw::NotYet => good.not_before = date_time_ymd(3000, 1, 1),
        Flaw::AnotherName => good = params("secret.localhost"),
        Flaw::ForClients => good.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        Flaw::UnknownIssuer => return signed(&good, &issuer()),
        Flaw::SelfSigned => {
            let key = KeyPair::generate().unwrap();
            good.distinguished_name = DistinguishedName::new();
            let certificate = good.self_signed(&key).unwrap();
            return (certificate.into(), PrivatePkcs8KeyDer::from(key.serialize_der()).into());
        }
    }
    signed(&good, trusted)
}

#[rstest]
#[case(Flaw::Expired, "has expired")]
#[case(Flaw::NotYet, "is not valid yet")]
#[case(Flaw::AnotherName, "is for another name")]
#[case(Flaw::UnknownIssuer, "is signed by nobody who is known")]
#[case(Flaw::SelfSigned, "is signed by nobody who is known")]
#[case(Flaw::ForClients, "cannot be trusted")]
#[tokio::test]
async fn a_certificate_that_proves_nothing_is_refused_with_its_reason(
    #[case] flaw: Flaw,
    #[case] reason: &str,
) {
    let trusted = issuer();
    let (opened, served) = asked(flawed(&flaw, &trusted), &trusted).await;
    let (class, message) = class_of(opened).await;
    assert_eq!(class, FailureClass::UntrustedCertificate, "{message}");
    assert_eq!(message, format!("the certificate of `{HOST}` {reason}"));
    assert_eq!(served.await.unwrap(), b"", "something was asked");
}
