//! Counting the accounts reads the whole ledger, so it happens when a person asks for it, once at a time, and is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::time::Instant;

use super::hub::{Hub, Part};
use super::source::Source;

/// Rows between two tellings of how far a scan is.
const TOLD_EVERY: u64 = 1_000;

/// The only scan at a time.
#[derive(Debug, Default)]
pub(super) struct Scan {
    goes_on: Arc<AtomicBool>,
}

impl Scan {
    /// Begins to count, unless that goes on already. Pages hear of it from the hub.
    ///
    /// * `begun`: when the server has started; times are told from then.
    pub(super) fn begin(&self, source: Arc<dyn Source>, hub: Arc<Hub>, begun: Instant) {
        if self.goes_on.swap(true, Ordering::SeqCst) {
            return;
        }
        hub.tell(Part::Accounts, &json!({"state": "scanning", "rows": 0}));
        let goes_on = Arc::clone(&self.goes_on);
        tokio::spawn(async move {
            let told = std::sync::atomic::AtomicU64::new(0);
            let seen = |rows: u64| {
                if rows >= told.load(Ordering::Relaxed) + TOLD_EVERY {
                    told.store(rows, Ordering::Relaxed);
                    hub.tell(Part::Accounts, &json!({"state": "scanning", "rows": rows}));
                }
            };
            let state = match source.accounts(&seen).await {
                Ok(accounts) => {
                    let at = begun.elapsed().as_secs_f64();
                    json!({"state": "ready", "at": at, "accounts": accounts})
                }
                Err(failure) => {
                    json!({"state": "failed", "message": failure.message, "hint": failure.hint})
                }
            };
            goes_on.store(false, Ordering::SeqCst);
            hub.tell(Part::Accounts, &state);
        });
    }
}
