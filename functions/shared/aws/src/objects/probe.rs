//! Opening a new URL as a user would: one HEAD, without credentials.
//!
//! The URL is of our own making, so no allow-list stands before it; nothing of the answer is used but its status and its length. Its
//! host may be in a private network, but never an address of the platform, nor loopback on AWS.

use std::time::Duration;

use drayage_domain::allow_list::Reach;
use reqwest::{Client, Url, header};

use crate::net::{ForbiddenName, GuardedResolver, literal_is_permitted, wary_client};

/// Time for the whole request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Opens URLs.
#[derive(Debug, Clone)]
pub struct Prober {
    client: Client,
    reach: Reach,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// HTTP status. Redirects are not followed.
    pub status: u16,
    /// `Content-Length`, if it was told.
    pub size_bytes: Option<u64>,
}

/// A URL that could not be opened. Names its host only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It is no URL that can be opened.
    #[error("it is not a URL that can be opened")]
    NotAUrl,
    /// Its host is an address that may not be asked.
    #[error("`{host}` is an internal address")]
    Forbidden {
        /// The host.
        host: String,
    },
    /// There was no answer in time.
    #[error("`{host}` did not answer within {} s", TIMEOUT.as_secs())]
    TimedOut {
        /// The host.
        host: String,
    },
    /// There was no connection, or it broke.
    #[error("`{host}` {what}")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened.
        what: &'static str,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up")]
    NoClient,
}

impl Prober {
    /// Sets up the client, which connects to addresses within `reach` only.
    pub fn new(reach: Reach) -> Result<Self, ProbeError> {
        let client = wary_client(GuardedResolver::new(reach))
            .timeout(TIMEOUT)
            .user_agent(concat!("drayage/", env!("CARGO_PKG_VERSION")))
            .build()
            // Its text has nothing that helps, and may have settings of the system.
            .map_err(|_no_client| ProbeError::NoClient)?;
        Ok(Self { client, reach })
    }

    /// Asks for the head of a URL.
    pub async fn head(&self, url: &str) -> Result<Probed, ProbeError> {
        let url = Url::parse(url).map_err(|_not_a_url| ProbeError::NotAUrl)?;
        let host = url.host_str().ok_or(ProbeError::NotAUrl)?.to_owned();
        if !literal_is_permitted(&url, self.reach) {
            return Err(ProbeError::Forbidden { host });
        }
        let asked = self
            .client
            .head(url)
            // The length of an encoded form would be another.
            .header(header::ACCEPT_ENCODING, "identity")
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(Probed {
                status: answer.status().as_u16(),
                // The client's own length is of the body, and a HEAD has none.
                size_bytes: answer
                    .headers()
                    .get(header::CONTENT_LENGTH)
                    .and_then(|length| length.to_str().ok()?.trim().parse().ok()),
            }),
            Err(error) if ForbiddenName::in_chain(&error).is_some() => {
                Err(ProbeError::Forbidden { host })
            }
            Err(error) if error.is_timeout() => Err(ProbeError::TimedOut { host }),
            Err(error) => {
                let what =
                    if error.is_connect() { "cannot be reached" } else { "broke the connection" };
                Err(ProbeError::Unreachable { host, what })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::test_support::RawServer;

    async fn probe(answer: &str) -> (RawServer, Result<Probed, ProbeError>) {
        let server = RawServer::start(vec![answer.to_owned()], false).await;
        let probed = Prober::new(Reach::ThisMachine)
            .unwrap()
            .head(&format!("{}/a%20b", server.origin))
            .await;
        (server, probed)
    }

    #[tokio::test]
    async fn status_and_length_are_told_and_nothing_is_sent_but_a_head() {
        let (server, probed) = probe("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n").await;
        assert_eq!(probed, Ok(Probed { status: 200, size_bytes: Some(1234) }));
        let head = server.heads().remove(0).to_lowercase();
        assert!(head.starts_with("head /a%20b http/1.1"), "{head}");
        assert!(!head.contains("authorization") && !head.contains("cookie"), "{head}");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let answer =
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let (server, probed) = probe(answer).await;
        assert_eq!(probed.map(|probed| probed.status), Ok(302));
        assert_eq!(server.connections(), 1);
    }

    #[tokio::test]
    async fn a_length_that_is_not_told_is_none() {
        let (_server, probed) = probe("HTTP/1.1 403 Forbidden\r\n\r\n").await;
        assert_eq!(probed, Ok(Probed { status: 403, size_bytes: None }));
    }

    #[tokio::test]
    async fn an_error_names_the_host_and_no_more() {
        let (_server, probed) = probe("").await;
        let text = probed.unwrap_err().to_string();
        assert!(text.contains("`127.0.0.1`") && !text.contains("a%20b"), "{text}");
        assert_eq!(
            Prober::new(Reach::ThisMachine).unwrap().head("key").await,
            Err(ProbeError::NotAUrl)
        );
    }

    #[tokio::test]
    async fn an_internal_address_is_not_asked() {
        let server = RawServer::start(Vec::new(), false).await;
        let local = Prober::new(Reach::Private).unwrap();
        let named = server.origin.replace("127.0.0.1", "localhost");
        for url in [&server.origin, &named, &"http://169.254.169.254/a".to_owned()] {
            let refused = local.head(url).await.unwrap_err();
            assert!(matches!(refused, ProbeError::Forbidden { .. }), "{url}: {refused}");
        }
        assert_eq!(server.connections(), 0);
    }
}
