//! The destination key of a record: frozen at first assignment, claimed before the first byte is written.

use drayage_aws::ledger::KeyClaim;
use drayage_domain::destination_key::{DestinationKey, folded};
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::outcome::FailureClass;
use drayage_domain::plan::Planner;
use drayage_domain::row::FileRow;
use drayage_lambda_kit::error::FunctionError;

use crate::context::RunContext;

/// Keys tried for one record. The second already carries the record's own id, so only a file that is named after another
/// record's id can be in the way of it.
const KEYS_TRIED: u16 = 8;

/// The key, or why there is none.
pub(crate) enum Assigned {
    /// The record owns this key.
    Key(DestinationKey),
    /// No key can be had.
    Refused(FailureClass, String),
}

/// Finds the record's key, claiming it if it is new.
///
/// A key is kept as long as the file's name is the same, whatever happens to the account's name. Another file name
/// is another file: it gets a key of its own, and the earlier copy stays where it is.
pub(crate) async fn assign(
    context: &RunContext,
    planner: &Planner,
    entry: &ManifestEntry,
    file_name: &str,
    row: Option<&FileRow>,
) -> Result<Assigned, FunctionError> {
    let proposal = match planner.keys_for(&entry.record, file_name) {
        Ok(proposal) => proposal,
        Err(error) => return Ok(Assigned::Refused(error.failure_class(), error.to_string())),
    };
    let numbered = (2..KEYS_TRIED).map(|number| proposal.nth_if_taken(number));
    let candidates: Vec<DestinationKey> = [proposal.preferred.clone(), proposal.if_taken.clone()]
        .into_iter()
        .chain(numbered)
        .collect();
    if let Some(frozen) = row.and_then(|row| frozen_key(row, entry, &candidates)) {
        return Ok(Assigned::Key(frozen));
    }
    let owner = entry.ledger_id(&context.run_id);
    for key in candidates {
        match context.ledger.claim_key(&folded(&key), &owner).await? {
            KeyClaim::Granted => return Ok(Assigned::Key(key)),
            KeyClaim::TakenBy(_) => {}
        }
    }
    Ok(Assigned::Refused(
        FailureClass::KeyTaken,
        format!("{KEYS_TRIED} destination keys for this file belong to other records"),
    ))
}

fn frozen_key(
    row: &FileRow,
    entry: &ManifestEntry,
    candidates: &[DestinationKey],
) -> Option<DestinationKey> {
    let key = DestinationKey::new(row.destination_key.clone()?).ok()?;
    let same_url = row.original_url == entry.record.url;
    let same_name =
        candidates.iter().any(|candidate| name_of(candidate.as_str()) == name_of(key.as_str()));
    (same_url || same_name).then_some(key)
}

fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}
