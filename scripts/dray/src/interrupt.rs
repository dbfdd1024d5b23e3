//! Ctrl-C. Some commands have something to say when they end by it; then nobody else may end the program first. Two listeners of one
//! signal hear it in no order.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a command ends by the signal itself.
static CLAIMED: AtomicBool = AtomicBool::new(false);

/// Given back when what waits ends without the signal.
struct Claim {
    heard: bool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.heard {
            CLAIMED.store(false, Ordering::SeqCst);
        }
    }
}

/// Waits for Ctrl-C on behalf of a command that ends by it.
pub(crate) async fn heard() {
    CLAIMED.store(true, Ordering::SeqCst);
    let mut claim = Claim { heard: false };
    signal().await;
    claim.heard = true;
}

/// Waits for a Ctrl-C that no command waits for, or for the second one.
pub(crate) async fn unheard() {
    signal().await;
    if CLAIMED.load(Ordering::SeqCst) {
        signal().await;
    }
}

/// Where there are no signals, none comes.
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
