//! Whether somebody has paused the stack's work: looked at before a window of records is begun. A window that is begun is finished,
//! so a pause leaves no more open intents behind than a run that goes on.

use drayage_aws::ledger::Ledger;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;

/// The seconds after which to look again, if the work is paused.
pub(crate) async fn wait_seconds(ledger: &Ledger) -> Result<Option<u64>, FunctionError> {
    let pause = ledger.paused().await?;
    Ok(pause.map(|pause| {
        tracing::info!(since = pause.since, "paused");
        pause.wait_seconds(clock::now())
    }))
}
