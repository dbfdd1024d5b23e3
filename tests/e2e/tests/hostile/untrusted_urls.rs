//! URLs that somebody would put into records to have an internal address asked, all in one run: no record ends well, each ends
//! by name, and nobody is connected to.
//!
//! The table is that of the domain's own tests, which look at the parser alone; here it goes through the whole stack, once as the
//! records' URLs and once as the targets of redirects by the one host that is allowed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use drayage_local::LocalStack;
use drayage_sim::files::{Fault, FaultKind};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{add, insert, outcome, rows};

const TABLE: &str =
    include_str!("../../../../functions/shared/domain/tests/source_url/untrusted.json");
/// What the URL field of the simulated org holds, in characters.
const FIELD_LENGTH: usize = 255;

/// Listens on loopback, in both families, and counts who connects.
struct Canary {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Canary {
    async fn start() -> Result<Self> {
        let connections = Arc::new(AtomicUsize::new(0));
        let first = TcpListener::bind("127.0.0.1:0").await?;
        let port = first.local_addr()?.port();
        let mut listeners = vec![first];
        // The other family need not be there, nor its port be free.
        listeners.extend(TcpListener::bind(SocketAddr::new("::1".parse()?, port)).await);
        for listener in listeners {
            let counted = Arc::clone(&connections);
            tokio::spawn(async move {
                while let Ok((socket, _)) = listener.accept().await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    drop(socket);
                }
            });
        }
        Ok(Self { port, connections })
    }
}

/// The table with the addresses of this run.
fn table(stack: &LocalStack, canary: &Canary) -> Result<Vec<(String, String)>> {
    let rows: Vec<(String, String)> = serde_json::from_str(TABLE)?;
    let base = stack.simulated()?.files.base_url();
    let allowed = base.trim_start_matches("http://");
    let host = allowed.split(':').next().unwrap_or_default();
    let filled = |url: String| {
        url.replace("{allowed}", allowed)
            .replace("{allowed_host}", host)
            .replace("{canary}", &canary.port.to_string())
    };
    let rows = rows.into_iter().map(|(url, outcome)| (filled(url), outcome));
    Ok(rows.filter(|(url, _)| url.chars().count() <= FIELD_LENGTH).collect())
}

/// Whether a `Location` header can hold it, and it names a host: anything else is a path of the allowed host itself.
fn leads_elsewhere(url: &str) -> bool {
    let text = url.trim();
    let is_header = url.bytes().all(|byte| byte.is_ascii_graphic());
    let scheme = text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    let has_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let begins = |slashes: &[&str]| slashes.iter().any(|start| text.starts_with(start));
    is_header && (has_scheme || begins(&["//", "\\\\", "/\\"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_url_of_a_record_or_a_redirect_leads_to_an_internal_address() -> Result<()> {
    let stack = LocalStack::builder().files(0).seed(62).start().await?;
    let canary = Canary::start().await?;
    let table = table(&stack, &canary)?;
    let mut cases = Vec::new();
    let mut redirects = 0;
    for (number, (url, expected)) in table.iter().enumerate() {
        cases.push((insert(&stack, url)?, url.clone(), expected.clone()));
        if leads_elsewhere(url) {
            let fault = Fault::always(FaultKind::Redirect(url.clone()));
            let case = add(&stack, &format!("redirect {number}"), "", Some(fault), "")?;
            cases.push((case.id, format!("-> {url}"), "failed.redirect_refused".to_owned()));
            redirects += 1;
        }
    }
    assert!(table.len() > 350 && redirects > 250, "{} and {redirects}", table.len());
    let summary = stack.run_backup(&json!({})).await?;
    assert!(summary.accounted_for && summary.batches_open == 0, "{summary:#?}");
    assert_eq!(summary.enumerated, u64::try_from(cases.len())?);

    let rows = rows(&stack).await?;
    let mut wrong = Vec::new();
    for (id, url, expected) in &cases {
        let row = rows.get(id).with_context(|| format!("no row: {url}"))?;
        if outcome(row) != *expected {
            wrong.push(format!("{url}: {} and not {expected} ({:?})", outcome(row), row.message));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(canary.connections.load(Ordering::SeqCst), 0);
    // The allowed host was asked for its redirects, each once, and for nothing that hides behind its name.
    let files = &stack.simulated()?.files;
    assert_eq!((files.requests_total(), files.requests_unknown()), (redirects, 0));
    Ok(())
}
